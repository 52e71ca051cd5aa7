"""What an official account's callback says, in contract events. Pure.

https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Receiving_standard_messages.html and
Receiving_event_pushes.html (as public SDKs quote them, 2026-08). Names of events differ by case from product to product
and are compared without it. What a person wrote, where they are and what their phone scanned never stands in an event.
"""

from __future__ import annotations

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
from hub.channels.wechat.callback import Callback, read_callback
from hub.contracts.envelope import Attribution
from hub.contracts.events import (
    ConsentChanged,
    CouponChanged,
    MessageReceived,
    PlatformNoticed,
    TouchpointCaptured,
)

OBJECT_LIMIT_CHARS = 1024
"""A menu's URL may be this long; what is longer is cut."""
_SCENE = "qrscene_"


def events(message: StoredMessage) -> list[Draft]:
    """What a callback says: one event, several for a list of templates, two for a message that came from an article.

    Raises NotUnderstood: unmapped-message, unmapped-event, unmapped-notice, missing-field, and what reading can raise
    (dtd, bad-xml, bad-json, too-deep, empty).
    """
    callback = read_callback(message)
    if "infotype" in callback.fields:
        return [_authorization(callback)]
    kind = callback.required("msgtype").lower()
    return _from_event(callback) if kind == "event" else _received(callback, kind)


def _from_event(callback: Callback) -> list[Draft]:
    event = callback.required("event").lower()
    if event in TOUCHPOINTS:
        kind, name = TOUCHPOINTS[event]
        return [_touchpoint(callback, kind, _object(callback, name))]
    if event in ("subscribe", "scan"):
        return [_followed_or_scanned(callback, event)]
    if event in CARDS:
        return [_coupon(callback, CARDS[event])]
    if event in PRIVACY:
        return [_privacy(callback, *PRIVACY[event])]
    return _less_usual(callback, event)


def _less_usual(callback: Callback, event: str) -> list[Draft]:
    if event == "unsubscribe":
        return [_consent(callback, callback.required("fromusername"), "unfollowed")]
    if event == "templatesendjobfinish":
        kind = "notice_delivered" if callback.optional("status") == "success" else "notice_failed"
        return [_touchpoint(callback, kind, callback.required("msgid"))]
    if event == "masssendjobfinish":
        status = "sent" if callback.optional("status") == "send success" else "failed"
        return [_notice(callback, "job", status, subject_id=callback.required("msgid"))]
    if event in ("subscribe_msg_popup_event", "subscribe_msg_change_event"):
        return _template_answers(callback, event)
    if event == "subscribe_msg_sent_event":
        return _template_results(callback, event)
    if event in VERIFICATIONS:
        status, urgent = VERIFICATIONS[event]
        return [_notice(callback, "account", status, urgent=urgent)]
    raise NotUnderstood("unmapped-event", event=event)


def _received(callback: Callback, kind: str) -> list[Draft]:
    names = CONTENT_FIELDS.get(kind)
    if names is None:
        raise NotUnderstood("unmapped-message", kind=kind)
    message, fields = callback.message, callback.fields
    texts = {
        name: fields[platform_name]
        for platform_name, name in names.items()
        if isinstance(fields.get(platform_name), str)
    }
    kind, article = "video" if kind == "shortvideo" else kind, _article(callback)
    content = {"schema": 1, "kind": kind, **texts, "source_time": callback.optional("createtime")}
    event = MessageReceived(
        **envelope(message, "message.received"),
        message_id=message.message_id,
        account=message.account,
        sender_id=callback.required("fromusername"),
        kind=kind,
        content_ref=message.message_id,
    )
    if not article:
        return [Draft(event, content)]
    attribution: Attribution = {"article": article}
    return [Draft(event, content), _touchpoint(callback, "page_viewed", article, attribution)]


def _article(callback: Callback) -> str:
    """MsgDataId and Idx, the article below which a message was written; '' for all others."""
    data_id, index = callback.optional("msgdataid"), callback.optional("idx")
    return f"{data_id}_{index}" if data_id and index else ""


