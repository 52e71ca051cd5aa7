"""How it stands between a customer and a member of staff."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.customers.contacts import Contact, apply_change
from hub.contracts.events import ContactChanged

AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def changed(change: str, minutes: int = 0, state: str = "") -> ContactChanged:
    return ContactChanged.model_validate(
        {
            "id": f"evt_{change}",
            "tenant": "demo",
            "at": AT + timedelta(minutes=minutes),
            "connection_id": "con_1",
            "channel": "wecom",
            "account": "ww1",
            "change": change,
            "member_id": "li",
            "contact_id": "wm1",
            "state": state,
        }
    )


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ("added", "following"),
        ("half_added", "half_added"),
        ("edited", "following"),
        ("deleted_by_member", "deleted_by_member"),
        ("deleted_by_customer", "deleted_by_customer"),
    ],
)
def test_each_change_leads_to_its_state(change: str, state: str) -> None:
    """Every kind of change has a follow state of its own."""
    contact = apply_change(None, changed(change, state="expo"))
    assert contact == Contact("con_1", "wecom", "li", "wm1", state, "expo", AT, AT, AT)  # type: ignore[arg-type]


def test_the_last_word_wins_in_any_order_of_arrival() -> None:
    """Events may come out of order: the latest by its own time decides."""
    story = [changed("added", 0), changed("edited", 1), changed("deleted_by_customer", 2)]
    for order in permutations(story):
        known: Contact | None = None
        for event in order:
            known = apply_change(known, event) or known
        assert known is not None
        assert known.follow_state == "deleted_by_customer"


@given(st.permutations(range(4)), st.permutations(range(4)), st.lists(st.integers(0, 3), max_size=4))
def test_what_happened_last_wins_however_late_we_hear_of_it(
    order: list[int], heard: list[int], repeats: list[int]
) -> None:
    """The platform's clock decides, for the state and for the code they met by; a repeat changes nothing."""
    story = [
        changed("added", heard[0], "expo").model_copy(update={"source_at": AT}),
        changed("deleted_by_member", heard[1]).model_copy(update={"source_at": AT + timedelta(seconds=1)}),
        changed("added", heard[2], "store").model_copy(update={"source_at": AT + timedelta(seconds=2)}),
        changed("deleted_by_customer", heard[3]).model_copy(update={"source_at": AT + timedelta(seconds=3)}),
    ]
    known: Contact | None = None
    for number in (*order, *repeats):
        known = apply_change(known, story[number]) or known
    assert known is not None
    assert (known.follow_state, known.attribution) == ("deleted_by_customer", "store")


def test_an_attribution_stays_when_an_edit_names_none() -> None:
    """Through which code they met is not forgotten by an edit."""
    met = apply_change(None, changed("added", state="expo"))
    edited = apply_change(met, changed("edited", 1))
    assert edited is not None
    assert edited.attribution == "expo"
