"""The settlement room: work becomes entries, entries earnings, and runs turn what is due into statements."""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from functions.settlement import app
from hub.contracts.events import WorkReported
from hub.kernel.clock import StepClock
from hub.store.items import raw_item
from tests.support.aws import REGION, account
from tests.support.hosts import install
from tests.support.http import Answer, Context, bus_batch, bus_events, call, http_event, sqs_batch, token
from tests.support.settlement_room import items_of

SIX = datetime.fromisoformat("2026-11-21T06:00:00+08:00").astimezone(UTC)
DAY = "2026-11-21"
RUN = f"base.{DAY}"
NEXT = SIX + timedelta(days=1)
"""When the day's run is due."""
FINANCE = token("finance", sub="zhao.min")
DONE: dict[str, list[Any]] = {"batchItemFailures": []}
MACHINE = f"arn:aws:states:{REGION}:123456789012:stateMachine:hub-demo-settlement-run"


@pytest.fixture
def clock() -> StepClock:
    return StepClock(SIX - timedelta(hours=1))


@pytest.fixture(autouse=True)
def session(clock: StepClock) -> Iterator[Any]:
    with account("settlement", HUB_RUN_ARN=MACHINE) as session:
        session.client("stepfunctions").create_state_machine(
            name="hub-demo-settlement-run",
            definition=json.dumps({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}),
            roleArn="arn:aws:iam::123456789012:role/hub-demo-machines",
        )
        session.client("s3").create_bucket(Bucket="hub-demo-files")
        install(app.room, session, clock)
        yield session


def reported(number: int = 1, **changes: Any) -> WorkReported:
    """Two hours at 60.00 and ten kilometres at 2.00, as the rates that ship say."""
    facts = {
        "id": f"evt_{number}",
        "tenant": "demo",
        "at": SIX - timedelta(hours=1),
        "ticket_id": f"tkt_{number}",
        "visit_id": f"vis_{number}",
        "run": 1,
        "node": "service",
        "kind": "human",
        "ticket_type": "repair",
        "region": "310101",
        "person_id": "wang.wei",
        "outcome": "done",
        "labour_minutes": 120,
        "travel_km": 10,
    }
    return WorkReported.model_validate({**facts, **changes})


def hear(*events: WorkReported) -> None:
    """The bus delivers events."""
    assert app.on_event(bus_batch(*events), Context()) == DONE


def step(op: str, **payload: Any) -> Any:
    return app.steps({"op": op, **payload}, Context())


def run_machine(run_id: str = RUN, mode: str = "close") -> str:
    """What the state machine does where there are no windows: open, drain, settle each shard until there is no more,
    close."""
    step("open", run_id=run_id, mode=mode)
    for item in items_of(step("drain", run_id=run_id, mode=mode)):
        settled = {**item, "more": True}
        while settled["more"]:
            settled = step("settle", **settled)
    step("close", run_id=run_id, mode=mode)
    return run_id


def started(day: str | None = None, mode: str = "close", **query: str) -> Answer:
    body = {"mode": mode} | ({"day": day} if day else {})
    return call(app.room, "POST", "/settlement/runs", body, query=query or None)


def earnings(person: str = "wang.wei", as_: str | None = None, period: str = "now") -> Any:
    return call(app.room, "GET", f"/settlement/earnings/{person}", as_=as_, query={"period": period}).json


def statements(**query: str) -> Any:
    return call(app.room, "GET", "/settlement/statements", query=query).json["data"]


def test_reported_work_shows_in_the_workers_earnings_as_pending() -> None:
    """30 % of labour and travel in full, each with its ticket and reason."""
    hear(reported())
    shown = earnings(as_=token("engineer", sub="wang.wei"))
    assert shown["totals"] == [
        {"currency": "CNY", "pending": "56.00", "confirmed": "0.00", "total": "56.00", "awaiting": "0.00"}
    ]
    assert [(one["ticket_id"], one["purpose"], one["amount"], one["state"]) for one in shown["lines"]] == [
        ("tkt_1", "commission", "36.00", "pending"),
        ("tkt_1", "travel", "20.00", "pending"),
    ]
    assert shown["lines"][0]["reason"]["zh"] == "维修提成：工时费 120.00 元 × 30%"


