"""What one closed ticket came to: entries, its worker's earnings, and the statement of a run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from functions.settlement import app
from hub.contracts.events import TicketClosed
from hub.kernel.clock import StepClock
from tests.support.access import PERSON, REGION, Ids, Sample
from tests.support.aws import REGION as AWS_REGION
from tests.support.aws import TENANT, account
from tests.support.hosts import install
from tests.support.http import Context, bus_batch, call, sqs_batch

SIX = datetime.fromisoformat("2026-11-21T06:00:00+08:00").astimezone(UTC)
DAY = "2026-11-21"
MACHINE = f"arn:aws:states:{AWS_REGION}:123456789012:stateMachine:hub-{TENANT}-settlement-run"
LINE = {"account": "suspense", "amount": "1.00"}
POSTING = {
    "purpose": "pay",
    "zh": "报酬",
    "en": "Pay",
    "steps": [{"rule": "flat", "amount": "1.00"}],
    "rounding": "HALF_UP",
    "debit": "expense:pay",
    "credit": "payable:person:{person}",
}
COPIES = ("/settlement/policies/{key}/copy", "/settlement/rates/copy")
BODIES = {
    ("POST", "/settlement/ledger/entries"): {
        "lines": [LINE, LINE | {"amount": "-1.00"}],
        "reason": {"zh": "更正", "en": "A correction"},
    },
    ("POST", "/settlement/runs"): {"day": DAY},
    ("POST", "/settlement/facts"): {
        "facts": [{"id": "order:1", "kind": "order", "occurred_at": "2026-11-20T02:00:00Z"}]
    },
    ("POST", "/settlement/reconciliations"): {
        "platform": "douyin",
        "from_day": "2026-11-01",
        "until_day": "2026-12-01",
        "file": "5rWB",
    },
    ("POST", "/settlement/reconciliations/{reconciliation_id}/differences/{number}/resolve"): {"resolution": "claimed"},
    ("POST", "/settlement/parties"): {"parties": ["person:li.na"]},
    ("POST", "/settlement/templates/{key}/try"): {},
    ("POST", "/settlement/what-if"): {"policy": {"facts": ["order"], "postings": [POSTING]}},
    **{
        (method, f"/settlement/{kind}/{verb}"): body
        for kind in ("rates", "board", "templates/{key}", "bill-forms/{key}")
        for method, verb, body in (
            ("PUT", "draft", {"document": {}}),
            ("POST", "lint", {"document": {}}),
            ("POST", "compare", {"document": {}}),
            ("POST", "revert", {"version": 0}),
            ("POST", "withdraw", {"version": 1}),
        )
    },
    **{("POST", path): {"targets": [REGION]} for path in COPIES},
    ("PUT", "/settlement/policies/{key}/draft"): {"document": {}},
    ("POST", "/settlement/policies/{key}/lint"): {"document": {}},
    ("POST", "/settlement/policies/{key}/compare"): {"document": {}},
    ("POST", "/settlement/policies/{key}/revert"): {"version": 0},
    ("POST", "/settlement/policies/{key}/withdraw"): {"version": 1},
}


@contextmanager
def stage() -> Iterator[Ids]:
    """A ticket that PERSON closed in the morning, and the day's run."""
    with account("settlement", HUB_RUN_ARN=MACHINE) as session:
        session.client("stepfunctions").create_state_machine(
            name=f"hub-{TENANT}-settlement-run",
            definition=json.dumps({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}),
            roleArn=f"arn:aws:iam::123456789012:role/hub-{TENANT}-machines",
        )
        install(app.room, session, StepClock(SIX))
        close_ticket()
        run_id = settle_day()
        (statement,) = (s for s in listed("/settlement/statements") if s["party"] == f"person:{PERSON}")
        yield {"person": PERSON, "statement_id": statement["id"], "run_id": run_id, "key": "repair"}


def close_ticket() -> None:
    """A closed ticket, its entries, and the lines that their stream gives to each party."""
    closed = TicketClosed(
        id="evt_1", tenant=TENANT, at=SIX - timedelta(hours=1), ticket_id="tkt_1", run=1, customer_id="cus_1",
        ticket_type="repair", region=REGION, assignee=PERSON, outcome="done", labour_minor=12000,
    )  # fmt: skip
    app.on_event(bus_batch(closed), Context())
    keys = [
        (f"{TENANT}#entry#{entry['fact_id']}", f"{entry['reason']['rule']}#{entry['purpose']}")
        for entry in listed("/settlement/ledger/entries")
    ]
    seen = {"table": f"hub-{TENANT}-settlement", "kind": "INSERT", "new": None, "old": None}
    app.on_change(sqs_batch(*({**seen, "pk": pk, "sk": sk} for pk, sk in keys)), Context())


def settle_day() -> str:
    """What the settlement machine does."""
    run_id = str(call(app.room, "POST", "/settlement/runs", {"day": DAY}).json["id"])
    app.steps({"op": "open", "run_id": run_id, "day": DAY}, Context())
    assert not app.steps({"op": "total", "run_id": run_id, "cursor": ""}, Context())["more"]
    app.steps({"op": "close", "run_id": run_id}, Context())
    return run_id


def listed(path: str) -> Any:
    return call(app.room, "GET", path).json["data"]


FOUND_BY = {
    "/settlement/earnings/{person}": ("the tenant", "the province"),
    "/settlement/statements/{statement_id}": ("the tenant",),
}
SAMPLE = Sample(app.room, stage, BODIES, found_by=FOUND_BY, place_by_place=COPIES)
