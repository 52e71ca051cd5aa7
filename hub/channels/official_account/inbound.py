"""What an official account's callback says, in contract events. Pure.

https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Receiving_standard_messages.html and
Receiving_event_pushes.html (as public SDKs quote them, 2026-08). Names of events differ by case from product to product
and are compared without it. What a person wrote, where they are and what their phone scanned never stands in an event.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from hub.channels.base import Draft, NotUnderstood, StoredMessage
from hub.channels.official_account.words import (
    AUTHORIZATIONS,
    CARDS,
    CONTENT_FIELDS,
    PRIVACY,
    TOUCHPOINTS,
    VERIFICATIONS,
)
from hub.channels.reading import envelope
from hub.channels.wechat_document import Fields, read_fields
from hub.contracts.envelope import Attribution
from hub.contracts.events import (
    ConsentChanged,
    CouponChanged,
    MessageReceived,
    PlatformNoticed,
    TouchpointCaptured,
)

NAME_LIMIT_BYTES = 512
OBJECT_LIMIT_CHARS = 1024
"""A menu's URL may be this long; what is longer is cut."""
_SCENE = "qrscene_"
_SECONDS = re.compile(r"[0-9]{1,10}", re.ASCII)


def events(message: StoredMessage) -> list[Draft]:
    """What a callback says: one event, several for a list of templates, two for a message that came from an article.

    Raises NotUnderstood: unmapped-message, unmapped-event, unmapped-notice, missing-field, and what reading can raise
    (dtd, bad-xml, bad-json, too-deep, empty).
    """
    fields = read_fields(message.plaintext)
    if "infotype" in fields:
        return [_authorization(message, fields)]
    kind = _text(fields, "msgtype").lower()
    return _from_event(message, fields) if kind == "event" else _received(message, fields, kind)


def _from_event(message: StoredMessage, fields: Fields) -> list[Draft]:
    event = _text(fields, "event").lower()
    if event in TOUCHPOINTS:
        kind, name = TOUCHPOINTS[event]
        return [_touchpoint(message, fields, kind, _object(fields, name))]
    if event in ("subscribe", "scan"):
        return [_followed_or_scanned(message, fields, event)]
    if event in CARDS:
        return [_coupon(message, fields, CARDS[event])]
    if event in PRIVACY:
        return [_privacy(message, fields, *PRIVACY[event])]
    return _less_usual(message, fields, event)


def _less_usual(message: StoredMessage, fields: Fields, event: str) -> list[Draft]:
    if event == "unsubscribe":
        return [_consent(message, fields, _text(fields, "fromusername"), "unfollowed")]
    if event == "templatesendjobfinish":
        kind = "notice_delivered" if _optional(fields, "status") == "success" else "notice_failed"
        return [_touchpoint(message, fields, kind, _text(fields, "msgid"))]
    if event == "masssendjobfinish":
        status = "sent" if _optional(fields, "status") == "send success" else "failed"
        return [_notice(message, fields, "job", status, subject_id=_text(fields, "msgid"))]
    if event in ("subscribe_msg_popup_event", "subscribe_msg_change_event"):
        return _template_answers(message, fields, event)
    if event == "subscribe_msg_sent_event":
        return _template_results(message, fields, event)
    if event in VERIFICATIONS:
        status, urgent = VERIFICATIONS[event]
        return [_notice(message, fields, "account", status, urgent=urgent)]
    raise NotUnderstood("unmapped-event", event=event)


def _received(message: StoredMessage, fields: Fields, kind: str) -> list[Draft]:
    names = CONTENT_FIELDS.get(kind)
    if names is None:
        raise NotUnderstood("unmapped-message", kind=kind)
    told = {ours: fields[theirs] for theirs, ours in names.items() if isinstance(fields.get(theirs), str)}
    kind, article = "video" if kind == "shortvideo" else kind, _article(fields)
    content = {"schema": 1, "kind": kind, **told, "source_time": _optional(fields, "createtime")}
    event = MessageReceived(
        **envelope(message, "message.received"),
        message_id=message.message_id,
        account=message.account,
        sender_id=_text(fields, "fromusername"),
        kind=kind,
        content_ref=message.message_id,
    )
    if not article:
        return [Draft(event, content)]
    came_by: Attribution = {"article": article}
    return [Draft(event, content), _touchpoint(message, fields, "page_viewed", article, came_by)]


def _article(fields: Fields) -> str:
    """MsgDataId and Idx, the article below which a message was written; '' for all others."""
    data_id, index = _optional(fields, "msgdataid"), _optional(fields, "idx")
    return f"{data_id}_{index}" if data_id and index else ""


