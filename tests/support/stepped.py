"""What the end-to-end tests on a stepped clock share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hubctl.clock.stepper import Stepper
from hubctl.dev import Hub

PATIENCE = timedelta(minutes=5)


def stepper_of(hub: Hub) -> Stepper:
    """What moves the hub's clock."""
    assert hub.stepper is not None
    return hub.stepper


def settled(hub: Hub, found: Callable[[], Any]) -> Any:
    """What `found` answers once nothing is at work; or after what is due within minutes, as a second try is."""
    stepper = stepper_of(hub)
    end = hub.clock.business_now() + PATIENCE
    stepper.settle()
    while not (answer := found()):
        due = stepper.due()
        assert due, "nothing is due any more"
        assert due[0].at <= end, f"nothing within {PATIENCE}"
        stepper.until(due[0].at)
    return answer
