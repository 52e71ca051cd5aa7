"""Plain values in DynamoDB's form and back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb.types import Binary, TypeDeserializer, TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

from hub.kernel.errors import Broken
from hub.store.items import plain_item, plain_value, raw_item, raw_value
from hub.store.writes import expressions

decimals = st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12)
scalars = st.one_of(
    st.text(), st.booleans(), st.none(), st.binary(), st.integers(-(10**37), 10**37), decimals.map(Decimal)
)
sets = st.one_of(st.sets(st.text(min_size=1), min_size=1), st.sets(st.integers(-99, 99), min_size=1))
values = st.recursive(scalars | sets, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=12)


@given(st.dictionaries(st.text(min_size=1), values))
def test_what_is_written_is_read_again(item: dict[str, Any]) -> None:
    """Every plain value comes back equal; a whole number as an int."""
    assert plain_item(raw_item(item)) == item


@given(values)
def test_boto3_writes_and_reads_the_same(value: Any) -> None:
    """The form is the one that boto3 has, both ways."""
    assert TypeDeserializer().deserialize(raw_value(value)) == boto3s(value)
    assert plain_value(TypeSerializer().serialize(value)) == value


def boto3s(value: Any) -> Any:
    """As boto3 reads it: bytes in a wrapper."""
    if isinstance(value, list):
        return [boto3s(entry) for entry in value]
    if isinstance(value, dict):
        return {name: boto3s(entry) for name, entry in value.items()}
    return Binary(value) if isinstance(value, bytes) else value


def test_whole_numbers_are_ints_and_others_are_exact() -> None:
    """3 is an int, 0.1 the Decimal, 22 digits keep every one."""
    assert [plain_value({"N": text}) for text in ("3", "0.10", "1E+2", "1234567890123456789012")] == [
        3,
        Decimal("0.1"),
        100,
        1234567890123456789012,
    ]


@pytest.mark.parametrize("value", [0.1, object(), set(), {"a", 1}, {None}])
def test_what_has_no_exact_form_is_a_bug(value: Any) -> None:
    """A float, an object, an empty or mixed set: refused before DynamoDB sees it."""
    with pytest.raises(Broken):
        raw_item({"value": value})


def test_names_stand_for_themselves_unless_said_otherwise() -> None:
    """`#state` is the attribute `state`; `names` gives others, paths and colons need nothing."""
    params = expressions({":to": "done"}, {"#by": "closed-by"}, when="#state <> :to", change="SET #map.#by = :to")
    assert params["ExpressionAttributeNames"] == {"#state": "state", "#map": "map", "#by": "closed-by"}
    assert params["ExpressionAttributeValues"] == {":to": {"S": "done"}}
