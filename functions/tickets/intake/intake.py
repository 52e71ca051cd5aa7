"""Intake (受理): a message opens a ticket, or joins the one that its sender is already talking about. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import field
from datetime import datetime, timedelta
from typing import Any

from functions.tickets.intake.placing import Source
from functions.tickets.ticket.ticket import Case, Move, Note, Thread, Ticket, Way
from functions.tickets.ticket.types import TicketType
from hub.contracts.base import Priority
from hub.kernel.dataclass import dataclass
from hub.kernel.ids import SYSTEM
from hub.kernel.money import Money
from hub.kernel.regions import BASE
from hub.rules import DecisionTable, decide

THREAD_WINDOW = timedelta(minutes=30)
"""Business time, sliding: each message that joins keeps the conversation open for as long again."""
DEFAULT = "default"
"""The rule of a message that no rule speaks of."""
BY_HAND = "by hand"
"""The rule of a ticket that somebody opened themselves."""
BY_FLOW, BY_PLAN, BY_PATROL, BY_DISPUTE = "by flow", "by plan", "by patrol", "dispute"
"""The rules of tickets that other work opened."""
TOPIC = "conversation"
"""The key of all that one customer talks about."""
TOPICS_LIMIT = 10
"""So many topics of one customer are open at once."""
STAFF_CHANNELS = frozenset({"wecom"})
"""Channels whose names of people are the corp's: anywhere else a sender who is called like a colleague is none."""
ENTRIES_LIMIT = 20
"""So many entries are kept on a ticket; the trail tells each message's."""
_ENTRY = re.compile(r"[a-z][a-z0-9_]{0,31}")


@dataclass(frozen=True)
class Message:
    """What somebody wrote. `text` stays in memory; what is stored of it is `sealed`. entry: how it came in (入口).
    region, store_id: where the work is, says `placed_by`; home_region, home_store: where its
    customer is at home."""

    id: str
    customer_id: str
    channel: str
    kind: str
    at: datetime
    region: str
    store_id: str = ""
    placed_by: Source = "default"
    home_region: str = BASE
    home_store: str = ""
    from_staff: bool = False
    replay: bool = False
    text: str = ""
    sealed: str = ""
    entry: str = ""
    identity_id: str = ""
    way: Way | None = None
    level: str = ""
    level_priority: Priority | None = None

    def facts(self) -> dict[str, object]:
        """What the intake rules may ask for."""
        facts = intake_facts(self.text, self.channel, self.entry or self.channel, self.region)
        return {**facts, "kind": self.kind, "from_staff": self.from_staff}


@dataclass(frozen=True)
class Classification:
    """What kind of ticket to open. rule_id: the rule that said so, DEFAULT, or "by hand". topic: what it is about.
    override: the dated rule that had the last word, "" for none; team: whose it is by that. suggests: the topic that
    was learned, which moves nothing."""

    type: str
    priority: Priority
    rule_id: str
    skill: str = ""
    topic: str = ""
    override: str = ""
    team: str = ""
    suggests: str = ""

    @property
    def layers(self) -> dict[str, str]:
        """What a ticket remembers of it, beside the rule."""
        values = {name: getattr(self, name) for name in ("override", "team", "suggests")}
        return {name: value for name, value in values.items() if value}

    @property
    def matter(self) -> str:
        """What tells one conversation from another of the same customer."""
        return self.topic or self.type


@dataclass(frozen=True)
class Opening:
    """What else a new ticket needs. `link` is random: whoever holds it may see the progress page. level: what its
    customer is to us, None where nobody said."""

    ticket_id: str
    customer_id: str
    region: str
    link: str
    at: datetime
    flow_version: int = 0
    ladder: str = ""
    ladder_pin: str = ""
    pins: Mapping[str, str] = field(default_factory=dict)
    store_id: str = ""
    placed_by: Source = "default"
    home_region: str = BASE
    home_store: str = ""
    channel: str = ""
    entry: str = ""
    sealed: str = ""
    replay: bool = False
    identity_id: str = ""
    way: Way | None = None
    order_id: str = ""
    order_no: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    fields_sealed: str = ""
    form: str = ""
    form_pin: str = ""
    submission_id: str = ""
    tags: tuple[str, ...] = ()
    amount_minor: int = 0
    amount_currency: str = "CNY"
    parent_id: str = ""
    parent_visit: str = ""
    blocked_by: str = ""
    assignee: str = ""
    level: str | None = None
    level_priority: Priority | None = None


def entry_of(content: Mapping[str, Any], channel: str) -> str:
    """How a message came in: `entry` of its content, a word like website or phone; else the channel is the entry."""
    entry = content.get("entry")
    return entry if isinstance(entry, str) and _ENTRY.fullmatch(entry) else channel


def intake_facts(text: str, channel: str, entry: str, region: str) -> dict[str, object]:
    """The facts that a ticket still remembers of the message that opened it."""
    return {"text": text, "channel": channel, "entry": entry, "region": region}


def is_of_rules(ticket: Ticket, occasions: Collection[str]) -> bool:
    """Whether a message opened it, which the intake rules read. occasions: what else has rules."""
    foreign = ticket.rule_id in (BY_HAND, BY_FLOW, BY_PLAN, BY_PATROL, BY_DISPUTE) or ticket.entry in occasions
    return not foreign and not ticket.submission_id


def classify(table: DecisionTable, message: Message) -> Classification:
    """What kind of ticket this message would open."""
    decision = decide(table, message.facts())
    outcome = decision.outcome
    rule_id, skill, topic = decision.rule_id or DEFAULT, outcome.get("skill", ""), outcome.get("topic", "")
    return Classification(outcome["type"], outcome["priority"], rule_id, skill, topic)