def test_a_repeated_event_posts_nothing_new() -> None:
    """Delivered three times, in a batch and apart, a fact is one entry per purpose, one line, one total."""
    hear(reported(), reported())
    hear(reported())
    summary = call(app.room, "GET", "/settlement/ledger/summary").json
    assert summary == {"entries": 2, "imbalance_minor": 0, "wrong_entries": [], "complete": True, "next_cursor": ""}
    assert earnings()["totals"][0]["total"] == "56.00"


def test_an_event_in_a_currency_that_nobody_knows_is_parked() -> None:
    """It waits with its reason; the others of the batch are posted."""
    assert app.on_event(bus_batch(reported(1, currency="XXX"), reported(2)), Context()) == DONE
    waiting = app.room.desk.facts.find("evt_1")
    assert waiting is not None
    assert (waiting.reason, waiting.pointer) == ("unknown_currency", "/currency")
    assert call(app.room, "GET", "/settlement/ledger/summary").json["entries"] == 2


def test_a_run_confirms_a_period_in_one_statement_a_party(clock: StepClock) -> None:
    """Each person's entries of the day become a statement; earnings are then confirmed."""
    hear(reported(1), reported(2, person_id="li.na"), reported(3))
    clock.now = NEXT
    run_machine()
    by_party = {one["party"]: one["totals"][0]["total"] for one in statements(run=RUN)}
    assert by_party == {"person:wang.wei": "112.00", "person:li.na": "56.00"}
    shown = earnings()
    assert shown["totals"] == [
        {"currency": "CNY", "pending": "0.00", "confirmed": "112.00", "total": "112.00", "awaiting": "0.00"}
    ]
    (head,) = statements(party="person:wang.wei")
    assert {line["statement_id"] for line in shown["lines"]} == {head["id"]}
    assert (head["state"], head["lines"], head["totals"][0]["payable"]) == ("sent", 4, "112.00")


def test_a_list_shows_heads_and_the_lines_come_by_the_page(clock: StepClock) -> None:
    """A head has no lines; its page has them in order, each with its reason."""
    hear(reported(1), reported(2))
    clock.now = NEXT
    run_machine()
    (head,) = statements()
    assert isinstance(head["lines"], int)
    assert len(json.dumps(head)) < 1000
    got = call(app.room, "GET", f"/settlement/statements/{head['id']}/lines").json
    assert (got["first"], got["next"], [line["amount"] for line in got["lines"]]) == (
        1, None, ["36.00", "20.00", "36.00", "20.00"],
    )  # fmt: skip
    assert call(app.room, "GET", f"/settlement/statements/{head['id']}/lines", query={"first": "5"}).status == 404


def test_the_same_run_again_changes_nothing(clock: StepClock) -> None:
    """Every step repeated, the events delivered again, the run started by hand: the same statements, byte for byte."""
    hear(reported(1))
    clock.now = NEXT
    run_machine()
    before = statements()
    clock.advance(hours=1)
    hear(reported(1), reported(2))
    run_machine()
    assert statements() == before
    assert started(DAY).json["state"] == "closed"


def test_what_comes_after_its_period_closed_is_booked_late_and_settled_next(clock: StepClock) -> None:
    """The entry names its own period and the run that closed it; the closed statement stays as it was."""
    hear(reported(1))
    clock.now = NEXT
    run_machine()
    hear(reported(2))
    late = [one for one in call(app.room, "GET", "/settlement/ledger/entries").json["data"] if one["late_for"]]
    assert [(one["period"], one["late_for"]) for one in late] == [("2026-11-22", {"period": DAY, "run_id": RUN})] * 2
    clock.now = NEXT + timedelta(days=1)
    second = run_machine("base.2026-11-22")
    assert [one["totals"][0]["total"] for one in statements(run=RUN)] == ["56.00"]
    assert [one["totals"][0]["total"] for one in statements(run=second)] == ["56.00"]
    assert earnings()["totals"][0]["confirmed"] == "112.00"


