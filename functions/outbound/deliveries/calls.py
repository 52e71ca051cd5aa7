"""Calls (调用): deliveries whose answer a flow waits for. Pure.

A call is an event for one endpoint. It is tried like any delivery, but no longer than the flow waits, and what the
receiver refuses (4xx) is not tried again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from functions.outbound.deliveries.deliveries import Attempt, Verdict, Waiting, judge
from hub.contracts import events
from hub.kernel.ids import hashed_id

DONE, REFUSED, UNREACHABLE = "done", "refused", "unreachable"
CLIENT_ERRORS = range(400, 500)
PASSING = (408, 425, 429)
"""Refusals that ask for patience."""
FIELDS_LIMIT, VALUE_LIMIT = 20, 200
SLUG = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)


def judge_call(call: events.EndpointCalled, waiting: Waiting, attempt: Attempt) -> Verdict:
    """What becomes of a call by this attempt."""
    if attempt.status in CLIENT_ERRORS and attempt.status not in PASSING:
        return Verdict("failed", reason=REFUSED)
    verdict = judge(waiting, attempt)
    late = verdict.state == "pending" and verdict.due is not None and verdict.due >= call.until
    return Verdict("failed", reason="too-late") if late else verdict


def answer_of(
    call: events.EndpointCalled, verdict: Verdict, attempt: Attempt | None, at: datetime
) -> events.FlowAnswered | None:
    """What the flow hears; None while the call is still tried, or held."""
    if verdict.state not in ("delivered", "failed"):
        return None
    document = _read(attempt.answer) if attempt and verdict.state == "delivered" else {}
    outcome = str(document.get("outcome", DONE)) if verdict.state == "delivered" else ""
    outcome = outcome or (REFUSED if verdict.reason in (REFUSED, "receiver-said-stop") else UNREACHABLE)
    report = {"status": str(attempt.status)} if attempt else {}
    return flow_answered(call, outcome, {**report, "reason": verdict.reason}, document.get("fields", {}), at)


def no_endpoint(call: events.EndpointCalled, at: datetime) -> events.FlowAnswered:
    """There is nobody to call."""
    return flow_answered(call, REFUSED, {"reason": "no-such-endpoint"}, {}, at)


def flow_answered(
    call: events.EndpointCalled, outcome: str, report: Mapping[str, str], fields: Mapping[str, str], at: datetime
) -> events.FlowAnswered:
    """The answer: one a visit."""
    return events.FlowAnswered(
        id=hashed_id("evt", "flow.answered", call.visit_id, outcome),
        tenant=call.tenant,
        at=at,
        ticket_id=call.ticket_id,
        visit_id=call.visit_id,
        outcome=outcome,
        report={name: text for name, text in report.items() if text},
        fields=dict(fields),
    )


def _read(answer: str) -> dict[str, Any]:
    """`outcome` and `fields` of an answer in JSON; what is neither a word nor short is not taken."""
    try:
        document = json.loads(answer)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(document, dict):
        return {}
    outcome, fields = document.get("outcome"), document.get("fields")
    read: dict[str, Any] = {"outcome": outcome} if isinstance(outcome, str) and SLUG.fullmatch(outcome) else {}
    if isinstance(fields, dict):
        kept = [(name, str(value)) for name, value in fields.items() if _is_kept(name, value)]
        read["fields"] = dict(kept[:FIELDS_LIMIT])
    return read


def _is_kept(name: str, value: object) -> bool:
    plain = isinstance(value, str | int) and not isinstance(value, bool)
    return bool(SLUG.fullmatch(name)) and plain and len(str(value)) <= VALUE_LIMIT and _is_text(str(value))


def _is_text(value: str) -> bool:
    """Whether it can be said at all: JSON may hold half a character, which no event takes."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
