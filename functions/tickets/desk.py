"""The desk: what the room's handlers reach for, connected at first use. Tests put fakes in its place by assignment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cached_property

from functions.tickets.dispatch.dispatch import Organisation, Person, Roster
from functions.tickets.flows.flows_table import Flows
from functions.tickets.flows.machines import Machines, StepFunctions
from functions.tickets.intake.rules_table import Rules
from functions.tickets.tables import Tables
from hub.contracts.events import Event
from hub.edge import aws
from hub.edge.room import Room
from hub.kernel.clock import Clock
from hub.store.content import ContentStore
from hub.store.sealing import Sealer

ORGANISATION_SECONDS = 5
"""People and rosters are at most this old (real time)."""
PEOPLE_LIMIT = 10_000


class Desk:
    """Tables, flows, machines, content and seals of one room's process."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._cached: tuple[float, tuple[Person, ...], dict[str, Roster]] | None = None

    @property
    def tenant(self) -> str:
        return self._room.settings.tenant

    @property
    def escalation_arn(self) -> str:
        return self._room.settings.escalation_arn

    @property
    def clock(self) -> Clock:
        return self._room.clock

    @cached_property
    def emit(self) -> Callable[[Event], None]:
        return self._room.emit

    @cached_property
    def tables(self) -> Tables:
        return Tables(self.tenant, self._room.settings.table)

    @cached_property
    def machines(self) -> Machines:
        return StepFunctions(aws.client("stepfunctions"), self._room.settings.flow_role_arn)

    @cached_property
    def flows(self) -> Flows:
        settings = self._room.settings
        partition = settings.flow_role_arn.split(":")[1] if settings.flow_role_arn else "aws"
        return Flows(self.tenant, self.tables, self.machines, partition, settings.steps_function)

    @cached_property
    def rules(self) -> Rules:
        return Rules(self.tables)

    @cached_property
    def contents(self) -> ContentStore:
        return ContentStore(self.tenant, self._room.settings.content_table, aws.client("dynamodb"))

    @cached_property
    def sealer(self) -> Sealer:
        return Sealer(aws.client("kms"), self._room.settings.key_id, self.tenant)

    def now(self) -> datetime:
        """Business time."""
        return self._room.now()

    def in_business(self, real: timedelta) -> timedelta:
        """How much business time passes in this much real time: machines are slow in real time."""
        return real * float(self._room.settings.clock_scale)

    def people(self) -> tuple[Person, ...]:
        """Everybody, at most a few seconds old."""
        return self._known()[0]

    def organisation(self) -> Organisation:
        """People and rosters, at most a few seconds old, and everybody's load as it is now."""
        people, rosters = self._known()
        return Organisation(people, rosters, self.tables.loads())

    def _known(self) -> tuple[tuple[Person, ...], dict[str, Roster]]:
        wall = self.clock.wall_now().timestamp()
        if self._cached is None or wall - self._cached[0] >= ORGANISATION_SECONDS:
            people = tuple(r.read(Person) for r in self.tables.all_of("people", "person#", PEOPLE_LIMIT))
            rosters = [r.read(Roster) for r in self.tables.all_of("rosters", "team#", PEOPLE_LIMIT)]
            self._cached = (wall, people, {roster.team: roster for roster in rosters})
        return self._cached[1], self._cached[2]

    def forget(self) -> None:
        """Forget every connection and cache: tests move from one simulated stack to the next."""
        for name in ("emit", "tables", "machines", "flows", "rules", "contents", "sealer"):
            self.__dict__.pop(name, None)
        self._cached = None


def text_context(ticket_id: str) -> str:
    """What a ticket's sealed text is bound to."""
    return f"{ticket_id}/text"