def test_a_runs_statements_come_by_the_page(clock: StepClock) -> None:
    """Nobody is left out or shown twice."""
    people = [f"p{i:02}" for i in range(26)]
    hear(*(reported(i, person_id=person, travel_km=0) for i, person in enumerate(people)))
    clock.now = NEXT
    run_machine()
    first = call(app.room, "GET", "/settlement/statements", query={"run": RUN, "limit": "20"}).json
    rest = call(app.room, "GET", "/settlement/statements", query={"run": RUN, "cursor": first["next_cursor"]}).json
    assert (first["has_more"], rest["has_more"]) == (True, False)
    assert sorted(one["party"] for one in first["data"] + rest["data"]) == [f"person:{p}" for p in people]
    listed = call(app.room, "GET", "/settlement/statements", query={"limit": "20"}).json
    assert (len(listed["data"]), listed["has_more"]) == (20, True)


def test_periods_of_a_scope_close_in_their_order(clock: StepClock) -> None:
    """While an earlier one is open, a later one is refused and says which is in the way."""
    hear(reported(1))
    clock.now = NEXT
    hear(reported(2, at=NEXT))
    clock.now = NEXT + timedelta(days=2)
    refused = started("2026-11-22")
    assert (refused.status, refused.json["facts"]["open"]) == (409, RUN)
    run_machine()
    assert started("2026-11-22").status == 202


def test_no_run_of_a_period_that_is_not_over(clock: StepClock) -> None:
    """409, saying when it ends; 404 where nothing was posted."""
    hear(reported(1))
    refused = started(DAY)
    assert (refused.status, refused.json["facts"]["ends"]) == (409, "2026-11-21T16:00:00+00:00")
    assert started("2026-11-23").status == 409
    assert started("2026-11-19").status == 404


def test_schedule_and_hand_start_the_same_run(clock: StepClock, session: Any) -> None:
    """The execution is named by run and hour, so whoever comes second within it starts nothing; an hour later a run
    that stopped on its way is taken up again, however late it is, until it is closed."""
    hear(reported(1))
    clock.now = NEXT - timedelta(minutes=1)
    app.hourly({}, Context())
    assert executions(session) == []
    clock.now = NEXT
    app.hourly({}, Context())
    app.hourly({}, Context())
    assert (started(DAY).status, executions(session)) == (202, [f"{RUN}-close-20261121T22"])
    clock.now = NEXT + timedelta(days=3)
    app.hourly({}, Context())
    assert len(executions(session)) == 2
    run_machine()
    clock.advance(hours=1)
    app.hourly({}, Context())
    assert len(executions(session)) == 2


def executions(session: Any) -> list[str]:
    return [
        one["name"] for one in session.client("stepfunctions").list_executions(stateMachineArn=MACHINE)["executions"]
    ]


