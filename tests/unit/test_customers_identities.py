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

from functions.customers.people.identities import (
    RACES_LIMIT,
    Claim,
    Identity,
    canonical_identity,
    customer_id_of,
    former_identity,
    resolve_record,
)
from hub.kernel.errors import Retry

AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
ZHANG = Identity("wecom", "ww1", "wmZhang")
CALLER = Identity("open", "con_1", "crm-7")
PHONE = Identity("phone", "", "9f3a")
PARTS = st.text(st.sampled_from("ab#%"), min_size=1, max_size=4)


@dataclass
class Memory:
    """Identities in a dict. rivals: what somebody else does between our look and our claim, one each time."""

    held: dict[str, str] = field(default_factory=dict)
    made: list[tuple[str, datetime]] = field(default_factory=list)
    rivals: list[Callable[[Memory], object]] = field(default_factory=list)

    def claims(self, identities: Sequence[Identity]) -> dict[Identity, Claim]:
        return {identity: Claim(self.held[identity.key]) for identity in identities if identity.key in self.held}

    def claim(self, customer_id: str, identities: Sequence[Identity], at: datetime, *, new: bool = False) -> bool:
        if self.rivals:
            self.rivals.pop(0)(self)
        if any(identity.key in self.held for identity in identities):
            return False
        self.held |= {identity.key: customer_id for identity in identities}
        self.made += [(customer_id, at)] if new else []
        return True


def see(store: Memory, *identities: Identity) -> str:
    return resolve_record(store, "demo", identities, AT)[0]


def seen(*identities: Identity) -> Callable[[Memory], object]:
    return lambda store: see(store, *identities)


def test_a_repeat_finds_the_record_of_the_first_time() -> None:
    """The same identity seen twice is one record, made once."""
    store = Memory()
    first = see(store, ZHANG)
    assert see(store, ZHANG) == first
    assert store.made == [(first, AT)]


def test_who_loses_a_race_for_a_phone_learns_whose_it_is() -> None:
    """Each name is a record of its own; the phone is the winner's, and the loser is told so."""
    store = Memory(rivals=[seen(CALLER, PHONE)])
    record_id, claims = resolve_record(store, "demo", [ZHANG, PHONE], AT)
    assert record_id == customer_id_of("demo", ZHANG)
    assert {one: claim.customer_id for one, claim in claims.items()} == {
        ZHANG: record_id, PHONE: customer_id_of("demo", CALLER),
    }  # fmt: skip


def test_who_was_known_by_an_older_form_of_their_name_is_nobody_new() -> None:
    """Of 微信客服 people were known by the desk's own channel, of a shop by the shop: when they come again their
    record gets the new form, and then the old one is not looked at any more, whoever has it."""
    old, new = Identity("wechat_kf", "ww1", "wmZhang"), canonical_identity("wechat_kf", "ww1", "wmZhang", None)
    former = former_identity("wechat_kf", "ww1", "wmZhang", new)
    store = Memory({old.key: "cus_old"})
    assert former == (old,)
    assert resolve_record(store, "demo", [new], AT, former) == ("cus_old", {new: Claim("cus_old")})
    assert (store.held[new.key], store.made) == ("cus_old", [])
    store.held[old.key] = "cus_other"
    assert resolve_record(store, "demo", [new], AT, former)[0] == "cus_old"
    assert former_identity("wecom", "ww1", "wmZhang", ZHANG) == ()


def test_races_without_end_are_tried_again_later() -> None:
    """After as many lost races as the limit allows, the event comes again."""

    def tied(number: int) -> Callable[[Memory], object]:
        return lambda store: store.held.update({many[number].key: "cus_rival"})

    many = [Identity("open", "con_1", str(n)) for n in range(RACES_LIMIT + 1)]
    lost = [tied(n) for n in range(RACES_LIMIT)]
    assert see(Memory(rivals=lost[1:]), *many) == customer_id_of("demo", many[0])
    with pytest.raises(Retry):
        see(Memory(rivals=lost), *many)


@given(st.lists(st.lists(st.sampled_from("abUVPQ"), min_size=1, max_size=3, unique=True), min_size=1, max_size=8))
def test_an_identity_once_tied_stays_where_it_is(sightings: list[list[str]]) -> None:
    """However sightings mix names, UnionIDs and phones, every identity has one holder for ever, who was made once."""
    store = Memory()
    for sighting in sightings:
        before = dict(store.held)
        identities = [Identity("any", "", name) for name in sighting]
        found = see(store, *identities)
        assert store.held.items() >= before.items()
        assert found == store.held[identities[0].key]
    makers = [customer_id for customer_id, _ in store.made]
    assert (set(makers), len(set(makers))) == (set(store.held.values()), len(makers))


@given(st.permutations(range(6)))
@settings(deadline=None, max_examples=20)
def test_many_at_once_with_one_phone_agree_whose_it_is(order: Sequence[int]) -> None:
    """Entries that race for one phone, in threads: each has its own record, and everybody names one holder of it."""
    store, lock = Memory(), Lock()
    claim = store.claim

    class Guarded(Memory):
        def claim(self, *given: Any, **options: Any) -> bool:
            with lock:
                return claim(*given, **options)

    guarded = Guarded(store.held)
    people = [[Identity("open", f"con_{n}", "p"), PHONE] for n in order]
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda identities: resolve_record(guarded, "demo", identities, AT), people))
    assert len({record_id for record_id, _ in found}) == 6
    assert len({claims[PHONE].customer_id for _, claims in found}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("wecom", "ww1", "wmA", None), ("wechat_kf", "ww1", "wmA", {"corp_id": "ww1"})),
        (("open", "", "crm-7", {"secret": "s"}), ("open", "shop-9", "crm-7", {"secret": "s"})),
        (("open", "crm", "crm-7", {"account": "crm"}), ("open", "shop-9", "crm-7", {"account": "crm"})),
        (("youzan", "1", "yz1", {"kdt_id": "1"}), ("youzan", "2", "yz1", {"kdt_id": "1"})),
    ],
    ids=["a corp's apps and desks", "an order's shop", "an order's shop, named", "a branch"],
)
def test_one_person_has_one_name_in_a_family(one: Any, other: Any) -> None:
    """Whichever channel of a family a person comes by, and whatever shop an order names, the identity is the same."""
    assert canonical_identity(*one) == canonical_identity(*other)


def test_shops_that_name_people_for_themselves_stay_apart() -> None:
    """The same buyer's number in two Douyin shops, or two corps, is two identities."""
    assert canonical_identity("douyin", "s1", "b1", {}) != canonical_identity("douyin", "s2", "b1", {})
    assert canonical_identity("wechat_kf", "ww1", "wmA", {}) != canonical_identity("wecom", "ww2", "wmA", {})


def test_the_id_is_the_same_for_ever_and_differs_by_tenant() -> None:
    """A customer's id is a function of tenant and identity."""
    assert customer_id_of("demo", ZHANG) == customer_id_of("demo", ZHANG)
    assert customer_id_of("demo", ZHANG) != customer_id_of("other", ZHANG)


@given(PARTS, PARTS, PARTS, PARTS, PARTS, PARTS)
def test_two_identities_never_share_a_key(a: str, b: str, c: str, d: str, e: str, f: str) -> None:
    """Whatever platforms put into their ids, keys are equal exactly when identities are."""
    one, other = Identity(a, b, c), Identity(d, e, f)
    assert (one.key == other.key) == (one == other)
