"""A fault of AWS that passes is 503 with Retry-After: whatever a request asks for, whoever asks, in a fresh process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from functions.customers import app as customers
from functions.directory import app as directory
from functions.directory.tables import MODELS
from hub.edge.room import Room
from hub.kernel.clock import StepClock
from tests.support.aws import account
from tests.support.http import Answer, call
from tests.support.swept import NO_RETRIES, NOON, shared_host
from tests.support.wire import REFUSAL, SILENCE, THROTTLE, aside, faulty

Ask = Callable[[], Answer]


@contextmanager
def of_customers() -> Iterator[dict[str, Ask]]:
    """Whoever reads a customer, with facts to unseal, their entries and lists, and writes a fact, sealed anew."""
    with account("customers", **NO_RETRIES) as session:
        host = shared_host(customers.room, session, StepClock(NOON))
        customers.room.install(host)
        made = call(customers.room, "POST", "/customers", {"phone": "13800138000"}, key="k0").json["id"]
        path = f"/customers/{made}"
        yield {
            "read": _fresh(customers.room, host, "GET", path),
            "list": _fresh(customers.room, host, "GET", "/customers"),
            "timeline": _fresh(customers.room, host, "GET", f"{path}/timeline"),
            "write": _fresh(customers.room, host, "PUT", f"{path}/facts/name", {"value": "李雷"}),
        }


@contextmanager
def of_the_directory() -> Iterator[dict[str, Ask]]:
    """Whoever reads people, one with a sealed name among them, and makes a key."""
    with account("directory", **NO_RETRIES) as session:
        host = shared_host(directory.room, session, StepClock(NOON))
        directory.room.install(host)
        for model in MODELS:
            model.Meta.max_retry_attempts = 0
        person = {"name": "李雷", "roles": ["agent"], "region": "310000"}
        assert call(directory.room, "PUT", "/directory/people/li", person).status == 200
        yield {
            "person": _fresh(directory.room, host, "GET", "/directory/people/li"),
            "people": _fresh(directory.room, host, "GET", "/directory/people"),
            "freeze": _fresh(directory.room, host, "POST", "/directory/people/li/freeze", {}),
        }


def _fresh(room: Room[object], host: object, method: str, path: str, body: object = None) -> Ask:
    """One request to a process that has read nothing yet: who asks, keys and secrets are read for it."""

    def ask() -> Answer:
        with aside():
            room.install(host)  # type: ignore[arg-type]
        return call(room, method, path, body)

    return ask


@pytest.mark.parametrize("requests", [of_customers, of_the_directory], ids=lambda requests: requests.__name__)
def test_a_fault_that_passes_is_503_and_says_when_to_come_back(
    requests: Callable[[], AbstractContextManager[dict[str, Ask]]],
) -> None:
    """Throttled, refused, or unanswered, at each call of each request: served all the same, or 503, never a 500."""
    wrong, tried = [], 0
    with requests() as asks:
        for name, ask in asks.items():
            with faulty() as wire:
                assert ask().status < 300, name
                calls = list(wire.calls)
            for at, operation in enumerate(calls):
                for kind in (THROTTLE, REFUSAL, SILENCE):
                    with faulty(at, kind):
                        answer = ask()
                    tried += 1
                    if answer.status >= 300 and (answer.status, "retry-after" in answer.headers) != (503, True):
                        wrong.append(f"{name}, {kind} at {operation}: {answer.status}")
    assert (wrong, tried > 20) == ([], True)
