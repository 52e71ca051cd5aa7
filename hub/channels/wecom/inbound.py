"""What a WeCom callback says, in contract events. Pure.

Messages: https://developer.work.weixin.qq.com/document/path/90239, events: path/90240, customers: path/92130
(read 2024-07). Its CreateTime is kept as `source_time`; an event's `at` is the business time of receipt. A suite's
callback (InfoType, AuthCorpId, TimeStamp) says the same as the app's (Event, ToUserName, CreateTime).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from hub.channels.base import Draft, NotUnderstood, StoredMessage
from hub.channels.reading import envelope
from hub.channels.wechat.callback import Callback, accounts_changed, read_callback
from hub.channels.wechat.document import read_fields
from hub.channels.wecom.corp_events import approval_changed, job_finished, staff_changed, suite_noticed
from hub.channels.wecom.customer_events import acquired, contact_changed, group_changed, tag_changed
from hub.contracts.events import CardTapped, MessageReceived

CONTENT_FIELDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "text": {"content": "text"},
        "image": {"picurl": "pic_url", "mediaid": "media_id"},
        "voice": {"mediaid": "media_id", "format": "format"},
        "video": {"mediaid": "media_id", "thumbmediaid": "thumb_media_id"},
        "location": {"location_x": "latitude", "location_y": "longitude", "scale": "scale", "label": "label"},
        "link": {"title": "title", "description": "description", "url": "url", "picurl": "pic_url"},
        "file": {"mediaid": "media_id", "title": "title", "filename": "file_name"},
    }
)
"""Per kind of message: the platform's field (lower case) → the content's."""

NEW_CONTACT = ("add_external_contact", "add_half_external_contact")
MEMBERS_OWN = frozenset(
    {
        "subscribe",
        "unsubscribe",
        "enter_agent",
        "location",
        "click",
        "view",
        "scancode_push",
        "scancode_waitmsg",
        "pic_sysphoto",
        "pic_photo_or_album",
        "pic_weixin",
        "location_select",
    }
)
"""What members of staff do with the app's window and menu: understood, and no room asks for it."""


def events(message: StoredMessage) -> list[Draft]:
    """The events in a callback, none when it says nothing to us.

    Raises NotUnderstood: unmapped-message, unmapped-event, unmapped-change, unmapped-status, missing-field, what
    reading can raise (dtd, bad-xml, bad-json, too-deep, empty), and kf-needs-own-connection: customer service is
    fetched with its own secret, so its callbacks must go to the URL of a wechat_kf connection.
    """
    callback = read_callback(message)
    if "infotype" in callback.fields:
        info_type = callback.required("infotype").lower()
        return suite_noticed(callback, info_type) or _from_event(callback, info_type)
    kind = callback.required("msgtype")
    if kind == "event":
        return _from_event(callback, callback.required("event").lower())
    return [_received(callback, kind)]


def welcome_code(plaintext: bytes) -> str:
    """The code that lets us greet a new customer (客户联系欢迎语) within 20 seconds, once; "" when there is none.

    None comes when the two chat already, or where the console has a greeting of its own.
    """
    try:
        fields = read_fields(plaintext)
    except NotUnderstood:
        return ""
    event = str(fields.get("event", fields.get("infotype"))).strip().lower()
    change, code = str(fields.get("changetype")).strip().lower(), fields.get("welcomecode")
    is_new = event == "change_external_contact" and change in NEW_CONTACT
    return code.strip() if is_new and isinstance(code, str) else ""


def _from_event(callback: Callback, event: str) -> list[Draft]:
    if event in MEMBERS_OWN:
        return []
    if event == "kf_msg_or_event":
        raise NotUnderstood("kf-needs-own-connection", open_kfid=callback.words("openkfid"))
    if event not in READERS:
        raise NotUnderstood("unmapped-event", event=event)
    return READERS[event](callback)


def _received(callback: Callback, kind: str) -> Draft:
    message, names = callback.message, CONTENT_FIELDS.get(kind)
    if names is None:
        raise NotUnderstood("unmapped-message", kind=kind)
    texts = {
        name: callback.words(platform_name) for platform_name, name in names.items() if callback.words(platform_name)
    }
    content = {"schema": 1, "kind": kind, **texts}
    content |= {"source_time": callback.words("createtime"), "agent_id": callback.words("agentid")}
    event = MessageReceived(
        **envelope(callback.message, "message.received"),
        message_id=message.message_id,
        account=callback.account,
        sender_id=callback.required("fromusername"),
        kind=kind,
        content_ref=message.message_id,
    )
    return Draft(event, content)


def _card_tapped(callback: Callback) -> list[Draft]:
    """A button, or the menu in the corner of a card that we sent."""
    event = CardTapped(
        **envelope(callback.message, "card.tapped"),
        member_id=callback.required("fromusername"),
        task_id=callback.required("taskid"),
        key=callback.required("eventkey"),
    )
    return [Draft(event)]


READERS: Mapping[str, Callable[[Callback], list[Draft]]] = MappingProxyType(
    {
        "template_card_event": _card_tapped,
        "template_card_menu_event": _card_tapped,
        "change_external_contact": contact_changed,
        "change_external_chat": group_changed,
        "change_external_tag": tag_changed,
        "customer_acquisition": acquired,
        "change_contact": staff_changed,
        "sys_approval_change": approval_changed,
        "open_approval_change": approval_changed,
        "batch_job_result": job_finished,
        "kf_account_auth_change": accounts_changed,
    }
)
"""Per event (lower case): how it is read."""
