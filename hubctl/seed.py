"""Fills a fresh local hub over its own HTTP API: connections, a flow, people, prices — as an operator would.

The steps are data (`hubctl/seed/demo.json`): each is {method, path, body}. A step with "connection": true
registers a connection: its body {channel, name, settings} also tells the platforms' doubles which app they are to
know. A text like "@-24h" stands for a moment, in hours from the hub's business time at its start. Prices need no
step: a standard book ships with the pricing room.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import requests
from pydantic import BaseModel, ConfigDict, Field

from hub.kernel.clock import rfc3339
from hubctl.failures import OperatorError

SEEDS = Path(__file__).resolve().parent / "seed"
DEMO_SEED = SEEDS / "demo.json"
ANSWER_SECONDS = 60.0
STEPS_MAX = 2000
MOMENT = re.compile(r"@([+-]\d{1,5})h")


class SeedError(OperatorError):
    """A step was refused; the message holds the step and the hub's answer."""


class Step(BaseModel):
    """One request; a GET only lets its room connect itself. `note` says what for; nothing reads it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: Literal["GET", "POST", "PUT", "PATCH"] = "POST"
    path: str = Field(pattern=r"^/")
    body: dict[str, Any] = {}
    connection: bool = False
    note: str = ""


class Connection(BaseModel):
    """A registered connection, with what its platform would know: how to sign (its settings), where to push."""

    model_config = ConfigDict(frozen=True)

    id: str
    channel: str
    webhook_url: str
    settings: dict[str, Any]


def read_steps(path: Path = DEMO_SEED) -> list[Step]:
    """The steps of a seed file. Raises pydantic.ValidationError, a ValueError, when one cannot be meant so."""
    steps = [Step.model_validate(step) for step in json.loads(path.read_text(encoding="utf-8"))]
    if len(steps) > STEPS_MAX:
        raise ValueError(f"{path} has more than {STEPS_MAX} steps")
    return steps


def platform_apps(steps: Sequence[Step]) -> dict[str, list[dict[str, Any]]]:
    """Which apps the doubles know: a channel's name to the settings of its connections."""
    apps: dict[str, list[dict[str, Any]]] = {}
    for step in steps:
        if step.connection:
            apps.setdefault(step.body["channel"], []).append(step.body["settings"])
    return apps


def run_steps(steps: Sequence[Step], base_url: str, token: str, now: datetime) -> list[Connection]:
    """Runs them in order; `now` is business time. Raises SeedError at the first one that is refused."""
    connections = []
    with requests.Session() as session:
        session.trust_env = False  # no proxy of the shell
        session.headers["Authorization"] = f"Bearer {token}"
        for step in steps:
            answer = _send(session, base_url, step, with_moments(step.body, now))
            if step.connection:
                connections.append(_connection(step, answer))
    return connections


def with_moments(value: Any, now: datetime) -> Any:
    """The same with each text "@±Nh" turned into the moment N hours from `now`, RFC 3339."""
    if isinstance(value, dict):
        return {name: with_moments(inner, now) for name, inner in value.items()}
    if isinstance(value, list):
        return [with_moments(inner, now) for inner in value]
    match = MOMENT.fullmatch(value) if isinstance(value, str) else None
    return rfc3339(now + timedelta(hours=int(match[1]))) if match else value


def _send(session: requests.Session, base_url: str, step: Step, body: Any) -> Any:
    response = session.request(
        step.method, base_url + step.path, json=body, timeout=ANSWER_SECONDS, allow_redirects=False
    )
    if not response.ok:
        text = response.content.decode("utf-8", "replace")
        where = "; the rooms' logs are in .hub/logs" if response.status_code >= 500 else ""
        raise SeedError(f"{step.method} {step.path} was answered {response.status_code}: {text}{where}")
    return response.json() if response.content else {}


def _connection(step: Step, answer: dict[str, Any]) -> Connection:
    return Connection(
        id=answer["id"],
        channel=step.body["channel"],
        webhook_url=answer["webhook_url"],
        settings=step.body["settings"],
    )
