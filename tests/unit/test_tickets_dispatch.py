"""Dispatch: who fits and has least to do; why the others not; who stands in when nobody fits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from functions.tickets.dispatch.costs import Candidate, Job, cost_of
from functions.tickets.dispatch.dispatch import (
    Duty,
    Need,
    Organisation,
    Person,
    Roster,
    choose_person,
    region_supervisor,
    supervisor_of,
    team_members,
)
from functions.tickets.dispatch.loads import Load
from functions.tickets.dispatch.policy import DispatchPolicy

NOW = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
NEED = Need(region="310101", skill="refrigeration")


def engineer(person_id: str, **facts: Any) -> Person:
    base: dict[str, Any] = {
        "roles": ("engineer",),
        "skills": ("refrigeration",),
        "region": "310000",
        "teams": ("cold",),
    }
    return Person(id=person_id, **{**base, **facts})


def supervisor(person_id: str, **facts: Any) -> Person:
    return Person(id=person_id, roles=("supervisor",), **{"region": "310000", **facts})


def roster(team: str, person_id: str) -> Roster:
    shift = Duty(person_id=person_id, starts_at=NOW - timedelta(hours=1), ends_at=NOW + timedelta(hours=1))
    return Roster(team=team, shifts=(shift,))


def test_least_load_then_id() -> None:
    """The one with the fewest open tickets gets it; among equals the smaller id."""
    everyone = (engineer("c"), engineer("b"), engineer("a"))
    assert choose_person(NEED, Organisation(everyone, {}, lambda _: {"a": Load(1)}), NOW).chosen == "b"
    assert choose_person(NEED, Organisation(everyone), NOW).chosen == "a"


def test_why_not() -> None:
    """Each person who does not fit is told everything that speaks against them."""
    everyone = (
        engineer("away", active=False),
        engineer("far", region="440300", skills=()),
        engineer("fits"),
        engineer("off", teams=("night",)),
        engineer("turned", region="310101"),
        supervisor("boss"),
    )
    need = Need("310101", "refrigeration", excluded=("turned",))

    found = choose_person(
        need, Organisation(everyone, {"night": roster("night", "else")}, lambda _: {"fits": Load(9)}), NOW
    )

    assert (found.chosen, found.fallback) == ("fits", False)
    assert {v.person_id: v.why for v in found.verdicts} == {
        "away": ("不在职 · not active",),
        "far": ("缺少技能 · lacks the skill refrigeration", "不负责该区域 · 440300 does not cover 310101"),
        "fits": (),
        "off": ("不在班 · off duty",),
        "turned": ("已拒单 · turned it down",),
    }


def test_shift_ends_to_the_second() -> None:
    """A shift counts from its start, included, to its end, excluded."""
    organisation = Organisation((engineer("li"),), {"cold": roster("cold", "li")})
    hour, second = timedelta(hours=1), timedelta(seconds=1)
    moments = [NOW - hour - second, NOW - hour, NOW + hour - second, NOW + hour]
    assert [choose_person(NEED, organisation, at).chosen for at in moments] == ["", "li", "li", ""]


def test_fallback_is_the_nearest_supervisor() -> None:
    """Nobody fits: the supervisor of the narrowest region around the place; none at all: nobody."""
    people = (supervisor("all", region="base"), supervisor("city", region="310100"), supervisor("gz", region="440100"))
    found = choose_person(NEED, Organisation(people), NOW)
    assert (found.chosen, found.fallback) == ("city", True)
    assert choose_person(NEED, Organisation(()), NOW).chosen == ""
    assert region_supervisor("310101", (supervisor("gone", active=False),)) == ""


def test_own_supervisor_first() -> None:
    """Above somebody stands their own supervisor, and the region's when that one has left."""
    people = (engineer("li", supervisor="sue"), supervisor("sue"), supervisor("ann"))
    assert supervisor_of("li", "310101", Organisation(people)) == "sue"
    gone = (people[0], supervisor("sue", active=False), people[2])
    assert supervisor_of("li", "310101", Organisation(gone)) == "ann"


def test_team_members() -> None:
    """A team is its active members; no team has none."""
    people = (engineer("b"), engineer("a"), engineer("c", active=False), engineer("d", teams=()))
    assert team_members("cold", people) == ("a", "b")
    assert team_members("", people) == ()


def test_a_turn_costs_what_is_left_of_the_rest() -> None:
    """From all of it, just given, to nothing; by a clock that is ahead no more than all of it."""
    policy = DispatchPolicy(idle_minutes=30)

    def fairness(given_at: datetime | None) -> int:
        candidate = Candidate("310101", (), Load(given_at=given_at))
        return cost_of(Job("310101"), candidate, policy, NOW).fairness

    ago = [NOW - timedelta(minutes=minutes) for minutes in (-60, 0, 10, 30, 90)]
    assert [fairness(at) for at in ago] == [30, 30, 20, 0, 0]
    assert fairness(None) == 0


people_lists = st.lists(
    st.builds(
        engineer,
        st.text("abc", min_size=1, max_size=3),
        active=st.booleans(),
        skills=st.sampled_from([(), ("refrigeration",), ("plumbing",)]),
        region=st.sampled_from(["base", "310000", "310101", "440300"]),
        roles=st.sampled_from([("engineer",), ("supervisor",), ("agent",)]),
    ),
    unique_by=lambda person: person.id,
    max_size=8,
)


@given(people_lists, st.dictionaries(st.text("abc", min_size=1, max_size=3), st.integers(0, 3)), st.randoms())
def test_same_question_same_answer(people: list[Person], load: dict[str, int], random: Any) -> None:
    """The order of people plays no part; who is chosen without fallback fits, and nobody who fits costs less."""
    loads = {person: Load(count) for person, count in load.items()}
    first = choose_person(NEED, Organisation(people, {}, lambda _: loads), NOW)
    random.shuffle(people)
    assert choose_person(NEED, Organisation(people, {}, lambda _: loads), NOW) == first
    if first.chosen and not first.fallback:
        fitting = [v for v in first.verdicts if not v.why]
        assert first.chosen in {v.person_id for v in fitting}
        costs = {v.person_id: v.cost.total for v in fitting if v.cost}
        assert costs[first.chosen] == min(costs.values())
