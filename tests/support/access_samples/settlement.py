"""What reported work came to: entries, its worker's earnings, and the statement of a run."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from functions.settlement import app
from functions.settlement.desk import desk_of
from hub.contracts.events import WorkReported
from hub.kernel.clock import StepClock
from hub.store.table import Table
from tests.support.access import PERSON, REGION, STORE, Ids, Sample, start_job
from tests.support.aws import REGION as AWS_REGION
from tests.support.aws import TENANT, account
from tests.support.hosts import install
from tests.support.http import Context, bus_batch, call
from tests.support.ledger import ZONE
from tests.support.settlement_room import items_of

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
    "credit": "payable:region:{region}",
}
COPIES = ("/settlement/policies/{key}/copy", "/settlement/rates/copy")
BODIES: dict[tuple[str, str], Any] = {
    ("POST", "/settlement/ledger/entries"): {
        "lines": [LINE, LINE | {"amount": "-1.00"}],
        "reason": {"zh": "更正", "en": "A correction"},
    },
    ("POST", "/settlement/accounts/{kind}/{owner}/credit"): {"amount": "1.00"},
    ("POST", "/settlement/accounts/{kind}/{owner}/debit"): {"amount": "1.00"},
    ("POST", "/settlement/runs"): {"day": DAY, "scope": REGION},
    ("PATCH", "/settlement/statements/{statement_id}"): {"memo": "x"},
    ("POST", "/settlement/statements/{statement_id}/dispute"): {"line": 1, "reason": "x"},
    ("POST", "/settlement/statements/{statement_id}/resolve"): {"line": 1, "outcome": "released", "answer": "x"},
    ("POST", "/settlement/facts"): {
        "facts": [{"id": "order:1", "kind": "order", "occurred_at": "2026-11-20T02:00:00Z"}]
    },
    ("POST", "/settlement/reconciliations"): {
        "platform": "douyin",
        "from_day": "2026-11-01",
        "until_day": "2026-12-01",
        "file": base64.b64encode(
            "流水号,订单号,结算时间,收入金额,平台服务费\nr1,E1,2026-11-21 10:00:00,19.90,0.60\n".encode()
        ).decode(),
    },
    ("POST", "/settlement/reconciliations/{reconciliation_id}/differences/{number}/resolve"): {"resolution": "claimed"},
    ("POST", "/settlement/parties"): {"parties": ["person:li.na"]},
    ("POST", "/settlement/templates/{key}/try"): {},
    ("POST", "/settlement/what-if"): {"policy": {"facts": ["order"], "postings": [POSTING]}},
    **{
        (method, f"/settlement/{kind}/{verb}"): body
        for kind in ("rates", "exchange-rates", "board", "templates/{key}", "bill-forms/{key}")
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
    """A ticket that PERSON closed in the morning, and the day's run. Its table is in memory: every list of entries asks
    64 keys of it, in each role."""
    with account("settlement", HUB_RUN_ARN=MACHINE) as session:
        session.client("stepfunctions").create_state_machine(
            name=f"hub-{TENANT}-settlement-run",
            definition=json.dumps({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}),
            roleArn=f"arn:aws:iam::123456789012:role/hub-{TENANT}-machines",
        )
        session.client("s3").create_bucket(Bucket=f"hub-{TENANT}-files")
        clock = StepClock(SIX)
        host = install(app.room, session, clock)
        table = Table(host.settings.table, host.client("dynamodb"))
        app.room.install(host, desk_of(TENANT, ZONE, table, app.room.desk.machine, host.now, host.emit))
        calendar = {"base": {"every": "month"}, "regions": {REGION: {"every": "day"}}}
        publish = {"document": calendar, "valid_from": "2026-11-01T00:00:00+08:00"}
        assert call(app.room, "POST", "/settlement/calendar/publish", publish).status == 200
        report_work()
        entry_id = listed("/settlement/ledger/entries")[0]["id"]
        clock.advance(days=1)
        run_id = settle_day()
        (statement,) = (s for s in listed("/settlement/statements") if s["party"] == f"person:{PERSON}")
        dispute = {"line": 1, "reason": "x"}
        assert call(app.room, "POST", f"/settlement/statements/{statement['id']}/dispute", dispute).status == 200
        case_id = listed("/settlement/conflicts")[0]["id"]
        things = {"person": PERSON, "statement_id": statement["id"], "run_id": run_id, "entry_id": entry_id}
        things |= {"case_id": case_id, "job_id": start_job(app.room, "/settlement/conflicts"), "link": "none"}
        facts = {"ticket_id": "tkt_1", "order_id": "ord_1", "reconciliation_id": "rcn_1", "number": "31415"}
        yield things | facts | {"key": "repair_commission", "kind": "points", "owner": "cus_1", "store": STORE}


def report_work() -> None:
    """Work that was reported, and its entries; an order, a fact that waits for somebody unknown, and
    a serial that was sold elsewhere."""
    reported = WorkReported(
        id="evt_1", tenant=TENANT, at=SIX, ticket_id="tkt_1", visit_id="vis_1", run=1, node="service", kind="human",
        ticket_type="repair", region=REGION, person_id=PERSON, outcome="done", labour_minutes=120, travel_km=0,
    )  # fmt: skip
    app.on_event(bus_batch(reported), Context())
    place = {"occurred_at": SIX.isoformat(), "parties": {"region": REGION}}
    order = {"id": "order:1", "kind": "order", "about": {"order": "ord_1"}, "amounts": {"amount": "1.00"}, **place}
    stranger = {"id": "order:2", "kind": "order", **place, "parties": {"region": REGION, "person": "nobody"}}
    astray = {"kind": "order", "about": {"serial": "SN-1"}, "occurred_at": SIX.isoformat()}
    sold = {**astray, "id": "order:3", "parties": {"region": "540102"}}
    activated = {**astray, "id": "activation:1", "kind": "activation", "parties": {"region": REGION}}
    body = {"facts": [order, stranger, sold, activated]}
    assert call(app.room, "POST", "/settlement/facts", body).status == 200


def settle_day() -> str:
    """What the settlement machine does."""
    run_id = f"{REGION}.{DAY}"
    assert app.steps({"op": "open", "run_id": run_id, "mode": "close"}, Context())["count"] == 0
    for item in items_of(app.steps({"op": "drain", "run_id": run_id, "mode": "close"}, Context())):
        assert not app.steps({"op": "settle", **item}, Context())["more"]
    app.steps({"op": "close", "run_id": run_id, "mode": "close"}, Context())
    return run_id


def listed(path: str) -> Any:
    return call(app.room, "GET", path).json["data"]


QUERIES = {("GET", path): {"month": DAY[:7]} for path in ("/settlement/books", "/settlement/books/{store}")}
SETTLED_HERE = ("the tenant", "the province")
"""Who finds what lies in a region and in no store."""
STATEMENT = "/settlement/statements/{statement_id}"
FOUND_BY = {
    "/settlement/earnings/{person}": SETTLED_HERE,
    "/settlement/earnings/{person}/provisional": ("the tenant",),
    "/settlement/profit/tickets/{ticket_id}": SETTLED_HERE,
    "/settlement/profit/orders/{order_id}": SETTLED_HERE,
    "/settlement/ledger/entries/{entry_id}": SETTLED_HERE,
    "/settlement/runs/{run_id}": SETTLED_HERE,
    "/settlement/runs/{run_id}/payouts": SETTLED_HERE,
    "/settlement/conflicts/{case_id}": SETTLED_HERE,
    "/settlement/books/{store}": ("the tenant", "the store"),
    **dict.fromkeys(
        (STATEMENT, *(f"{STATEMENT}/{part}" for part in ("lines", "file", "pdf", "disputes"))), SETTLED_HERE
    ),
}
NO_LIST = {
    "/settlement/facts/parked": "nothing of the sample waits",
    "/settlement/deferrals": "nothing of the sample is still to come",
}
SAMPLE = Sample(app.room, stage, BODIES, QUERIES, NO_LIST, found_by=FOUND_BY, place_by_place=COPIES)
