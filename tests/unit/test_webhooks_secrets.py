"""The cache of connections' secrets."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from hub.kernel.clock import StepClock
from hub.kernel.errors import Retry
from hub.store.secrets import FRESH_SECONDS, PAGE_LIMIT, UNKNOWN_SECONDS, ConnectionSecrets


class Ssm:
    """Parameters by name, ten a page; it can be told to fail, and counts its pages."""

    def __init__(self, **values: Any) -> None:
        self.values, self.pages, self.down = dict(values), 0, False

    def get_parameters_by_path(self, Path: str, NextToken: str = "0", **_: Any) -> dict[str, Any]:  # noqa: N803 - SSM's
        if self.down:
            raise EndpointConnectionError(endpoint_url="https://ssm.test")
        self.pages += 1
        names, start = sorted(self.values), int(NextToken)
        page = [{"Name": f"{Path}/{name}", "Value": self.values[name]} for name in names[start : start + 10]]
        return {"Parameters": page} | ({"NextToken": str(start + 10)} if start + 10 < len(names) else {})


def value(state: str = "enabled") -> str:
    return json.dumps({"channel": "wecom", "state": state, "settings": {"token": "t"}})


def secrets(ssm: Ssm) -> tuple[ConnectionSecrets, StepClock]:
    clock = StepClock(datetime(2026, 11, 21, tzinfo=UTC))
    return ConnectionSecrets(ssm, "demo", clock.wall_now), clock


def test_all_connections_are_read_together_and_kept_for_a_minute() -> None:
    """Within a minute nothing is read again; after it, a change is seen."""
    ssm = Ssm(con_1=value())
    cache, clock = secrets(ssm)
    assert cache.find("con_1") is not None
    ssm.values["con_1"] = value("disabled")
    clock.advance(seconds=FRESH_SECONDS - 1)
    before = cache.find("con_1")
    clock.advance(seconds=1)
    after = cache.find("con_1")
    assert before is not None
    assert after is not None
    assert (before.enabled, after.enabled, ssm.pages) == (True, False, 2)


def test_a_new_connection_is_found_at_once_and_guesses_cost_one_read_in_five_seconds() -> None:
    """An unknown name makes us look again, but not more often than the bound."""
    ssm = Ssm()
    cache, clock = secrets(ssm)
    assert [cache.find(f"con_{number}") for number in range(50)] == [None] * 50
    assert ssm.pages == 1
    ssm.values["con_1"] = value()
    clock.advance(seconds=UNKNOWN_SECONDS)
    assert cache.find("con_1") is not None
    assert ssm.pages == 2


def test_an_outage_keeps_what_is_known_and_refuses_to_guess() -> None:
    """With nothing read yet an outage is Retry; later, what was known stays in use."""
    ssm = Ssm(con_1=value())
    ssm.down = True
    cache, clock = secrets(ssm)
    with pytest.raises(Retry):
        cache.find("con_1")
    ssm.down = False
    cache.find("con_1")
    ssm.down = True
    clock.advance(seconds=FRESH_SECONDS)
    assert cache.find("con_1") is not None


@pytest.mark.parametrize("broken", ["", "{", "[]", "{}", '"text"', '{"channel": "wecom"}'])
def test_a_parameter_broken_by_hand_closes_no_other_door(broken: str) -> None:
    """One unreadable value is left out; the others work."""
    cache, _ = secrets(Ssm(con_1=value(), con_2=broken))
    assert [one.id for one in cache.every()] == ["con_1"]


def test_a_thousand_connections_are_read_and_no_more() -> None:
    """Pages are read up to the bound."""
    ssm = Ssm(**{f"con_{number:04}": value() for number in range(10 * PAGE_LIMIT + 5)})
    cache, _ = secrets(ssm)
    assert (len(cache.every()), ssm.pages) == (10 * PAGE_LIMIT, PAGE_LIMIT)
