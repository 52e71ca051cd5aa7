"""What is said to one person, in the forms that channels take. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from hub.channels.wecom.cards import Card
from hub.kernel.dataclass import dataclass


@dataclass(frozen=True)
class Template:
    """A template that a platform approved, and what stands in its variables."""

    code: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Message:
    """One message. title: one line. text: plain, and what is read out by phone. markup: the same for WeCom, in which
    what people typed is no markup; markdown: whether it is that, or a text with links. card: instead of it where a
    button belongs to it. sms, official_account: None where no template says it."""

    title: str
    text: str
    url: str = ""
    markup: str = ""
    markdown: bool = False
    card: Card | None = None
    sms: Template | None = None
    official_account: Template | None = None


@dataclass(frozen=True)
class Address:
    """How somebody is reached: by channel, what it calls them. connections: by channel the one connection on which that
    name holds, where it is not any. active: one of us who left hears nothing. zone: of their wall clock, "" for the
    tenant's. roles: what they may read."""

    names: Mapping[str, str] = field(default_factory=dict, repr=False)
    connections: Mapping[str, str] = field(default_factory=dict)
    active: bool = True
    zone: str = ""
    roles: tuple[str, ...] = ()
    region: str = "base"
    store: str = ""
    refuses: frozenset[str] = frozenset()
    """Channels by which they want to hear nothing; "all" is every one."""
    is_staff: bool = True
