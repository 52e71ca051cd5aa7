"""The documents that tickets are worked by: their types, flows, ladders and the intake rules, each as of its pin."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, TypeVar

from functions.tickets.deadlines.calendars import CALENDARS
from functions.tickets.deadlines.clocks import Terms, TermsOf
from functions.tickets.deadlines.deadlines import Ladder
from functions.tickets.deadlines.keeping import Rules
from functions.tickets.deadlines.ladders import LADDERS
from functions.tickets.deadlines.policies import POLICIES, Policy
from functions.tickets.dispatch.matrices import MATRICES, Matrix
from functions.tickets.dispatch.policy import DISPATCH_POLICY, DispatchPolicy
from functions.tickets.dispatch.policy import KEY as DISPATCH_KEY
from functions.tickets.flows.flow import Flow
from functions.tickets.flows.kind import FLOWS
from functions.tickets.forms.kind import FORMS
from functions.tickets.intake.kind import INTAKE_RULES
from functions.tickets.intake.kind import KEY as INTAKE
from functions.tickets.intake.occasion_kind import OCCASION_RULES
from functions.tickets.intake.overrides import KEY as OVERRIDES_KEY
from functions.tickets.intake.overrides import OVERRIDES, Overrides
from functions.tickets.ticket.clock import HANDLING, TicketClock
from functions.tickets.ticket.colours import BOARD
from functions.tickets.ticket.colours import KEY as BOARD_KEY
from functions.tickets.ticket.ticket import Ticket
from functions.tickets.ticket.types import TICKET_TYPES, TicketType
from hub.documents.documents import Documents
from hub.documents.kinds import Kind
from hub.documents.scopes import Scope
from hub.documents.versions import PRESET
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Invalid, Problem
from hub.rules import DecisionTable

Value = TypeVar("Value")


@dataclass(frozen=True)
class Catalogue:
    """The documents of one tenant, as the room's handlers ask for them."""

    documents: Documents

    def ticket_type(self, key: str, region: str) -> TicketType:
        """The type named `key` as this region has it. Raises Invalid, pointing at `/type`, where there is none."""
        reading = self.documents.find(TICKET_TYPES, key, Scope(region))
        if reading is None:
            keys = ", ".join(self.documents.keys(TICKET_TYPES))
            raise Invalid("no such type", problems=[Problem("/type", f"must be one of: {keys}")])
        return reading.value

    def text_classes(self, ticket: Ticket) -> Mapping[str, str]:
        """What each text of the ticket's fields is to the field policy, by the form that asked for it; words where a
        type declared it."""
        if not ticket.form:
            return defaultdict(lambda: "words")
        return self.form_classes(ticket.form, ticket.form_pin)

    def form_classes(self, key: str, pin: str) -> Mapping[str, str]:
        """What each field of a form is to the field policy. Raises NotFound."""
        return self.documents.pinned(FORMS, key, pin).value.classes

    def form_pin(self, key: str, ticket: Ticket) -> str:
        """The version of a form that the ticket's place has now, with those of its parts. Raises NotFound."""
        return self.documents.current(FORMS, key, Scope(ticket.region, ticket.store_id)).pin

    def intake_rules(self) -> DecisionTable:
        """The rules that new messages are read by."""
        return self.documents.current(INTAKE_RULES, INTAKE).value

    def dispatch_policy(self) -> DispatchPolicy:
        """How those who fit for work are compared."""
        return self.documents.current(DISPATCH_POLICY, DISPATCH_KEY).value

    def overrides(self) -> Overrides:
        """The dated rules that have the last word over those."""
        return self.documents.current(OVERRIDES, OVERRIDES_KEY).value

    def board(self) -> DecisionTable:
        """The rules by which the board colours tickets."""
        return self.documents.current(BOARD, BOARD_KEY).value

    def occasion_rules(self, kind: str) -> DecisionTable:
        """The rules that new after-sales, reviews or leads are read by."""
        return self.documents.current(OCCASION_RULES, kind).value

    def published_flow(self, key: str) -> tuple[int, Flow] | None:
        """The version that new tickets take; None while nothing is published under this key: a preset has no machine
        before it is."""
        reading = self.documents.find(FLOWS, key)
        return (reading.version, reading.value) if reading and reading.version != PRESET else None

    def flow_of(self, ticket: Ticket) -> Flow:
        """The flow that the ticket follows, in the version that it was opened with. Raises NotFound."""
        return self.documents.version(FLOWS, ticket.flow_key, ticket.flow_version).value

    def flow(self, ticket: Ticket) -> Flow | None:
        """As `flow_of`; None for a ticket that follows none."""
        return self.flow_of(ticket) if ticket.flow_version else None

    def matrix(self, key: str, ticket: Ticket) -> Matrix:
        """The approval matrix of this name, as the ticket's place has it now. Raises NotFound."""
        return self.documents.current(MATRICES, key, Scope(ticket.region, ticket.store_id)).value

    def machine_arn(self, key: str, version: int) -> str:
        """The machine that runs a version of a flow. Raises NotFound."""
        return self.documents.version(FLOWS, key, version).base.facts["machine_arn"]

    def ladder_pin(self, key: str, region: str) -> str:
        """What a new ticket remembers of the ladder that this region has now, "" where there is none."""
        reading = self.documents.find(LADDERS, key, Scope(region)) if key else None
        return reading.pin if reading else ""

    def ladder_now(self, key: str, region: str) -> tuple[str, str, Ladder]:
        """The ladder that this region has now: its name, its pin, and what it is; one without rungs where there is
        none."""
        reading = self.documents.find(LADDERS, key, Scope(region)) if key else None
        return (key, reading.pin, reading.value) if reading else ("", "", Ladder())

    def ladder_of(self, ticket: Ticket) -> Ladder:
        """The ticket's ladder, as it was when the ticket was opened; one without rungs where it has none. An older
        ticket, which remembers no version, has today's."""
        if not ticket.ladder:
            return Ladder()
        if ticket.ladder_pin:
            return self.documents.pinned(LADDERS, ticket.ladder, ticket.ladder_pin).value
        reading = self.documents.find(LADDERS, ticket.ladder)
        return reading.value if reading else Ladder()

    def policy_pins(self, key: str, region: str) -> dict[str, str]:
        """What a new ticket remembers of the policy that this region has now, and of the ladders and calendars that it
        names, by "kind/key"; {} where there is none."""
        reading = self.documents.find(POLICIES, key, Scope(region)) if key else None
        if reading is None:
            return {}
        pins = {f"policy/{key}": reading.pin}
        kinds: tuple[Kind[Any], ...] = (LADDERS, CALENDARS)
        for kind in kinds:
            named = {getattr(clock, kind.name) for clock in reading.value.clocks} - {""}
            for name in sorted(named):
                document = self.documents.find(kind, name, Scope(region))
                pins |= {f"{kind.name}/{name}": document.pin} if document else {}
        return pins

    def policy_of(self, ticket: Ticket) -> Policy | None:
        """The ticket's policy, in the version that it was opened with; None where it has none."""
        return self._pinned(POLICIES, ticket.policy, ticket.pins.get(f"policy/{ticket.policy}", ""))

    def terms_of(self, ticket: Ticket) -> TermsOf:
        """What each of the ticket's clocks runs by."""

        def terms(clock: TicketClock) -> Terms:
            if clock.measures == HANDLING:
                ladder = self.ladder_of(ticket)
                return Terms(tuple(step.within(clock.budget_seconds) for step in ladder.steps), ladder.calendar)
            ladder = self._pinned(LADDERS, clock.ladder, clock.ladder_pin) or Ladder()
            steps = tuple(step.within(clock.budget_seconds) for step in ladder.steps)
            return Terms(steps, self._pinned(CALENDARS, clock.calendar, clock.calendar_pin) or ladder.calendar)

        return terms

    def _pinned(self, kind: Kind[Value], key: str, pin: str) -> Value | None:
        """A document as it was when it was pinned, None for none."""
        return self.documents.pinned(kind, key, pin).value if pin else None

    def rules_of(self, ticket: Ticket) -> Rules:
        """What the ticket's clocks go by."""
        seconds = self.ladder_of(ticket).budget_seconds if ticket.ladder and not ticket.clocks else 0
        return Rules(self.policy_of(ticket), self.terms_of(ticket), seconds)
