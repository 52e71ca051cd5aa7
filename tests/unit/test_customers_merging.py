"""When two customers are one, and when they never are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.customers.people.identities import Claim, Identity
from functions.customers.people.merging import RECORDS_LIMIT, Merged, are_two, merge_by_hand, merge_known
from hub.kernel.errors import Conflict

AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
UNION, PHONE = Identity("unionid", "", "oU1"), Identity("phone", "", "9f3a")


@dataclass
class Memory:
    """Records by id with their names, and what points where."""

    known: dict[str, tuple[Identity, ...]] = field(default_factory=dict)
    merged: list[Merged] = field(default_factory=list)
    apart: set[str] = field(default_factory=set)
    shared: dict[Identity, set[str]] = field(default_factory=dict)

    def root(self, customer_id: str) -> str:
        into = {one.customer_id: one.into for one in self.merged}
        while customer_id in into:
            customer_id = into[customer_id]
        return customer_id

    def records(self, customer_id: str) -> tuple[str, ...]:
        return (customer_id, *(one for one in self.known if one != customer_id and self.root(one) == customer_id))

    def is_apart(self, customer_id: str) -> bool:
        return customer_id in self.apart

    def names(self, customer_ids: Sequence[str]) -> list[Identity]:
        return [name for customer_id in customer_ids for name in self.known.get(customer_id, ())]

    def merge(self, merged: Merged) -> None:
        if self.root(merged.customer_id) != merged.customer_id or self.root(merged.into) != merged.into:
            raise Conflict("merged meanwhile")
        self.merged.append(merged)

    def share(self, identity: Identity, tellers: Iterable[str]) -> None:
        self.shared.setdefault(identity, set()).update(tellers)


def name(channel: str, person: str, account: str = "a") -> Identity:
    return Identity(channel, account, person)


@pytest.mark.parametrize(
    ("ours", "theirs", "two"),
    [
        ([name("taobao", "b1")], [name("taobao", "b2")], True),
        ([name("taobao", "b1")], [name("taobao", "b2", "other shop")], False),
        ([name("taobao", "b1")], [name("douyin", "b2")], False),
        ([name("unionid", "u1", "")], [name("unionid", "u2", "")], True),
        ([name("unionid", "u1", "")], [name("wecom", "wm1")], False),
        ([name("open", "crm-1")], [name("open", "web-9")], False),
        ([PHONE], [name("phone", "77", "")], False),
    ],
)
def test_a_platform_that_knows_both_differently_is_right(
    ours: list[Identity], theirs: list[Identity], two: bool
) -> None:
    """Two names in one place of a platform that vouches for them are two people; anything else may be one."""
    assert (are_two(ours, theirs), are_two(theirs, ours)) == (two, two)


def test_a_phone_merges_whom_nothing_keeps_apart() -> None:
    """The one who comes later becomes part of the one who had the phone first."""
    store = Memory({"cus_1": (name("open", "1"),), "cus_2": (name("taobao", "b"),)})
    assert merge_known(store, "cus_2", {PHONE: Claim("cus_1")}, AT) == "cus_1"
    assert store.merged == [Merged("cus_2", "cus_1", AT, "phone")]


def test_a_phone_never_merges_two_names_of_one_platform() -> None:
    """It is marked as shared instead, with both who have it; from then on it leads to nobody."""
    store = Memory({"cus_1": (name("taobao", "b1"),), "cus_2": (name("taobao", "b2"),)})
    assert merge_known(store, "cus_2", {PHONE: Claim("cus_1")}, AT) == "cus_2"
    assert (store.merged, store.shared) == ([], {PHONE: {"cus_1", "cus_2"}})
    assert merge_known(store, "cus_3", {PHONE: Claim("cus_1", shared=True)}, AT) == "cus_3"
    assert store.shared == {PHONE: {"cus_1", "cus_2", "cus_3"}}


def test_a_unionid_merges_though_names_differ() -> None:
    """WeChat's own word that two are one counts more than two names on another channel."""
    store = Memory({"cus_1": (name("taobao", "b1"),), "cus_2": (name("taobao", "b2"),)})
    assert merge_known(store, "cus_2", {UNION: Claim("cus_1")}, AT) == "cus_1"


@pytest.mark.parametrize("identity", [UNION, PHONE], ids=["unionid", "phone"])
@pytest.mark.parametrize("apart", ["cus_1", "cus_2"])
def test_what_people_split_stays_split(identity: Identity, apart: str) -> None:
    """Whichever of the two was split off by hand: nothing merges them but a hand."""
    store = Memory({"cus_1": (), "cus_2": ()}, apart={apart})
    assert merge_known(store, "cus_2", {identity: Claim("cus_1")}, AT) == "cus_2"
    assert merge_by_hand(store, "cus_2", "cus_1", AT, "li") == "cus_1"


def test_a_phone_that_a_crowd_shares_merges_no_more() -> None:
    """Fifty names are one customer; the fifty-first with that phone, a counter's or a call centre's, is their own."""
    store = Memory({f"cus_{n}": (name("open", str(n)),) for n in range(RECORDS_LIMIT + 1)})
    found = [merge_known(store, one, {PHONE: Claim("cus_0")}, AT) for one in list(store.known)[1:]]
    assert (found.count("cus_0"), found[-1]) == (49, "cus_50")
    with pytest.raises(Conflict):
        merge_by_hand(store, "cus_50", "cus_0", AT, "li")


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef")), max_size=12))
def test_hands_never_make_a_circle_and_lose_nobody(pairs: list[tuple[str, str]]) -> None:
    """However merges follow each other: both ids lead to one customer, nobody is lost, and a repeat does nothing."""
    store = Memory(dict.fromkeys("abcdef", ()))
    for one, into in pairs:
        root = merge_by_hand(store, one, into, AT, "li")
        count = len(store.merged)
        assert store.root(one) == store.root(into) == root == merge_by_hand(store, one, into, AT, "li")
        assert len(store.merged) == count
    roots = {store.root(one) for one in "abcdef"}
    assert sorted(record for root in roots for record in store.records(root)) == list("abcdef")
