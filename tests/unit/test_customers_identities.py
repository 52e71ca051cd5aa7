"""One identity leads to one customer."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.customers.identities import Identity, customer_id_of, resolve_customer
from hub.kernel.errors import Retry

AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
ZHANG = Identity("wecom", "ww1", "wmZhang")
PARTS = st.text(st.sampled_from("ab#%"), min_size=1, max_size=4)


@dataclass
class Memory:
    """Identities in a dict. `rival`: who claims the identity between our look and our claim."""

    claims: dict[str, str] = field(default_factory=dict)
    customers: list[tuple[str, datetime]] = field(default_factory=list)
    rival: str = ""
    hidden: bool = False

    def find(self, identity: Identity) -> str | None:
        return None if self.hidden else self.claims.get(identity.key)

    def create_customer(self, customer_id: str, identity: Identity, at: datetime) -> None:
        self.customers.append((customer_id, at))
        if self.rival:
            self.claims[identity.key] = self.rival

    def claim(self, identity: Identity, customer_id: str, at: datetime) -> bool:
        return self.claims.setdefault(identity.key, customer_id) == customer_id


def test_a_repeat_finds_the_customer_of_the_first_time() -> None:
    """The same identity seen twice is one customer, made once."""
    store = Memory()
    first = resolve_customer(store, "demo", ZHANG, AT)
    assert resolve_customer(store, "demo", ZHANG, AT) == first
    assert store.customers == [(first, AT)]


def test_the_winner_of_a_race_is_everybodys_customer() -> None:
    """Who loses the claim answers with the winner's customer."""
    assert resolve_customer(Memory(rival="cus_winner"), "demo", ZHANG, AT) == "cus_winner"


def test_a_lost_race_whose_winner_is_not_visible_is_tried_again() -> None:
    """A claim that exists and cannot be read asks for patience."""
    with pytest.raises(Retry):
        resolve_customer(Memory(rival="cus_winner", hidden=True), "demo", ZHANG, AT)


def test_the_id_is_the_same_for_ever_and_differs_by_tenant() -> None:
    """A customer's id is a function of tenant and identity."""
    assert customer_id_of("demo", ZHANG) == customer_id_of("demo", ZHANG)
    assert customer_id_of("demo", ZHANG) != customer_id_of("other", ZHANG)


@given(PARTS, PARTS, PARTS, PARTS, PARTS, PARTS)
def test_two_identities_never_share_a_key(a: str, b: str, c: str, d: str, e: str, f: str) -> None:
    """Whatever platforms put into their ids, keys are equal exactly when identities are."""
    one, other = Identity(a, b, c), Identity(d, e, f)
    assert (one.key == other.key) == (one == other)