def test_a_run_says_how_far_it_is(clock: StepClock) -> None:
    """open, drained while it is settled, closed with what it came to; a rehearsal beside it changes nothing."""
    hear(reported(1))
    assert call(app.room, "GET", f"/settlement/runs/{RUN}").json["state"] == "open"
    assert started(DAY, dry_run="1").status == 202
    run_machine(mode="rehearse")
    rehearsed = call(app.room, "GET", f"/settlement/runs/{RUN}").json
    assert (rehearsed["state"], rehearsed["rehearsal"]["totals"]) == ("open", [{"currency": "CNY", "amount": "56.00"}])
    assert statements() == []
    clock.now = NEXT
    step("open", run_id=RUN, mode="close")
    assert call(app.room, "GET", f"/settlement/runs/{RUN}").json["state"] == "closing"
    (item,) = items_of(step("drain", run_id=RUN, mode="close"))
    drained = call(app.room, "GET", f"/settlement/runs/{RUN}").json
    assert (drained["state"], drained["progress"]["shards_done"]) == ("drained", 0)
    step("settle", **item)
    step("close", run_id=RUN, mode="close")
    shown = call(app.room, "GET", f"/settlement/runs/{RUN}").json
    assert (shown["state"], shown["outcome"]["hash"]) == ("closed", rehearsed["rehearsal"]["hash"])
    assert shown["progress"] == {"shards_done": 1, "shards": 64, "statements": 1, "lines": 2}
    (listed,) = call(app.room, "GET", "/settlement/runs").json["data"]
    assert listed == shown | {"progress": None}
    assert call(app.room, "GET", "/settlement/runs/run_none").status == 404


def test_a_proof_makes_every_hash_again(clock: StepClock, session: Any) -> None:
    """It agrees; a line that somebody changed in the table is found by its statement."""
    hear(reported(1), reported(2, person_id="li.na"))
    clock.now = NEXT
    assert started(DAY, "prove").status == 409
    run_machine()
    run_machine(mode="prove")
    assert call(app.room, "GET", f"/settlement/runs/{RUN}").json["proof"]["agrees"] is True
    dynamodb, (head,) = session.client("dynamodb"), statements(party="person:li.na")
    key = f"demo#bucket#{RUN}#person:li.na#0"
    query = {"KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": raw_item({":pk": key})}
    item = dynamodb.query(TableName="hub-demo-settlement", **query)["Items"][0]
    item["document"]["S"] = item["document"]["S"].replace('"amount_minor": 3600', '"amount_minor": 3601')
    dynamodb.put_item(TableName="hub-demo-settlement", Item=item)
    run_machine(mode="prove")
    proof = call(app.room, "GET", f"/settlement/runs/{RUN}").json["proof"]
    assert (proof["agrees"], proof["wrong"]) == (False, [head["id"]])


def test_a_region_closes_by_its_own_calendar(clock: StepClock) -> None:
    """Where Beijing closes by the week, its tickets of the week are in one run, and those of the rest in the day's."""
    calendar = {"base": {"every": "day"}, "regions": {"110000": {"every": "week"}}}
    body = {"document": calendar, "valid_from": "2026-11-01T00:00:00+08:00"}
    assert call(app.room, "POST", "/settlement/calendar/publish", body).status == 200
    hear(
        reported(1, at=SIX),
        reported(2, region="110105", at=SIX),
        reported(3, region="110105", at=SIX + timedelta(days=1)),
    )
    runs = {one["run_id"] for one in call(app.room, "GET", "/settlement/ledger/entries").json["data"]}
    assert runs == {RUN, "110000.2026-11-16.week"}


