"""What a content says of a person, and what of it tells who they are."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.customers.people.identities import Identity
from functions.customers.people.persons import Person, identities_of, person_of, phone_identity
from functions.customers.people.phones import read_phone

KEY = bytes(32)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    "text", ["13800138000", "+8613800138000", "0086 138 0013 8000", "138-0013-8000", " +86 138 00138000 "]
)
def test_a_number_is_one_however_it_is_written(text: str) -> None:
    """With or without country code, blanks and dashes, it is the same number in E.164."""
    assert read_phone(text) == "+8613800138000"


@pytest.mark.parametrize(("text", "number"), [("021-5550 0100", "+862155500100"), ("+852 9123 4567", "+85291234567")])
def test_landlines_and_other_countries_are_numbers(text: str, number: str) -> None:
    """A landline with its area code, and a number from abroad."""
    assert read_phone(text) == number


@pytest.mark.parametrize(
    "text", ["", "abc", "10086", "138001380001", "18412345678-1234", "021-55500100 ext. 12", "400-800-1234", "00", "+"]
)
def test_what_reaches_no_one_person_is_no_number(text: str) -> None:
    """No number, one too long, one with an extension, a service line: ignored, never an error."""
    assert read_phone(text) == ""


def test_a_person_s_identities_are_their_unionid_and_their_phone() -> None:
    """The UnionID is the stronger one; the number itself is in neither, and its hash depends on the key."""
    person = person_of({"person": {"id": "7", "phone": "13800138000", "union_id": "oU1", "name": "王女士"}})
    union, phone = identities_of(person, lambda: KEY)
    assert (union, phone) == (Identity("unionid", "", "oU1"), phone_identity("+8613800138000", KEY))
    assert "13800138000" not in phone.external_id
    assert phone != phone_identity("+8613800138000", bytes([1]) * 32)
    assert person.facts == {"phone": "+8613800138000", "name": "王女士"}


def test_the_key_is_asked_for_only_where_there_is_a_number() -> None:
    """Who has no phone costs no key."""

    def key() -> bytes:
        raise AssertionError

    assert identities_of(person_of({"person": {"union_id": "oU1"}}), key) == (Identity("unionid", "", "oU1"),)
    assert identities_of(person_of({"text": "hello"}), key) == ()


@pytest.mark.parametrize(
    "told",
    ["13800138000", 7, {"phone": 13800138000}, {"union_id": "o U"}, {"union_id": "o" * 129}, {"name": "x" * 201}],
)
def test_a_person_in_another_form_is_nobody(told: Any) -> None:
    """What a mapping of somebody's made of a person and is none is as if it were not there."""
    assert person_of({"person": told}) == Person()


@given(st.dictionaries(st.sampled_from(["phone", "union_id", "name", "email"]), JSON, max_size=4) | JSON)
def test_whatever_a_content_holds_reading_it_never_fails(told: Any) -> None:
    """Any JSON under `person` gives identities, perhaps none."""
    assert len(identities_of(person_of({"person": told}), lambda: KEY)) <= 2
