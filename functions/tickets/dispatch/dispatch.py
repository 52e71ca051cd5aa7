"""Dispatch (派单): who gets a piece of work, and why everybody else does not. Pure.

Three inputs decide: the place, the skill, the load. Of those who fit and have room for one more, the one is chosen who
costs the fewest minutes (functions.tickets.dispatch.costs), the smaller id among equals. Nobody does: the supervisor of
the narrowest region around the place, once. None either: the work stays unassigned, and says so.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime

from functions.tickets.dispatch.costs import Candidate, Cost, Job, Places, cost_of, no_places
from functions.tickets.dispatch.loads import IDLE, Load
from functions.tickets.dispatch.policy import DispatchPolicy
from functions.tickets.ticket.ticket import Stored, Ticket
from hub.contracts.base import Moment
from hub.contracts.rosters import RecurringShift, ShiftSwap
from hub.kernel.dataclass import dataclass
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
    capacity: int | None = None


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
    """What the work asks for. role: engineer for work on site; excluded: who turned it down, or let it lapse. store: at
    which it is; holder: whose it is already, so that it is no load of theirs. team: to which a rule gave it."""

    region: str
    skill: str = ""
    role: str = ENGINEER
    excluded: tuple[str, ...] = ()
    store: str = ""
    due_at: datetime | None = None
    holder: str = ""
    team: str = ""

    @classmethod
    def of(cls, ticket: Ticket, role: str = ENGINEER) -> "Need":
        """What a ticket asks for."""
        return cls(
            ticket.region,
            ticket.skill,
            role,
            excluded=ticket.declined,
            store=ticket.store_id,
            due_at=ticket.due_at,
            holder=ticket.assignee if ticket.is_open else "",
            team=ticket.layers.get("team", ""),
        )


def no_loads(people: Iterable[str]) -> Mapping[str, Load]:  # noqa: ARG001 - the signature of `loads`
    """Where nobody has anything to do."""
    return {}


@dataclass(frozen=True)
class Organisation:
    """Everybody, and each team's roster. loads: what these people have to do (absent: nothing). places: where stores
    stand. policy: how those who fit are compared."""

    people: Sequence[Person]
    rosters: Mapping[str, Roster] = field(default_factory=dict)
    loads: Callable[[Iterable[str]], Mapping[str, Load]] = no_loads
    places: Places = no_places
    policy: DispatchPolicy = field(default_factory=DispatchPolicy)

    def find(self, person_id: str) -> Person | None:
        return next((person for person in self.people if person.id == person_id), None)

    def has_owner(self, assignee: str) -> bool:
        """Whether somebody has it: not nobody, and not one of us who has left."""
        person = self.find(assignee)
        return bool(assignee) and (person is None or person.active)


@dataclass(frozen=True)
class Verdict:
    """One person weighed. open_tickets: counted of those who fit or would with less to do, None of the others. why:
    what speaks against them, in words; () when they fit. cost: of those."""

    person_id: str
    open_tickets: int | None
    why: tuple[str, ...] = ()
    cost: Cost | None = None


@dataclass(frozen=True)
class Dispatch:
    """chosen: a person's id, "" when there is nobody at all. fallback: nobody fitted, so it is the supervisor. limit:
    so many open tickets the one who is chosen may have, 0 for any number."""

    chosen: str
    fallback: bool
    verdicts: tuple[Verdict, ...]
    limit: int = 0

    def best(self, count: int) -> list[Verdict]:
        """Those who fit, the cheapest first."""
        return sorted((verdict for verdict in self.verdicts if verdict.cost), key=_rank)[:count]


def choose_person(need: Need, organisation: Organisation, now: datetime) -> Dispatch:
    """Weigh everybody who holds the role, and choose. The same input gives the same answer."""
    holders = sorted((p for p in organisation.people if need.role in p.roles), key=lambda person: person.id)
    against = {person.id: objections(need, person, organisation, now) for person in holders}
    fitting = [person for person in holders if not against[person.id]]
    weighed = {verdict.person_id: verdict for verdict in _weigh(need, fitting, organisation, now)}
    verdicts = tuple(weighed.get(each) or Verdict(each, None, why) for each, why in against.items())
    best = min((verdict for verdict in weighed.values() if verdict.cost), key=_rank, default=None)
    if best is not None:
        person = next(person for person in fitting if person.id == best.person_id)
        return Dispatch(best.person_id, False, verdicts, capacity_of(person, organisation.policy) or 0)
    supervisor = region_supervisor(need.region, organisation.people)
    return Dispatch("" if supervisor in need.excluded else supervisor, True, verdicts)


def capacity_of(person: Person, policy: DispatchPolicy) -> int | None:
    """How many open tickets somebody has at most, None for any number."""
    return policy.capacity if person.capacity is None else person.capacity


def _weigh(need: Need, people: Sequence[Person], organisation: Organisation, now: datetime) -> list[Verdict]:
    """Those whom nothing else speaks against: what they have to do, and what it takes until they are there."""
    if not people:
        return []
    loads = organisation.loads([person.id for person in people])
    places = organisation.places(dict.fromkeys(filter(None, (need.store, *(person.store_id for person in people)))))
    job = Job(need.region, need.skill, need.due_at, places.get(need.store))
    verdicts = []
    for person in people:
        load, capacity = loads.get(person.id, IDLE), capacity_of(person, organisation.policy)
        others = load.open_tickets - 1 if person.id == need.holder else load.open_tickets
        if capacity is not None and others >= capacity:
            full = f"已满负荷 · has {others} open tickets of at most {capacity}"
            verdicts.append(Verdict(person.id, load.open_tickets, (full,)))
            continue
        busy = replace(load, open_tickets=max(0, others))
        candidate = Candidate(person.region, person.skills, busy, places.get(person.store_id))
        cost = cost_of(job, candidate, organisation.policy, now)
        verdicts.append(Verdict(person.id, load.open_tickets, cost=cost))
    return verdicts


def _rank(verdict: Verdict) -> tuple[int, str]:
    return (verdict.cost.total if verdict.cost else 0, verdict.person_id)


def objections(need: Need, person: Person, organisation: Organisation, now: datetime) -> tuple[str, ...]:
    """Everything that speaks against this person for this need."""
    against = []
    if not person.active:
        against.append("不在职 · not active")
    if person.id in need.excluded:
        against.append("已拒单 · turned it down")
    if need.skill and need.skill not in person.skills:
        against.append(f"缺少技能 · lacks the skill {need.skill}")
    if need.team and need.team not in person.teams:
        against.append(f"不在班组 · not of the team {need.team}")
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