def test_a_party_approves_or_disputes_a_line(clock: StepClock) -> None:
    """A disputed line alone is frozen; approved, nothing of the statement changes any more; answered, it is paid."""
    hear(reported(1), reported(2))
    clock.now = NEXT
    run_machine()
    path, own = f"/settlement/statements/{statements()[0]['id']}", token("engineer", sub="wang.wei")
    disputed = call(app.room, "POST", f"{path}/dispute", {"line": 2, "reason": "公里数不对"}, as_=own)
    assert (disputed.status, disputed.json["state"], amounts(disputed)) == (
        200,
        "disputed",
        ("112.00", "20.00", "92.00"),
    )
    again = call(app.room, "POST", f"{path}/dispute", {"line": 2, "reason": "再说一次"}, as_=own)
    assert (again.status, again.json["facts"]["outcome"]) == (409, "open")
    assert call(app.room, "PATCH", path, {"memo": "查里程"}, as_=FINANCE).json["memo"] == "查里程"
    approved = call(app.room, "POST", f"{path}/approve", as_=own)
    assert (approved.json["state"], approved.json["approved_by"]) == ("approved", "wang.wei")
    changes = [
        call(app.room, "PATCH", path, {"memo": "x"}),
        call(app.room, "POST", f"{path}/dispute", {"line": 1, "reason": "x"}, as_=own),
    ]
    assert [(answer.status, answer.json["facts"]["state"]) for answer in changes] == [(409, "approved")] * 2
    answer = {"line": 2, "outcome": "released", "answer": "里程已核实"}
    resolved = call(app.room, "POST", f"{path}/resolve", answer, as_=FINANCE)
    assert (resolved.json["state"], amounts(resolved)) == ("approved", ("112.00", "0.00", "112.00"))
    (shown,) = call(app.room, "GET", f"{path}/disputes", as_=FINANCE).json["data"]
    assert (shown["amount"], shown["by"], shown["outcome"]) == ("20.00", "wang.wei", "released")
    assert (shown["reason"], shown["answer"]) == ("公里数不对", "里程已核实")


def amounts(answer: Answer) -> tuple[str, ...]:
    (total,) = answer.json["totals"]
    return total["payout"], total["frozen"], total["payable"]


def test_a_draft_waits_for_finance_where_the_calendar_says_so(clock: StepClock, session: Any) -> None:
    """Not sent at once: its party cannot approve it before finance sends it, one or a whole run."""
    calendar = {"document": {"base": {"every": "day", "sends": False}}, "valid_from": "2026-11-01T00:00:00+08:00"}
    assert call(app.room, "POST", "/settlement/calendar/publish", calendar).status == 200
    hear(reported(1), reported(2, person_id="li.na"))
    clock.now = NEXT
    run_machine()
    assert {one["state"] for one in statements()} == {"draft"}
    path, own = f"/settlement/statements/{statements(party='person:li.na')[0]['id']}", token("engineer", sub="li.na")
    assert call(app.room, "POST", f"{path}/approve", as_=own).status == 409
    assert call(app.room, "POST", f"{path}/send").json["state"] == "sent"
    run_machine(mode="send")
    assert {one["state"] for one in statements()} == {"sent"}
    assert call(app.room, "POST", f"{path}/approve", as_=own).status == 200


def test_a_statement_that_is_sent_is_told_of_once(clock: StepClock, session: Any) -> None:
    """The stream tells of the head; a note is nobody's business."""
    sent = {"id": "stl_1", "run_id": RUN, "party": "person:a", "state": "sent", "disputes": 0, "version": 0}
    for old, new in (({}, {"head": sent}), ({"head": sent}, {"head": sent | {"memo": "x"}})):
        change = {"table": "t", "kind": "MODIFY", "pk": "demo#statement#stl_1", "sk": "head", "old": old, "new": new}
        assert app.on_change(sqs_batch(change), Context()) == DONE
    (event,) = bus_events(session)
    assert (event["type"], event["statement_id"], event["state"]) == ("statement.changed", "stl_1", "sent")


def test_a_statement_as_a_file_opens_in_a_spreadsheet(clock: StepClock) -> None:
    """CSV begins with a BOM, amounts are numbers and formulas are text; the workbook holds the same lines and the
    hash."""
    hear(reported(1))
    lines = (("expense:bonus", "5.00"), ("payable:person:wang.wei", "-5.00"))
    post(*lines, reason="=1+1")
    clock.now = NEXT
    run_machine()
    (head,) = statements()
    path = f"/settlement/statements/{head['id']}/file"
    got = call(app.room, "GET", path)
    assert (got.text[0], got.headers["x-statement-hash"]) == ("\ufeff", head["hash"])
    rows = list(csv.DictReader(io.StringIO(got.text[1:])))
    assert [(row["amount"], row["reason_zh"][:4]) for row in rows[1:]] == [("20.00", "差旅费报"), ("5.00", "'=1+1"[:4])]
    raw = app.room(http_event("GET", f"{path}?format=xlsx", headers={"authorization": f"Bearer {token()}"}), Context())
    book = CalamineWorkbook.from_filelike(io.BytesIO(base64.b64decode(raw["body"])))
    assert ["hash", head["hash"]] in book.get_sheet_by_name("结算单").to_python()
    sheet = book.get_sheet_by_name("明细").to_python()
    assert [row[6] for row in sheet[1:]] == [36.0, 20.0, 5.0]


