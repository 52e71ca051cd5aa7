"""HTTP bodies of /notifications: who was told what, when, and whether it went out."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from hub.contracts.base import Contract, Moment
from hub.contracts.classes import Located
from hub.contracts.events import Priority
from hub.contracts.http import PageQuery

SendState = Literal["delayed", "bundled", "claimed", "retrying", "sent", "failed", "unknown"]
"""delayed: waits for the end of quiet hours. bundled: goes out inside the digest `digest_id`. claimed: one attempt is
on its way. retrying: the platform was passing by; the same words go again. unknown: an attempt ended without an
answer, and nobody tried again while the platform would have known the same words; so it may or may not have arrived."""


class SendView(Contract):
    """One notice (通知) to one person through one channel."""

    id: str
    kind: Literal[
        "ticket.assigned",
        "ticket.stranded",
        "rung.fired",
        "rung.unreached",
        "platform.noticed",
        "glass.broken",
        "endpoint.disabled",
        "digest",
    ]
    recipient: Annotated[str, Located("people")]
    channel: str
    state: SendState
    reason: str = Field(description="why it failed, '' otherwise")
    event_id: str
    ticket_id: str
    ticket_type: str
    priority: Priority
    rung: str
    fallback: bool = Field(default=False, description="nobody else was there to hear it")
    connection_id: str = Field(default="", description="what a platform's notice is about; it has no ticket")
    about: str = Field(
        default="",
        description="<channel>/<kind>/<status> of a platform's notice, <person>/<thing> of broken glass, "
        "<endpoint>/<cause> of a disabled endpoint, the person whom an escalation did not reach",
    )
    attempt: int
    created_at: Moment
    release_at: Moment | None = Field(description="when a delayed notice goes out")
    sent_at: Moment | None
    digest_id: str = Field(description="the digest that carried it, '' otherwise")
    platform_id: str = Field(description="the platform's message id, '' when none")


class SendQuery(PageQuery):
    """Filters and paging, newest first. A filtered page may hold fewer than `limit` and still have more behind it."""

    recipient: str = ""
    ticket: str = ""
