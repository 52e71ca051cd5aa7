"""One identity leads to one customer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.customers.identities import RACES_LIMIT, Identity, customer_id_of, resolve_customer
from hub.kernel.errors import Retry

AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
ZHANG = Identity("wecom", "ww1", "wmZhang")
CALLER = Identity("open", "con_1", "crm-7")
UNION, PHONE = Identity("unionid", "", "oU1"), Identity("phone", "", "9f3a")
PARTS = st.text(st.sampled_from("ab#%"), min_size=1, max_size=4)


@dataclass
class Memory:
    """Identities in a dict. rivals: what somebody else does between our look and our claim, one each time."""

    claims: dict[str, str] = field(default_factory=dict)
    made: list[tuple[str, datetime]] = field(default_factory=list)
    rivals: list[Callable[[Memory], object]] = field(default_factory=list)

    def find(self, identity: Identity) -> str | None:
        return self.claims.get(identity.key)

    def claim(self, customer_id: str, identities: Sequence[Identity], at: datetime, *, new: bool = False) -> bool:
        if self.rivals:
            self.rivals.pop(0)(self)
        if any(identity.key in self.claims for identity in identities):
            return False
        self.claims |= {identity.key: customer_id for identity in identities}
        self.made += [(customer_id, at)] if new else []
        return True


def seen(*identities: Identity) -> Callable[[Memory], object]:
    return lambda store: resolve_customer(store, "demo", identities, AT)


def test_a_repeat_finds_the_customer_of_the_first_time() -> None:
    """The same identity seen twice is one customer, made once."""
    store = Memory()
    first = resolve_customer(store, "demo", [ZHANG], AT)
    assert resolve_customer(store, "demo", [ZHANG], AT) == first
    assert store.made == [(first, AT)]


def test_the_winner_of_a_race_is_everybodys_customer() -> None:
    """Who loses the claim answers with the winner's customer, and makes nobody."""
    store = Memory(rivals=[seen(CALLER, PHONE)])
    winner = customer_id_of("demo", CALLER)
    assert resolve_customer(store, "demo", [ZHANG, PHONE], AT) == winner
    assert (store.made, store.claims[ZHANG.key]) == ([(winner, AT)], winner)


def test_races_without_end_are_tried_again_later() -> None:
    """After as many lost races as the limit allows, the event comes again."""

    def tied(number: int) -> Callable[[Memory], object]:
        return lambda store: store.claims.update({many[number].key: "cus_rival"})

    many = [Identity("open", "con_1", str(n)) for n in range(RACES_LIMIT + 1)]
    lost = [tied(n) for n in range(RACES_LIMIT)]
    assert resolve_customer(Memory(rivals=lost[1:]), "demo", many, AT) == "cus_rival"
    with pytest.raises(Retry):
        resolve_customer(Memory(rivals=lost), "demo", many, AT)


@pytest.mark.parametrize(
    ("known", "winner"),
    [([ZHANG, UNION, PHONE], ZHANG), ([UNION, PHONE], UNION), ([PHONE], PHONE), ([], ZHANG)],
    ids=["platform", "unionid", "phone", "nobody"],
)
def test_the_strongest_identity_that_is_known_says_who_it_is(known: list[Identity], winner: Identity) -> None:
    """The platform's name, then the UnionID, then the phone; what is free becomes theirs, what is another's stays."""
    store = Memory({identity.key: f"cus_{identity.channel}" for identity in known})
    before = dict(store.claims)
    found = resolve_customer(store, "demo", [ZHANG, UNION, PHONE], AT)
    assert found == before.get(winner.key, customer_id_of("demo", ZHANG))
    free = {one.key: found for one in (ZHANG, UNION, PHONE) if one not in known}
    assert store.claims == before | free


@given(st.lists(st.lists(st.sampled_from("abUVPQ"), min_size=1, max_size=3, unique=True), min_size=1, max_size=8))
def test_an_identity_once_tied_stays_where_it_is(sightings: list[list[str]]) -> None:
    """However sightings mix names, UnionIDs and phones, every identity has one holder for ever, who was made once."""
    store = Memory()
    for sighting in sightings:
        before = dict(store.claims)
        identities = [Identity("any", "", name) for name in sighting]
        found = resolve_customer(store, "demo", identities, AT)
        assert store.claims.items() >= before.items()
        assert found in {store.claims[identity.key] for identity in identities}
    makers = [customer_id for customer_id, _ in store.made]
    assert (set(makers), len(set(makers))) == (set(store.claims.values()), len(makers))


@given(st.permutations(range(6)))
@settings(deadline=None, max_examples=20)
def test_many_at_once_with_one_phone_are_one_customer(order: Sequence[int]) -> None:
    """Entries that race for one phone, in threads: everybody gets the same customer, and nobody else is made."""
    store, lock = Memory(), Lock()
    claim = store.claim

    class Guarded(Memory):
        def claim(self, *given: Any, **options: Any) -> bool:
            with lock:
                return claim(*given, **options)

    guarded = Guarded(store.claims)
    people = [[Identity("open", f"con_{n}", "p"), PHONE] for n in order]
    with ThreadPoolExecutor(6) as pool:
        found = set(pool.map(lambda identities: resolve_customer(guarded, "demo", identities, AT), people))
    assert (len(found), len(store.made)) == (1, 1)


def test_the_id_is_the_same_for_ever_and_differs_by_tenant() -> None:
    """A customer's id is a function of tenant and identity."""
    assert customer_id_of("demo", ZHANG) == customer_id_of("demo", ZHANG)
    assert customer_id_of("demo", ZHANG) != customer_id_of("other", ZHANG)


@given(PARTS, PARTS, PARTS, PARTS, PARTS, PARTS)
def test_two_identities_never_share_a_key(a: str, b: str, c: str, d: str, e: str, f: str) -> None:
    """Whatever platforms put into their ids, keys are equal exactly when identities are."""
    one, other = Identity(a, b, c), Identity(d, e, f)
    assert (one.key == other.key) == (one == other)
