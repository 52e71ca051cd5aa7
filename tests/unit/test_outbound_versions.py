"""Versions of the events' schema: what is newer is told as it was before, step by step, or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from functions.outbound.catalogue.versions import CURRENT, can_tell, told_in
from hub.contracts.envelope import Event


def parted(name: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """From 3 to 2: a name was two words."""
    return {"first": f"{name}/{data['name'].split()[0]}", "last": data["name"].split()[1]}


def without_last(_name: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """From 2 to 1: there was no last word."""
    return {"first": data["first"]}


OLDER = {3: parted, 2: without_last}


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (3, {"name": "a b", "schema_version": 3}),
        (2, {"first": "x/a", "last": "b", "schema_version": 2}),
        (1, {"first": "x/a", "schema_version": 1}),
        (0, None),
        (4, None),
    ],
)
def test_data_is_told_in_the_version_that_is_wanted(wanted: int, told: dict[str, Any] | None) -> None:
    """Step by step; None for one that nobody wrote the way to, and for one that there is not yet."""
    data = {"name": "a b", "schema_version": 3}
    assert told_in("x", data, 3, wanted, OLDER) == told
    assert can_tell(3, wanted, OLDER) is (told is not None)
    assert data == {"name": "a b", "schema_version": 3}


def test_the_present_version_is_the_events() -> None:
    """What the catalogue says of a version is what events have."""
    assert Event.model_fields["schema_version"].default == CURRENT
