"""What WeCom says of customers (客户联系): contacts, customer groups, tags, acquisition links. Pure.

https://developer.work.weixin.qq.com/document/path/92130 (read 2024-07), groups and tags: path/92130, acquisition:
path/97299. What we do through the API ourselves is not called back.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

from hub.channels.base import Draft, NotUnderstood
from hub.channels.wechat.callback import Callback
from hub.contracts.events import ContactChanged, GroupChanged, PlatformNoticed, TouchpointCaptured

Change = Literal[
    "added",
    "half_added",
    "edited",
    "deleted_by_member",
    "deleted_by_customer",
    "transfer_failed",
    "archiving_agreed",
]
CONTACT_CHANGES: Mapping[str, Change] = MappingProxyType(
    {
        "add_external_contact": "added",
        "add_half_external_contact": "half_added",
        "edit_external_contact": "edited",
        "del_external_contact": "deleted_by_member",
        "del_follow_user": "deleted_by_customer",
        "transfer_fail": "transfer_failed",
        "msg_audit_approved": "archiving_agreed",
    }
)

GroupChange = Literal["created", "members_joined", "members_left", "owner_changed", "renamed", "edited", "dismissed"]
GROUP_CHANGES: Mapping[str, GroupChange] = MappingProxyType({"create": "created", "dismiss": "dismissed"})
GROUP_UPDATES: Mapping[str, GroupChange] = MappingProxyType(
    {
        "add_member": "members_joined",
        "del_member": "members_left",
        "change_owner": "owner_changed",
        "change_name": "renamed",
        "change_notice": "edited",
        "": "edited",
    }
)

TAG_CHANGES = MappingProxyType({"create": "created", "update": "updated", "delete": "deleted", "shuffle": "shuffled"})

LINK_NOTICES = MappingProxyType(
    {
        "balance_low": False,
        "balance_exhausted": True,
        "balance_increased": False,
        "quota_expire_soon": False,
        "link_unavailable": True,
        "delete_link": False,
    }
)
"""What an acquisition link (获客链接) or its quota says of itself → somebody has to act now."""
Met = Literal["link_viewed", "session_started"]
LINK_MEETINGS: Mapping[str, Met] = MappingProxyType(
    {"open_profile": "link_viewed", "friend_request": "link_viewed", "customer_start_chat": "session_started"}
)
LINK_REPEATS = frozenset({"message_from_customer", "del_follow_user"})
"""Said by change_external_contact as well, or without a person since 2024-12-19 (reported)."""


def contact_changed(callback: Callback) -> list[Draft]:
    """change_external_contact: who, with whom, and by which code; a state that nobody configured is kept as it is."""
    event = ContactChanged(
        **callback.platform_facts("contact.changed"),
        change=_mapped(CONTACT_CHANGES, _change_type(callback)),
        member_id=callback.required("userid"),
        contact_id=callback.required("externaluserid"),
        state=callback.optional("state"),
    )
    return [Draft(event)]


def group_changed(callback: Callback) -> list[Draft]:
    """change_external_chat: one event a callback, with the people who joined or left where WeCom names them."""
    kind = _change_type(callback)
    if kind == "update":
        change = _mapped(GROUP_UPDATES, callback.optional("updatedetail").lower())
    else:
        change = _mapped(GROUP_CHANGES, kind)
    event = GroupChanged(
        **callback.platform_facts("group.changed"),
        group_id=callback.required("chatid"),
        change=change,
        people=callback.listed("memchangelist"),
    )
    return [Draft(event)]


def tag_changed(callback: Callback) -> list[Draft]:
    """change_external_tag: a tag (created …) or a group of tags (group_created …); shuffled may name none."""
    change = _mapped(TAG_CHANGES, _change_type(callback))
    group = callback.optional("tagtype").lower() == "tag_group"
    event = PlatformNoticed(
        **callback.platform_facts("platform.noticed"),
        kind="tag",
        status=f"group_{change}" if group else change,
        subject_id=callback.optional("id"),
    )
    return [Draft(event)]


def acquired(callback: Callback) -> list[Draft]:
    """customer_acquisition (获客助手): somebody came by a link, or the quota and the links themselves need a look."""
    change = _change_type(callback)
    if change in LINK_REPEATS:
        return []
    if change in LINK_MEETINGS:
        return _met_by_link(callback, LINK_MEETINGS[change])
    event = PlatformNoticed(
        **callback.platform_facts("platform.noticed"),
        kind="quota",
        status=change,
        urgent=_mapped(LINK_NOTICES, change),
        subject_id=callback.optional("linkid"),
    )
    return [Draft(event)]


def _met_by_link(callback: Callback, met: Met) -> list[Draft]:
    """None where WeCom does not say who it was."""
    person = callback.optional("externaluserid").strip()
    if not person:
        return []
    came_by = {"link": callback.optional("linkid"), "code": callback.optional("state")}
    event = TouchpointCaptured(
        **callback.platform_facts("touchpoint.captured"),
        person_id=callback.required("externaluserid"),
        kind=met,
        object_id=callback.optional("linkid"),
        attribution={name: value for name, value in came_by.items() if value},
    )
    return [Draft(event)]


def _change_type(callback: Callback) -> str:
    return callback.required("changetype").lower()


def _mapped(words: Mapping[str, Any], change: str) -> Any:
    """Our word for theirs. Raises NotUnderstood("unmapped-change")."""
    if change not in words:
        raise NotUnderstood("unmapped-change", change=change)
    return words[change]