def _followed_or_scanned(callback: Callback, event: str) -> Draft:
    """EventKey is `qrscene_<scene>` for who follows by a code, and `<scene>` alone for who followed before."""
    key = _object(callback, "eventkey")
    scene = key.removeprefix(_SCENE) if event == "scan" or key.startswith(_SCENE) else ""
    attribution: Attribution = {"scene": scene} if scene else {}
    kind = "followed" if event == "subscribe" else "scanned"
    return _touchpoint(callback, kind, scene, attribution)


def _template_answers(callback: Callback, event: str) -> list[Draft]:
    """One answer (订阅通知) per template: accept, or anything else for no."""
    return [
        _consent(
            callback,
            callback.required("fromusername"),
            "messages_allowed" if item.optional("subscribestatusstring") == "accept" else "messages_refused",
            scope=item.required("templateid"),
            nth=nth,
        )
        for nth, item in enumerate(_items(callback, event))
    ]


def _template_results(callback: Callback, event: str) -> list[Draft]:
    """What became of each notice that was sent: no consent, so a touchpoint."""
    return [
        _touchpoint(
            callback,
            "notice_delivered" if item.optional("errorcode") == "0" else "notice_failed",
            item.required("msgid"),
            nth=nth,
        )
        for nth, item in enumerate(_items(callback, event))
    ]


def _items(callback: Callback, event: str) -> list[Callback]:
    """The List items, which XML has below an element named like the event and JSON has beside it."""
    fields = callback.below(event.replace("_", "")).fields or callback.fields
    listed = fields.get("list")
    listed = listed if isinstance(listed, list) else [listed]
    items = [Callback(callback.message, item, callback.account) for item in listed if isinstance(item, dict)]
    if not items:
        raise NotUnderstood("missing-field", field="list")
    return items


def _touchpoint(
    callback: Callback,
    kind: Any,
    object_id: str,
    attribution: Attribution | None = None,
    nth: int = 0,
) -> Draft:
    event = TouchpointCaptured(
        **callback.platform_facts("touchpoint.captured", nth),
        person_id=callback.required("fromusername"),
        kind=kind,
        object_id=object_id,
        attribution=attribution or {},
    )
    return Draft(event)


def _privacy(callback: Callback, change: str, scope: str) -> Draft:
    """OpenID is the person; FromUserName is the platform here."""
    return _consent(callback, callback.required("openid"), change, scope=scope or _object(callback, "revokeinfo"))


def _consent(callback: Callback, person_id: str, change: Any, *, scope: str = "", nth: int = 0) -> Draft:
    facts = callback.platform_facts("consent.changed", nth)
    return Draft(ConsentChanged(**facts, person_id=person_id, change=change, scope=scope))


def _coupon(callback: Callback, change: Any) -> Draft:
    event = CouponChanged(
        **callback.platform_facts("coupon.changed"),
        person_id=callback.required("fromusername"),
        coupon_id=callback.required("cardid"),
        code=_object(callback, "usercardcode"),
        change=change,
    )
    return Draft(event)


def _authorization(callback: Callback) -> Draft:
    notice = callback.required("infotype").lower()
    if notice not in AUTHORIZATIONS:
        raise NotUnderstood("unmapped-notice", notice=notice)
    status, urgent = AUTHORIZATIONS[notice]
    subject_id = _object(callback, "authorizerappid")
    return _notice(callback, "authorization", status, subject_id=subject_id, urgent=urgent)


def _notice(callback: Callback, kind: str, status: str, *, subject_id: str = "", urgent: bool = False) -> Draft:
    facts = callback.platform_facts("platform.noticed")
    return Draft(PlatformNoticed(**facts, kind=kind, status=status, subject_id=subject_id, urgent=urgent))


def _object(callback: Callback, name: str) -> str:
    return callback.words(name).strip()[:OBJECT_LIMIT_CHARS]
