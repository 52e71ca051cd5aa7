"""The repertoire (剧目): what each ticket of a rehearsal is played by, as it is in force and as it is drafted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any, TypeVar

from functions.tickets.deadlines.calendars import CALENDARS
from functions.tickets.deadlines.deadlines import Ladder
from functions.tickets.deadlines.ladders import LADDERS
from functions.tickets.deadlines.policies import POLICIES, Policy
from functions.tickets.desk import Desk
from functions.tickets.dispatch.matrices import MATRICES
from functions.tickets.flows.flow import Flow
from functions.tickets.flows.kind import FLOWS
from functions.tickets.rehearsal.performance import Reading, Script
from functions.tickets.ticket.ticket import Ticket
from hub.documents.kinds import Kind
from hub.kernel.dataclass import dataclass

Value = TypeVar("Value")
Drafts = Mapping[tuple[str, str], Any]
BESIDE: Mapping[str, Kind[Any]] = {"policy": POLICIES, "calendar": CALENDARS, "matrix": MATRICES}
"""What may be drafted beside the flow, each by its key, as a request names it."""


@dataclass
class Repertoire:
    """The scripts of one slice, each read once. flow, version: what is rehearsed, None where only rules are; ladder:
    its ladder's key and draft, where that is rehearsed as well."""

    desk: Desk
    flow: Flow | None = None
    version: int = 0
    ladder: tuple[str, Ladder] | None = None
    known: dict[tuple[str, str], Script] = field(default_factory=dict)

    @staticmethod
    def of(desk: Desk, spec: Mapping[str, Any]) -> Repertoire:
        """What a job asks for. Raises NotFound for what is gone."""
        key, version = str(spec["flow"]), int(spec.get("version", 0))
        if not key:
            return Repertoire(desk)
        flow = desk.documents.version(FLOWS, key, version).value if version else drafted(desk, FLOWS, key)
        ladder = (flow.ladder, drafted(desk, LADDERS, flow.ladder)) if spec["ladder"] and flow.ladder else None
        return Repertoire(desk, flow, max(version, 1), ladder)

    def in_force(self, ticket: Ticket) -> Script:
        """What the ticket's flow is now, with the ladder that its region has."""
        return self._in_force(ticket.flow_key, ticket.region)

    def drafted(self, ticket: Ticket, reading: Reading | None) -> Script | None:
        """What the ticket would be played by; as another type by that one's flow. None where tickets of that type
        follow none: people work them by hand."""
        if reading is None:
            return self._drafted(ticket.flow_key, ticket.region)
        if reading.differs_in("type") and reading.would_be["type"] != ticket.type:
            return self._of_type(reading.would_be, ticket)
        script = self._drafted(ticket.flow_key, ticket.region)
        other = {"priority": reading.would_be["priority"]} if reading.differs_in("priority") else {}
        return replace(script, opened=other)

    def _of_type(self, outcome: Mapping[str, Any], ticket: Ticket) -> Script | None:
        catalogue, key, priority = self.desk.catalogue, str(outcome["type"]), outcome["priority"]
        ticket_type = catalogue.ticket_type(key, ticket.region)
        if catalogue.published_flow(ticket_type.flow) is None:
            return None
        title, pins = ticket_type.title_at(priority), catalogue.policy_pins(ticket_type.policy, ticket.region)
        as_type = {"type": key, "priority": priority, "topic": outcome.get("topic", "")}
        as_type |= {"title_zh": title.zh, "title_en": title.en, "skill": outcome.get("skill") or ticket_type.skill}
        as_type |= {"policy": ticket_type.policy if pins else "", "pins": pins}
        return replace(self._drafted(ticket_type.flow, ticket.region), opened=as_type)

    def _in_force(self, flow: str, region: str) -> Script:
        if (flow, region) not in self.known:
            reading = self.desk.documents.current(FLOWS, flow)
            self.known[flow, region] = self._script(reading.value, reading.version, region)
        return self.known[flow, region]

    def _drafted(self, key: str, region: str) -> Script:
        mine = self.flow is not None and self.flow.key == key
        script = self._script(self.flow, self.version, region) if self.flow and mine else self._in_force(key, region)
        if self.ladder and script.ladder_key == self.ladder[0]:
            script = replace(script, ladder=self.ladder[1])
        return script

    def _script(self, flow: Flow, version: int, region: str) -> Script:
        key, pin, ladder = self.desk.catalogue.ladder_now(flow.ladder or "", region)
        return Script(flow, max(version, 1), key, pin, ladder)


def drafts_of(desk: Desk, spec: Mapping[str, Any]) -> Drafts:
    """What is drafted beside the flow, by (kind, key). Raises NotFound for what is gone."""
    named = {(kind, str(spec.get(name) or "")) for name, kind in BESIDE.items()}
    return {(kind.name, key): drafted(desk, kind, key) for kind, key in named if key}


def pins_of(desk: Desk, drafts: Drafts) -> dict[str, str]:
    """What a drafted policy names, as it is now: its tickets may have pinned none of it."""
    kinds: tuple[Kind[Any], ...] = (LADDERS, CALENDARS)
    policies: list[Policy] = [draft for (name, _), draft in drafts.items() if name == POLICIES.name]
    pins: dict[str, str] = {}
    for kind in kinds:
        for key in {getattr(clock, kind.name) for policy in policies for clock in policy.clocks} - {""}:
            reading = desk.documents.find(kind, key)
            pins |= {f"{kind.name}/{key}": reading.pin} if reading else {}
    return pins


def drafted(desk: Desk, kind: Kind[Value], key: str) -> Value:
    """What the draft of a document says. Raises NotFound, and Invalid for one that can't work any more."""
    content = desk.documents.draft(kind, key).content
    return desk.documents.lint(kind, key, content).require().value
