"""What people do on the platforms, in one set of words for all of them.

`sender_id`, `person_id`, `contact_id` are people as the platform names them; customers finds out who they are. webhooks
says all of these.
"""

from typing import Annotated, Literal

from pydantic import Field

from hub.contracts.base import (
    Moment,
    NoticeChannel,
)
from hub.contracts.classes import Classified, Identity
from hub.contracts.envelope import Attribution, Event, Placed, PlatformEvent


class MessageReceived(Placed, Event):
    """Somebody wrote to us on a channel. → customers."""

    type: Literal["message.received"] = "message.received"
    message_id: str
    connection_id: str
    channel: str
    account: str = Field(description="the corp, app or shop that was written to, as the platform names it")
    sender_id: Identity = Field(description="who wrote, as the platform names them")
    kind: str = Field(description="text, image, voice, video, location, link, file, menu, card, call …")
    content_ref: str = Field(description="where the content lies in the content store")


class ContactChanged(Event):
    """A customer and a member of staff became, changed or ended being contacts (外部联系人). → customers."""

    type: Literal["contact.changed"] = "contact.changed"
    connection_id: str
    channel: str
    account: str
    change: Literal[
        "added",
        "half_added",
        "edited",
        "deleted_by_member",
        "deleted_by_customer",
        "transfer_failed",
        "archiving_agreed",
    ]
    member_id: str
    contact_id: Identity
    state: str = Field(default="", description="attribution: the code's state, '' when unattributed")
    source_at: Moment | None = Field(default=None, description="when the platform says that it happened, by its clock")


class CardTapped(Event):
    """A member of staff pressed a button on a card that we sent. → tickets."""

    type: Literal["card.tapped"] = "card.tapped"
    connection_id: str
    channel: str
    member_id: str
    task_id: str
    key: str


class TouchpointCaptured(PlatformEvent):
    """A person met us without writing (触点): followed, scanned a code, tapped a menu, read an article. → customers."""

    type: Literal["touchpoint.captured"] = "touchpoint.captured"
    person_id: Identity
    kind: Literal[
        "followed",
        "scanned",
        "menu_clicked",
        "link_viewed",
        "page_viewed",
        "located",
        "entered",
        "card_action",
        "session_started",
        "session_transferred",
        "session_ended",
        "message_recalled",
        "notice_delivered",
        "notice_failed",
        "subscription_answered",
    ]
    object_id: str = Field(
        default="", description="the menu key, scene, page, product, card or notice that it is about"
    )
    attribution: Attribution = Field(default_factory=dict)


class NoticeReceipted(PlatformEvent):
    """What became of a notice that was sent (回执), as whoever sends it for the hub found out: an SMS gateway, a call
    service. webhooks → notifications."""

    type: Literal["notice.receipted"] = "notice.receipted"
    notice_channel: NoticeChannel
    number: str = Field(description="the hub's own id of the send (`snd_…`), or the platform's number of it")
    state: Literal["delivered", "failed"]


class LeadCaptured(PlatformEvent):
    """Somebody left their details (线索): a form, an ad, a call back asked for; they are content. → customers."""

    type: Literal["lead.captured"] = "lead.captured"
    lead_no: str
    person_id: Identity = ""
    attribution: Attribution = Field(default_factory=dict)
    content_ref: str


class ConsentChanged(PlatformEvent):
    """What a person allows us changed: they left, took back an authorisation, or ask for their data. → customers."""

    type: Literal["consent.changed"] = "consent.changed"
    person_id: Identity
    change: Literal["unfollowed", "messages_refused", "messages_allowed", "revoked", "erasure_asked", "data_asked"]
    scope: str = Field(default="", description="which template or authorisation, '' when all")


class MemberChanged(PlatformEvent):
    """A customer's membership (会员) with a shop changed. → customers."""

    type: Literal["member.changed"] = "member.changed"
    person_id: Identity
    change: Literal["joined", "left", "level_changed", "points_changed", "updated"]
    level: str = ""
    points: int | None = None


class GroupChanged(PlatformEvent):
    """A customer group (客户群) changed. → customers."""

    type: Literal["group.changed"] = "group.changed"
    group_id: str
    change: Literal["created", "members_joined", "members_left", "owner_changed", "renamed", "edited", "dismissed"]
    people: Annotated[tuple[str, ...], Classified("identity")] = Field(
        default=(), description="who joined or left, where the platform says so"
    )


class StaffChanged(PlatformEvent):
    """A member of staff or a department changed in a platform's address book (通讯录). → directory."""

    type: Literal["staff.changed"] = "staff.changed"
    change: Literal["joined", "updated", "left", "party_created", "party_updated", "party_deleted", "tag_updated"]
    member_id: str = Field(default="", description="the member as the platform names them, '' for departments and tags")
    new_member_id: str = ""
    object_id: str = Field(default="", description="the department or tag, '' for members")
