"""How far principals reach: a brute-force reading of the rules against `covers`, and the corners by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.edge.access.listing import within
from hub.edge.access.scope import Place, reach_of
from hub.edge.auth import Principal, principal_from

REGIONS = ("base", "310000", "310100", "310101", "310104", "440000", "440100", "440103")
INSIDE = {
    "base": set(REGIONS),
    "310000": {"310000", "310100", "310101", "310104"},
    "310100": {"310100", "310101", "310104"},
    "310101": {"310101"},
    "310104": {"310104"},
    "440000": {"440000", "440100", "440103"},
    "440100": {"440100", "440103"},
    "440103": {"440103"},
}
"""Which regions lie in which, written out by hand."""
STORES, TEAMS, PEOPLE, THINGS = ("", "s1", "s2", "s3"), ("sales", "care"), ("", "amy", "bob"), ("", "tkt_1", "tkt_2")
"""Each with what says nothing: nobody's, in no store, no thing's own id. It matches nothing, itself least of all."""

some = st.sampled_from
places = st.builds(
    Place,
    region=some(REGIONS),
    store=some(STORES),
    people=st.lists(some(PEOPLE), max_size=2).map(tuple),
    teams=st.lists(some(TEAMS), max_size=2).map(tuple),
    thing=some(THINGS),
)
principals = st.builds(
    Principal,
    sub=some(PEOPLE),
    roles=st.lists(some(("agent", "supervisor", "administrator", "finance")), min_size=1, max_size=2).map(tuple),
    tenant=st.just("demo"),
    region=some(REGIONS),
    stores=st.lists(some(STORES), max_size=2).map(tuple),
    teams=st.lists(some(TEAMS), max_size=2).map(tuple),
    level=some((None, "region", "store", "team", "own")),
    guest_of=st.lists(some(THINGS), max_size=1).map(tuple),
    glass_of=st.lists(some(THINGS), max_size=1).map(tuple),
)


def oracle(principal: Principal, place: Place) -> bool:
    """The rules once more, in the words of the specification."""
    if place.thing and place.thing in (*principal.guest_of, *principal.glass_of):
        return True
    return changes(principal, place)


def changes(principal: Principal, place: Place) -> bool:
    """What may be changed: one's own, and what lies in one's scope; guests and who broke the glass only look."""
    if principal.sub and principal.sub in place.people:
        return True
    in_region = place.region in INSIDE[principal.region]
    if "administrator" in principal.roles:
        return in_region
    if principal.level == "own":
        return False
    if principal.level == "store" or (principal.level is None and principal.stores):
        return bool(place.store) and place.store in principal.stores
    if principal.level == "team":
        return in_region and bool(set(principal.teams) & set(place.teams))
    return in_region


@given(principals, places)
def test_a_principal_reaches_what_the_rules_say_and_nothing_else(principal: Principal, place: Place) -> None:
    """For any principal and place `covers` agrees with the rules written out by hand."""
    assert reach_of(principal).covers(place) == oracle(principal, place)


@given(principals, places)
def test_what_is_only_shown_is_not_changed(principal: Principal, place: Place) -> None:
    """A guest's view and broken glass show a thing; whoever works with it reaches it without them."""
    assert reach_of(principal).may_change(place) == changes(principal, place)


@given(principals, places)
def test_a_list_holds_nothing_beyond_reach(principal: Principal, place: Place) -> None:
    """The keys that a list is read by lead to nothing out of reach, and to all that lies in a region or store of one's
    own, or is one's own; of a team's things, for which there is no key, to one's own."""
    reach, scope = reach_of(principal), within(reach_of(principal))
    in_region = bool(scope.region) and place.region in INSIDE[scope.region]
    listed = in_region or (place.store or None) in scope.stores or any(p and p in scope.people for p in place.people)
    assert reach.may_change(place) or not listed
    if reach.level != "team":
        assert listed == reach.may_change(place)


@given(principals, st.lists(places, max_size=4))
def test_of_several_places_one_within_reach_is_enough(principal: Principal, several: list[Place]) -> None:
    """A thing with several places is reached when one of them is, and then by one that is."""
    reach = reach_of(principal)
    nearest = reach.nearest(several)
    assert (nearest is not None) == any(oracle(principal, place) for place in several)
    assert nearest is None or reach.covers(nearest)


def test_of_several_places_the_one_that_shows_most_is_taken() -> None:
    """Broken glass before one's own, that before what lies in one's scope, and a guest's view last: whatever order the
    thing's places have."""
    reach = reach_of(Principal("amy", ("agent",), "demo", region="310000", guest_of=("tkt_1",), glass_of=("tkt_2",)))
    far = "440100"
    shown = [Place(far, thing="tkt_2"), Place(far, people=("amy",)), Place("310101"), Place(far, thing="tkt_1")]
    for first, rest in ((shown[nth], shown[nth:]) for nth in range(4)):
        assert reach.nearest(rest) == reach.nearest(rest[::-1]) == first


def test_own_is_never_wider_than_the_principal() -> None:
    """Narrowed to their own, nobody reaches anything new, and their own stays."""
    for role, region, store in product(("agent", "supervisor"), REGIONS, ("", "s1")):
        reach = reach_of(Principal("amy", (role,), "demo", region=region, stores=(store,) if store else ()))
        assert reach.own().covers(Place("440103", people=("amy",)))
        assert not reach.own().covers(Place(region, store))


NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "holds"),
    [(NOON - timedelta(hours=1, microseconds=1), False), (NOON - timedelta(hours=1), True),
     (NOON - timedelta(microseconds=1), True), (NOON, False), (NOON + timedelta(days=30), False)],
)  # fmt: skip
def test_a_grant_holds_from_its_start_to_before_its_end(at: datetime, holds: bool) -> None:
    """A role, a guest's view of one thing and broken glass each end at the very moment that was said, whether or not
    the record still has them."""
    hours = {"starts_at": "2026-11-23T11:00:00Z", "ends_at": "2026-11-23T12:00:00Z"}
    grants = [
        {"role": "finance", **hours},
        {"role": "guest", "thing": "tkt_1", **hours},
        {"role": "break_glass", "thing": "tkt_2", "reason": "VIP", **hours},
    ]
    record = {"roles": ["agent"], "region": "440000", "grants": grants}
    who = principal_from({"sub": "amy", "aud": "demo"}, record, at)
    assert who.roles == (("agent", "finance") if holds else ("agent",))
    ways = [reach_of(who).way(Place("310101", thing=thing)) for thing in ("tkt_1", "tkt_2", "tkt_3")]
    assert ways == (["guest", "break_glass", None] if holds else [None, None, None])


def test_what_a_token_claims_gives_way_to_the_record() -> None:
    """Teams, stores and what binds a principal are those of the directory as soon as it has a record."""
    claims = {"sub": "amy", "aud": "demo", "roles": ["agent"], "stores": ["s1"], "teams": ["sales"], "level": "region"}
    record = {"roles": ["agent"], "region": "310000", "stores": [], "teams": ["care"], "level": "team"}
    who = principal_from(claims, record, NOON)
    assert (who.stores, who.teams, who.level) == ((), ("care",), "team")