def post(*lines: tuple[str, str], key: str = "", as_: str | None = None, reason: str = "补发奖金") -> Answer:
    body = {
        "lines": [{"account": account, "amount": amount} for account, amount in lines],
        "reason": {"zh": reason, "en": "Bonus"},
    }
    return call(app.room, "POST", "/settlement/ledger/entries", body, key=key, as_=as_)


def test_finance_posts_by_hand_once_for_a_key() -> None:
    """The same key answers with the same entry; the party's earnings show it once."""
    lines = (("expense:bonus", "12.30"), ("payable:person:wang.wei", "-12.30"))
    finance = token("finance", sub="zhao.min")
    first, again = post(*lines, key="k1", as_=finance), post(*lines, key="k1", as_=finance)
    assert (first.status, again.json) == (201, first.json)
    assert first.json["reason"]["facts"] == {"posted_by": "zhao.min"}
    assert earnings()["totals"][0]["pending"] == "12.30"


def test_an_unbalanced_entry_is_refused_at_its_lines() -> None:
    """422, naming /lines and by how much it is off; nothing is posted."""
    refused = post(("expense:bonus", "12.30"), ("payable:person:wang.wei", "-12.00"))
    assert (refused.status, refused.json["errors"]) == (
        422,
        [{"pointer": "/lines", "detail": "must sum to zero; off by 0.30 CNY"}],
    )
    assert call(app.room, "GET", "/settlement/ledger/summary").json["entries"] == 0


@pytest.mark.parametrize(
    ("who", "status", "shown"),
    [
        (("engineer", "wang.wei", "310101"), 200, 2),
        (("finance", "zhao.min", "base"), 200, 2),
        (("supervisor", "sun.li", "310000"), 200, 2),
        (("finance", "liu.yi", "440000"), 404, None),
        (("supervisor", "qian.jun", "410000"), 404, None),
        (("engineer", "li.na", "310101"), 404, None),
    ],
)
def test_who_sees_a_persons_earnings(who: tuple[str, str, str], status: int, shown: int | None) -> None:
    """Oneself everything, finance and supervisors the work within their reach; for all others there is nothing."""
    hear(reported())
    role, sub, region = who
    answer = call(app.room, "GET", "/settlement/earnings/wang.wei", as_=token(role, sub=sub, region=region))
    assert answer.status == status
    assert shown is None or len(answer.json["lines"]) == shown


def test_earnings_of_another_month_or_a_day_are_apart() -> None:
    """A period is a month or a day of the tenant's zone; one that no calendar has is refused."""
    hear(reported())
    assert [len(earnings(period=p)["lines"]) for p in ("2026-11", DAY, "2026-10", "2026-11-20")] == [2, 2, 0, 0]
    refused = call(app.room, "GET", "/settlement/earnings/wang.wei", query={"period": "2026-02-31"})
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "query:period")


def test_a_statement_is_its_partys_and_finances_alone(clock: StepClock) -> None:
    """For a colleague it does not exist."""
    hear(reported())
    clock.now = NEXT
    run_machine()
    path = f"/settlement/statements/{statements()[0]['id']}"
    seen = [call(app.room, "GET", path, as_=token("engineer", sub=sub)).status for sub in ("wang.wei", "li.na")]
    assert seen == [200, 404]


