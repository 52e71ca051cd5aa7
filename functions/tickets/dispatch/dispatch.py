"""Dispatch (派单): who gets a piece of work, and why everybody else does not. Pure.

Three inputs decide: the place, the skill, the load. Of those who fit, the one with the fewest open tickets is chosen,
the smaller id among equals. Nobody fits: the supervisor of the narrowest region around the place. None either: the
work stays unassigned, and says so.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from datetime import datetime

from functions.tickets.ticket.ticket import Stored
from hub.contracts.base import Moment
from hub.contracts.rosters import RecurringShift, ShiftSwap
from hub.kernel.frozen import dataclass
from hub.kernel.regions import covers, path
from hub.kernel.rosters import on_duty as rosters_duty

ENGINEER = "engineer"
SUPERVISOR = "supervisor"
ADMINISTRATOR = "administrator"
ADMINISTRATORS_LIMIT = 50
"""So many of them hear of what has nobody else to go to."""


class Person(Stored):
    """One of us, as far as routing needs to know."""

    id: str
    version: int = 0
    active: bool = True
    roles: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    region: str = "base"
    store_id: str = ""
    supervisor: str = ""
    wecom_userid: str = ""


class Duty(Stored):
    """One person on duty, from `starts_at` (included) to `ends_at` (excluded)."""

    person_id: str
    starts_at: Moment
    ends_at: Moment


class Roster(Stored):
    """A team's duty roster (值班表)."""

    team: str
    version: int = 0
    shifts: tuple[Duty, ...] = ()
    recurring: tuple[RecurringShift, ...] = ()
    swaps: tuple[ShiftSwap, ...] = ()


@dataclass(frozen=True)
class Need:
    """What the work asks for. role: engineer for work on site; excluded: who turned it down."""

    region: str
    skill: str = ""
    role: str = ENGINEER
    excluded: tuple[str, ...] = ()


def no_loads(people: Iterable[str]) -> Mapping[str, int]:  # noqa: ARG001 - the signature of `loads`
    """Where nobody has anything to do."""
    return {}


@dataclass(frozen=True)
class Organisation:
    """Everybody, and each team's roster. loads: how many open tickets these people have (absent: none)."""

    people: Sequence[Person]
    rosters: Mapping[str, Roster] = field(default_factory=dict)
    loads: Callable[[Iterable[str]], Mapping[str, int]] = no_loads

    def find(self, person_id: str) -> Person | None:
        return next((person for person in self.people if person.id == person_id), None)

    def has_owner(self, assignee: str) -> bool:
        """Whether somebody has it: not nobody, and not one of us who has left."""
        person = self.find(assignee)
        return bool(assignee) and (person is None or person.active)


@dataclass(frozen=True)
class Verdict:
    """One person weighed. open_tickets: counted of those who fit, None of the others. why: what speaks against them, in
    words; () when they fit."""

    person_id: str
    open_tickets: int | None
    why: tuple[str, ...] = ()


@dataclass(frozen=True)
class Dispatch:
    """chosen: a person's id, "" when there is nobody at all. fallback: nobody fitted, so it is the supervisor."""

    chosen: str
    fallback: bool
    verdicts: tuple[Verdict, ...]


def choose_person(need: Need, organisation: Organisation, now: datetime) -> Dispatch:
    """Weigh everybody who holds the role, and choose. The same input gives the same answer."""
    holders = sorted((p for p in organisation.people if need.role in p.roles), key=lambda person: person.id)
    against = {person.id: objections(need, person, organisation, now) for person in holders}
    fitting = [person_id for person_id, why in against.items() if not why]
    loads = organisation.loads(fitting) if fitting else {}
    verdicts = tuple(Verdict(each, None if why else loads.get(each, 0), why) for each, why in against.items())
    if fitting:
        return Dispatch(min(fitting, key=lambda each: (loads.get(each, 0), each)), False, verdicts)
    return Dispatch(region_supervisor(need.region, organisation.people), True, verdicts)


def objections(need: Need, person: Person, organisation: Organisation, now: datetime) -> tuple[str, ...]:
    """Everything that speaks against this person for this need."""
    against = []
    if not person.active:
        against.append("不在职 · not active")
    if person.id in need.excluded:
        against.append("已拒单 · turned it down")
    if need.skill and need.skill not in person.skills:
        against.append(f"缺少技能 · lacks the skill {need.skill}")
    if not covers(person.region, need.region):
        against.append(f"不负责该区域 · {person.region} does not cover {need.region}")
    if not on_duty(person, organisation.rosters, now):
        against.append("不在班 · off duty")
    return tuple(against)


def on_duty(person: Person, rosters: Mapping[str, Roster], now: datetime) -> bool:
    """Whether a roster of one of their teams has them on duty now. Teams without a roster ask for nothing."""
    theirs = [rosters[team] for team in person.teams if team in rosters]
    return not theirs or any(person.id in rosters_duty(roster, now) for roster in theirs)


def region_supervisor(region: str, people: Iterable[Person]) -> str:
    """The active supervisor whose region lies closest around `region`, the smaller id among equals; "" for none."""
    steps = path(region)
    around = [p for p in people if p.active and SUPERVISOR in p.roles and p.region in steps]
    return min(around, key=lambda person: (steps.index(person.region), person.id)).id if around else ""


def supervisor_of(person_id: str, region: str, organisation: Organisation) -> str:
    """Who stands above this person: their own active supervisor, else the region's; "" for none."""
    person = organisation.find(person_id)
    above = organisation.find(person.supervisor) if person and person.supervisor else None
    return above.id if above and above.active else region_supervisor(region, organisation.people)


def administrators(people: Iterable[Person]) -> tuple[str, ...]:
    """Who hears of what would reach nobody else: the active administrators, by id."""
    ids = sorted(person.id for person in people if person.active and ADMINISTRATOR in person.roles)
    return tuple(ids[:ADMINISTRATORS_LIMIT])


def team_members(team: str, people: Iterable[Person]) -> tuple[str, ...]:
    """The active members of a team, by id."""
    return tuple(sorted(person.id for person in people if person.active and team and team in person.teams))
