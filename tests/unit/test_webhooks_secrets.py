"""The cache of connections' secrets."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from hub.kernel.clock import StepClock
from hub.kernel.errors import Retry
from hub.store.secrets import FRESH_SECONDS, LOOKUPS, PAGE_LIMIT, UNKNOWN_SECONDS, ConnectionSecrets

PREFIX = "/hub/demo/connections/"


class Ssm:
    """Parameters by name, ten a page or by their names; it can be told to fail, and counts its calls."""

    def __init__(self, **values: Any) -> None:
        self.values, self.pages, self.asked, self.down = dict(values), 0, list[list[str]](), False

    def get_parameters_by_path(self, Path: str, NextToken: str = "0", **_: Any) -> dict[str, Any]:  # noqa: N803 - SSM's
        self._check()
        self.pages += 1
        names, start = sorted(self.values), int(NextToken)
        page = [{"Name": f"{Path}/{name}", "Value": self.values[name]} for name in names[start : start + 10]]
        return {"Parameters": page} | ({"NextToken": str(start + 10)} if start + 10 < len(names) else {})

    def get_parameters(self, Names: list[str], WithDecryption: bool) -> dict[str, Any]:  # noqa: N803 - SSM's
        self._check()
        assert WithDecryption
        assert 1 <= len(Names) <= 10
        ids = [name.removeprefix(PREFIX) for name in Names]
        self.asked.append(ids)
        return {
            "Parameters": [{"Name": PREFIX + each, "Value": self.values[each]} for each in ids if each in self.values]
        }

    def delete_parameters(self, Names: list[str]) -> None:  # noqa: N803 - SSM's
        for name in Names:
            self.values.pop(name.removeprefix(PREFIX), None)

    def _check(self) -> None:
        if self.down:
            raise EndpointConnectionError(endpoint_url="https://ssm.test")


def value(state: str = "enabled", token: str = "t") -> str:
    return json.dumps({"channel": "wecom", "state": state, "settings": {"token": token}})


def secrets(ssm: Ssm) -> tuple[ConnectionSecrets, StepClock]:
    clock = StepClock(datetime(2026, 11, 21, tzinfo=UTC))
    return ConnectionSecrets(ssm, "demo", clock.wall_now), clock


def test_a_connection_is_read_when_it_is_needed_and_kept_for_a_minute() -> None:
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
    assert (before.enabled, after.enabled, ssm.asked, ssm.pages) == (True, False, [["con_1"]] * 2, 0)


def test_three_hundred_connections_cost_a_cold_start_one_call() -> None:
    """The first delivery reads its own connection and no page of all others."""
    ssm = Ssm(**{f"con_{number}": value() for number in range(300)})
    cache, _ = secrets(ssm)
    assert cache.find("con_7") is not None
    assert (ssm.asked, ssm.pages) == ([["con_7"]], 0)


def test_what_has_become_old_is_read_again_ten_at_a_time() -> None:
    """A busy process with 25 connections reads them again in three calls a minute."""
    ssm = Ssm(**{f"con_{number}": value() for number in range(25)})
    cache, clock = secrets(ssm)
    cache.every()
    clock.advance(seconds=FRESH_SECONDS)
    assert all(cache.find(f"con_{number}") for number in range(25))
    assert [len(names) for names in ssm.asked] == [10, 10, 5]


def test_each_new_connection_is_found_at_once() -> None:
    """A process that has been at work for long finds what was made this moment, however many there are: only guesses
    are counted."""
    ssm = Ssm(con_0=value())
    cache, _ = secrets(ssm)
    cache.find("con_0")
    found = []
    for number in range(1, 10 * LOOKUPS):
        ssm.values[f"con_{number}"] = value()
        found.append(cache.find(f"con_{number}") is not None)
    assert (all(found), ssm.pages) == (True, 0)


def test_guesses_are_looked_up_within_an_allowance() -> None:
    """Of a thousand ids that there are not ten are looked up; then all are read once a minute, and a host comes in."""
    ssm = Ssm(con_1=value())
    cache, clock = secrets(ssm)
    assert [cache.find(f"con_x{number}") for number in range(1000)] == [None] * 1000
    assert (len(ssm.asked), ssm.pages) == (LOOKUPS, 1)
    assert cache.find("con_1") is not None
    clock.advance(seconds=UNKNOWN_SECONDS)
    ssm.values["con_2"] = value()
    assert cache.find("con_2") is not None
    assert (len(ssm.asked), ssm.pages) == (LOOKUPS + 1, 1)


@pytest.mark.parametrize("guess", ["", "con/1", "con_1%00", "con_ü", "c" * 65, "../auth"])
def test_what_is_no_id_is_never_looked_up(guess: str) -> None:
    """Nothing but an id's own form becomes a parameter's name."""
    ssm = Ssm()
    cache, _ = secrets(ssm)
    assert (cache.find(guess), cache.read(guess), ssm.asked) == (None, None, [])


def test_a_rotated_secret_is_looked_up_at_once_within_an_allowance() -> None:
    """Whoever can't verify asks what is newer: it is there a moment after the rotation, and forgers cost ten calls."""
    ssm = Ssm(con_1=value())
    cache, _ = secrets(ssm)
    old = cache.find("con_1")
    assert old is not None
    ssm.values["con_1"] = value(token="rotated")
    newer = cache.newer(old)
    assert newer is not None
    assert newer.settings == {"token": "rotated"}
    ssm.asked.clear()
    assert [cache.newer(newer) for _ in range(1000)] == [None] * 1000
    assert len(ssm.asked) == LOOKUPS


def test_a_removed_connection_is_gone() -> None:
    """At once for this process, within a minute for others; removing it again is no error."""
    ssm = Ssm(con_1=value())
    (mine, _), (other, clock) = secrets(ssm), secrets(ssm)
    assert other.find("con_1") is not None
    mine.remove("con_1")
    mine.remove("con_1")
    clock.advance(seconds=FRESH_SECONDS)
    assert (mine.find("con_1"), other.find("con_1")) == (None, None)


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
    with pytest.raises(Retry):
        cache.read("con_1")


@pytest.mark.parametrize("broken", ["", "{", "[]", "{}", '"text"', '{"channel": "wecom"}'])
def test_a_parameter_broken_by_hand_closes_no_other_door(broken: str) -> None:
    """One unreadable value is left out; the others work."""
    cache, _ = secrets(Ssm(con_1=value(), con_2=broken))
    assert [one.id for one in cache.every()] == ["con_1"]
    assert cache.find("con_2") is None


def test_a_thousand_connections_are_read_and_no_more() -> None:
    """Pages are read up to the bound."""
    ssm = Ssm(**{f"con_{number:04}": value() for number in range(10 * PAGE_LIMIT + 5)})
    cache, _ = secrets(ssm)
    assert (len(cache.every()), ssm.pages) == (10 * PAGE_LIMIT, PAGE_LIMIT)