def threads_of(known: Thread | None, classification: Classification) -> tuple[Thread, ...]:
    """The conversations that a message may belong to, the likeliest first: of its own topic, or, where no rule knows
    what it is about ("型号BX-3"), any, the latest first."""
    threads = (known, *known.others) if known else ()
    if classification.rule_id == DEFAULT:
        return threads
    return tuple(thread for thread in threads if thread.topic in ("", classification.matter))


def latest_thread(known: Thread | None, thread: Thread) -> Thread:
    """What a customer talks about once `thread` is the latest of it; what is over is forgotten."""
    threads = (known, *known.others) if known else ()
    others = [other.but(others=()) for other in threads if other.ticket_id != thread.ticket_id]
    live = [other for other in others if not _is_over(other, thread.last_at)]
    return thread.but(others=tuple(live[: TOPICS_LIMIT - 1]))


def joins(thread: Thread | None, ticket: Ticket | None, at: datetime) -> bool:
    """Whether a message of `at` belongs to the thread's ticket: still open, and within the window of the last one.

    A message that comes late, from before the last one, joins as well.
    """
    return thread is not None and ticket is not None and ticket.is_open and not _is_over(thread, at)


def _is_over(thread: Thread, at: datetime) -> bool:
    return at - thread.last_at > THREAD_WINDOW


def open_ticket(classification: Classification, ticket_type: TicketType, opening: Opening) -> Ticket:
    """The new ticket. One that comes from a replayed message goes its way, but no clock runs for it: whoever waited
    back then must not set off alarms now."""
    title = ticket_type.title_at(classification.priority)
    timed = not opening.replay
    return Ticket(
        id=opening.ticket_id,
        type=classification.type,
        priority=classification.priority,
        customer_id=opening.customer_id,
        identity_id=opening.identity_id,
        level=opening.level or "",
        region=opening.region,
        store_id=opening.store_id,
        placed_by=opening.placed_by,
        home_region=opening.home_region,
        home_store=opening.home_store,
        channel=opening.channel,
        entries=tuple(filter(None, (opening.entry or opening.channel,))),
        skill=classification.skill or ticket_type.skill,
        topic=classification.topic,
        team=classification.team,
        layers=classification.layers,
        title_zh=title.zh,
        title_en=title.en,
        subject_sealed=opening.sealed,
        opened_at=opening.at,
        flow_key=ticket_type.flow if opening.flow_version else "",
        flow_version=opening.flow_version,
        ladder=opening.ladder if timed else "",
        ladder_pin=opening.ladder_pin if timed else "",
        policy=ticket_type.policy if timed and opening.pins else "",
        pins=dict(opening.pins) if timed else {},
        asked_at=opening.at if timed and opening.way is not None else None,
        link=opening.link,
        rule_id=classification.rule_id,
        replay=opening.replay,
        way=opening.way,
        order_id=opening.order_id,
        order_no=opening.order_no,
        fields=dict(opening.fields),
        fields_sealed=opening.fields_sealed,
        form=opening.form,
        form_pin=opening.form_pin,
        submission_id=opening.submission_id,
        tags=opening.tags,
        amount_minor=opening.amount_minor,
        amount_currency=opening.amount_currency,
        parent_id=opening.parent_id,
        parent_visit=opening.parent_visit,
        blocked_by=opening.blocked_by,
        assignee=opening.assignee,
        assignment=1 if opening.assignee else 0,
    )


def opening_notes(ticket: Ticket, actor: str, message_id: str = "") -> tuple[Note, ...]:
    """The trail's first entries."""
    facts = {
        "type": ticket.type,
        "priority": ticket.priority,
        "level": ticket.level,
        "rule": ticket.rule_id,
        "message": message_id,
        "entry": ticket.entry,
        "order": ticket.order_no,
        "fields": " ".join(f"{name}={value}" for name, value in ticket.fields.items()),
        "amount": str(Money(ticket.amount_minor, ticket.amount_currency)) if ticket.amount_minor else "",
        "override": ticket.layers.get("override", ""),
        "team": ticket.layers.get("team", ""),
        "suggests": ticket.layers.get("suggests", ""),
        **_place_of(ticket),
    }
    opened = Note("opened", actor, {name: value for name, value in facts.items() if value}, ticket.subject_sealed)
    return (opened,) if ticket.flow_version else (opened, Note("no flow", SYSTEM, {"type": ticket.type}))


def join_ticket(case: Case, message: Message) -> Move:
    """The same ticket, with one message more. The first place that is named is where the work is."""
    last = max(message.at, case.ticket.last_message_at or message.at)
    known = case.ticket.entries or (case.ticket.entry,)
    entries = tuple(entry for entry in dict.fromkeys((*known, message.entry)) if entry)[:ENTRIES_LIMIT]
    newer = message.way if last == message.at else case.ticket.way
    asked_at = case.ticket.asked_at or (None if message.replay else message.at)
    ticket = case.ticket.but(last_message_at=last, entries=entries, way=newer or case.ticket.way, asked_at=asked_at)
    detail = {"message": message.id, "kind": message.kind, "entry": message.entry}
    note = Note("message", message.customer_id, {k: v for k, v in detail.items() if v}, message.sealed)
    if message.placed_by != "named" or ticket.placed_by not in ("account", "customer", "default"):
        return Move(ticket, (note,))
    moved = ticket.but(region=message.region, store_id=message.store_id, placed_by=message.placed_by)
    return Move(moved, (note, Note("placed", message.customer_id, _place_of(moved))))


def _place_of(ticket: Ticket) -> dict[str, str]:
    return {"region": ticket.region, "store": ticket.store_id, "placed_by": ticket.placed_by}