def test_only_finance_reads_the_ledger() -> None:
    """An engineer is refused the ledger, runs and statements of others."""
    engineer = token("engineer", sub="wang.wei")
    paths = ("ledger/entries", "ledger/summary", "runs", "statements")
    assert {call(app.room, "GET", f"/settlement/{path}", as_=engineer).status for path in paths} == {403}


def test_a_regions_finance_keeps_to_its_region() -> None:
    """Entries of other regions are not in its list, and it neither posts, nor starts runs, nor adds up the whole."""
    hear(reported(1), reported(2, region="440106"))
    post(("expense:bonus", "12.30"), ("payable:person:wang.wei", "-12.30"))
    south = token("finance", sub="liu.yi", region="440000")
    listed = call(app.room, "GET", "/settlement/ledger/entries", as_=south).json["data"]
    assert {entry["reason"]["facts"]["region"] for entry in listed} == {"440106"}
    assert len(listed) == 2
    tried = [
        post(("expense:bonus", "1.00"), ("payable:person:wang.wei", "-1.00"), as_=south),
        call(app.room, "POST", "/settlement/runs", {}, as_=south),
        call(app.room, "GET", "/settlement/ledger/summary", as_=south),
        call(app.room, "POST", "/settlement/policies/repair_commission/publish", {"document": {}}, as_=south),
    ]
    assert [answer.status for answer in tried] == [403] * 4
    assert call(app.room, "GET", "/settlement/statements", query={"run": RUN}, as_=south).json["data"] == []


def test_a_policy_changes_what_closes_from_then_on() -> None:
    """Published now, it holds for work that is done from now on; what was done before keeps the rule of its day."""
    shown = call(app.room, "GET", "/settlement/policies/repair_commission").json["document"]
    shown["postings"][0]["steps"][0]["rate"] = "0.40"
    noon = SIX + timedelta(hours=6)
    body = {"document": shown, "valid_from": noon.isoformat()}
    assert call(app.room, "POST", "/settlement/policies/repair_commission/publish", body).status == 200
    hear(reported(1), reported(2, at=noon))
    entries = call(app.room, "GET", "/settlement/ledger/entries").json["data"]
    paid = {
        (e["fact_id"], e["lines"][0]["amount"], e["reason"]["rule_version"])
        for e in entries
        if e["purpose"] == "commission"
    }
    assert paid == {("evt_1", "36.00", 0), ("evt_2", "48.00", 1)}


def test_no_sum_fails_because_of_what_was_taken(clock: StepClock) -> None:
    """Two entries by hand of the largest amount there is, and one that has it twice, to one party: each reaches it, the
    totals are whole, and everybody's lists are still read. One minor unit more is refused by its place."""
    most = "9999999999999.99"
    for count in (1, 1, 2):
        lines = [{"account": "payable:person:li", "amount": f"-{most}"}, {"account": "asset:bank", "amount": most}]
        body = {"reason": {"zh": "奖", "en": "bonus"}, "lines": lines * count}
        assert call(app.room, "POST", "/settlement/ledger/entries", body).status == 201
    earnings = call(app.room, "GET", "/settlement/earnings/li").json
    assert earnings["totals"][0]["total"] == "39999999999999.96"
    assert earnings["lines"][-1]["amount"] in ("9999999999999.99", "19999999999999.98")
    clock.now = NEXT
    run_machine()
    listed = call(app.room, "GET", "/settlement/statements").json["data"]
    assert [total["total"] for total in listed[0]["totals"]] == ["39999999999999.96"]
    wrong = [{"account": "payable:person:li", "amount": "-10000000000000.00"}, {"account": "asset:b", "amount": "1.00"}]
    body = {"reason": {"zh": "奖", "en": "bonus"}, "lines": wrong}
    refused = call(app.room, "POST", "/settlement/ledger/entries", body)
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "/lines/0/amount")