def _followed_or_scanned(message: StoredMessage, fields: Fields, event: str) -> Draft:
    """EventKey is `qrscene_<scene>` for who follows by a code, and `<scene>` alone for who followed before."""
    key = _object(fields, "eventkey")
    scene = key.removeprefix(_SCENE) if event == "scan" or key.startswith(_SCENE) else ""
    attribution: Attribution = {"scene": scene} if scene else {}
    kind = "followed" if event == "subscribe" else "scanned"
    return _touchpoint(message, fields, kind, scene, attribution)


def _template_answers(message: StoredMessage, fields: Fields, event: str) -> list[Draft]:
    """One answer (订阅通知) per template: accept, or anything else for no."""
    return [
        _consent(
            message,
            fields,
            _text(fields, "fromusername"),
            "messages_allowed" if _optional(item, "subscribestatusstring") == "accept" else "messages_refused",
            scope=_text(item, "templateid"),
            nth=nth,
        )
        for nth, item in enumerate(_items(fields, event))
    ]


def _template_results(message: StoredMessage, fields: Fields, event: str) -> list[Draft]:
    """What became of each notice that was sent: no consent, so a touchpoint."""
    return [
        _touchpoint(
            message,
            fields,
            "notice_delivered" if _optional(item, "errorcode") == "0" else "notice_failed",
            _text(item, "msgid"),
            nth=nth,
        )
        for nth, item in enumerate(_items(fields, event))
    ]


def _items(fields: Fields, event: str) -> list[Fields]:
    """The List items, which XML has below an element named like the event and JSON has beside it."""
    below = fields.get(event.replace("_", ""))
    listed = (below if isinstance(below, dict) else fields).get("list")
    items = [one for one in (listed if isinstance(listed, list) else [listed]) if isinstance(one, dict)]
    if not items:
        raise NotUnderstood("missing-field", field="list")
    return items


def _touchpoint(
    message: StoredMessage,
    fields: Fields,
    kind: Any,
    object_id: str,
    attribution: Attribution | None = None,
    nth: int = 0,
) -> Draft:
    event = TouchpointCaptured(
        **_told(message, fields, "touchpoint.captured", nth),
        person_id=_text(fields, "fromusername"),
        kind=kind,
        object_id=object_id,
        attribution=attribution or {},
    )
    return Draft(event)


def _privacy(message: StoredMessage, fields: Fields, change: str, scope: str) -> Draft:
    """OpenID is the person; FromUserName is the platform here."""
    return _consent(message, fields, _text(fields, "openid"), change, scope=scope or _object(fields, "revokeinfo"))


def _consent(
    message: StoredMessage, fields: Fields, person_id: str, change: Any, *, scope: str = "", nth: int = 0
) -> Draft:
    told = _told(message, fields, "consent.changed", nth)
    return Draft(ConsentChanged(**told, person_id=person_id, change=change, scope=scope))


def _coupon(message: StoredMessage, fields: Fields, change: Any) -> Draft:
    event = CouponChanged(
        **_told(message, fields, "coupon.changed"),
        person_id=_text(fields, "fromusername"),
        coupon_id=_text(fields, "cardid"),
        code=_object(fields, "usercardcode"),
        change=change,
    )
    return Draft(event)


def _authorization(message: StoredMessage, fields: Fields) -> Draft:
    notice = _text(fields, "infotype").lower()
    if notice not in AUTHORIZATIONS:
        raise NotUnderstood("unmapped-notice", notice=notice)
    status, urgent = AUTHORIZATIONS[notice]
    subject_id = _object(fields, "authorizerappid")
    return _notice(message, fields, "authorization", status, subject_id=subject_id, urgent=urgent)


def _notice(
    message: StoredMessage, fields: Fields, kind: str, status: str, *, subject_id: str = "", urgent: bool = False
) -> Draft:
    told = _told(message, fields, "platform.noticed")
    return Draft(PlatformNoticed(**told, kind=kind, status=status, subject_id=subject_id, urgent=urgent))


def _told(message: StoredMessage, fields: Fields, kind: str, nth: int = 0) -> dict[str, Any]:
    """What every event of the platform has."""
    return {**envelope(message, kind, nth), "account": message.account, "source_at": _source_at(fields)}


def _source_at(fields: Fields) -> datetime | None:
    """CreateTime, seconds of WeChat's clock; None where it is none."""
    seconds = _optional(fields, "createtime")
    return datetime.fromtimestamp(int(seconds), UTC) if _SECONDS.fullmatch(seconds) else None


def _text(fields: Fields, name: str) -> str:
    value = _optional(fields, name).strip()
    if not 0 < len(value.encode()) <= NAME_LIMIT_BYTES:
        raise NotUnderstood("missing-field", field=name)
    return value


def _object(fields: Fields, name: str) -> str:
    return _optional(fields, name).strip()[:OBJECT_LIMIT_CHARS]


def _optional(fields: Fields, name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""
