"""The settlement room: closed tickets become entries, entries earnings, and runs turn what is due into statements."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from functions.settlement import app
from functions.settlement.facts.of_events import fact_of
from functions.settlement.handlers.posting import policies_for
from functions.settlement.handlers.steps import PARTIES_A_PAGE
from functions.settlement.ledger.lines import party_lines
from functions.settlement.policies import entries_for
from functions.settlement.runs.periods import Closing, book_entry, run_id_of
from functions.settlement.statements.statements import LINES_LIMIT
from hub.contracts.events import TicketClosed
from hub.kernel.clock import StepClock
from hub.kernel.errors import Retry
from tests.support.aws import REGION, account
from tests.support.hosts import install
from tests.support.http import Answer, Context, bus_batch, call, sqs_batch, token

SIX = datetime.fromisoformat("2026-11-21T06:00:00+08:00").astimezone(UTC)
DAY = "2026-11-21"
ZONE = ZoneInfo("Asia/Shanghai")
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
        install(app.room, session, clock)
        yield session


def closed(number: int = 1, **changes: Any) -> TicketClosed:
    facts = {
        "id": f"evt_{number}",
        "tenant": "demo",
        "at": SIX - timedelta(hours=1),
        "ticket_id": f"tkt_{number}",
        "run": 1,
        "customer_id": "cus_1",
        "ticket_type": "repair",
        "region": "310101",
        "assignee": "wang.wei",
        "outcome": "done",
        "labour_minor": 12000,
        "parts_minor": 8000,
        "travel_minor": 2000,
    }
    return TicketClosed.model_validate({**facts, **changes})


def hear(*events: TicketClosed) -> None:
    """The bus delivers events, then the table's stream every entry there is: repeats included."""
    assert app.on_event(bus_batch(*events), Context()) == DONE
    replay_stream()


def replay_stream() -> None:
    entries = call(app.room, "GET", "/settlement/ledger/entries", query={"limit": "200"}).json["data"]
    changes = [
        {
            "table": "hub-demo-settlement",
            "kind": "INSERT",
            "pk": f"demo#entry#{entry['fact_id']}",
            "sk": f"{entry['reason']['rule']}#{entry['purpose']}",
            "new": None,
            "old": None,
        }
        for entry in entries
    ]
    assert app.on_change(sqs_batch(*changes), Context()) == DONE


def step(op: str, **payload: Any) -> Any:
    return app.steps({"op": op, **payload}, Context())


def run_machine(day: str = DAY) -> str:
    """What the state machine does: open, total until there is no more, close. Answers the run's id."""
    run_id = started(day).json["id"]
    cursor: str | None = step("open", run_id=run_id, day=day)["cursor"]
    more = True
    while more:
        page = step("total", run_id=run_id, cursor=cursor)
        cursor, more = page["cursor"], page["more"]
    step("close", run_id=run_id)
    return str(run_id)


def started(day: str | None = None) -> Answer:
    return call(app.room, "POST", "/settlement/runs", {"day": day} if day else {})


def earnings(person: str = "wang.wei", as_: str | None = None, period: str = "now") -> Any:
    return call(app.room, "GET", f"/settlement/earnings/{person}", as_=as_, query={"period": period}).json


def statements(**query: str) -> Any:
    return call(app.room, "GET", "/settlement/statements", query=query).json["data"]


def test_a_closed_ticket_shows_in_the_workers_earnings_as_pending() -> None:
    """30 % of labour and travel in full, each with its ticket and reason."""
    hear(closed())
    shown = earnings(as_=token("engineer", sub="wang.wei"))
    assert shown["totals"] == [{"currency": "CNY", "pending": "56.00", "confirmed": "0.00", "total": "56.00"}]
    assert [(one["ticket_id"], one["purpose"], one["amount"], one["state"]) for one in shown["lines"]] == [
        ("tkt_1", "commission", "36.00", "pending"),
        ("tkt_1", "travel", "20.00", "pending"),
    ]
    assert shown["lines"][0]["reason"]["zh"] == "维修提成：工时费 120.00 元 × 30%"


def test_a_repeated_event_posts_nothing_new() -> None:
    """Delivered three times, in a batch and apart, a fact is one entry per purpose, one line, one total."""
    hear(closed(), closed())
    hear(closed())
    summary = call(app.room, "GET", "/settlement/ledger/summary").json
    assert summary == {"entries": 2, "imbalance_minor": 0, "complete": True}
    assert earnings()["totals"][0]["total"] == "56.00"


def test_an_event_in_a_currency_that_nobody_knows_is_parked() -> None:
    """It waits with its reason; the others of the batch are posted."""
    assert app.on_event(bus_batch(closed(1, currency="XXX"), closed(2)), Context()) == DONE
    waiting = app.room.desk.facts.find("evt_1")
    assert waiting is not None
    assert (waiting.reason, waiting.pointer) == ("unknown_currency", "/currency")
    assert call(app.room, "GET", "/settlement/ledger/summary").json["entries"] == 2


def test_a_run_confirms_what_is_due_in_one_statement_a_party(clock: StepClock) -> None:
    """At six, each person's entries become a statement; earnings are then confirmed."""
    hear(closed(1), closed(2, assignee="li.na"), closed(3))
    clock.now = SIX
    run_id = run_machine()
    by_party = {one["party"]: one["totals"][0]["amount"] for one in statements(run=run_id)}
    assert by_party == {"person:wang.wei": "112.00", "person:li.na": "56.00"}
    shown = earnings()
    assert shown["totals"] == [{"currency": "CNY", "pending": "0.00", "confirmed": "112.00", "total": "112.00"}]
    assert {line["statement_id"] for line in shown["lines"]} == {statements(party="person:wang.wei")[0]["id"]}


def test_the_same_run_again_changes_nothing(clock: StepClock) -> None:
    """Every step repeated, the stream replayed, the run started by hand: the same statements, byte for byte."""
    hear(closed(1))
    clock.now = SIX
    run_id = run_machine()
    before = statements()
    clock.advance(hours=1)
    hear(closed(1), closed(2, at=SIX + timedelta(minutes=30)))
    assert (run_machine(), statements()) == (run_id, before)
    assert started().json["state"] == "closed"


def test_each_step_may_be_done_twice_at_any_point(clock: StepClock) -> None:
    """A step that Step Functions repeats finds what the first attempt did."""
    hear(closed(1))
    clock.now = SIX
    run_id = started(DAY).json["id"]
    opened = step("open", run_id=run_id, day=DAY)
    clock.advance(minutes=1)
    assert step("open", run_id=run_id, day=DAY) == opened
    totals = [step("total", run_id=run_id, cursor=None) for _ in range(2)]
    closings = [step("close", run_id=run_id) for _ in range(2)]
    assert totals[0] == totals[1] == {"cursor": "person:wang.wei", "more": False}
    assert closings[0] == closings[1] == {"run_id": run_id, "state": "closed"}
    assert [one["totals"][0]["amount"] for one in statements()] == ["56.00"]


def test_the_next_run_takes_only_what_is_new(clock: StepClock) -> None:
    """Two days, two statements; together they are the ledger."""
    hear(closed(1))
    clock.now = SIX
    run_machine()
    clock.now = SIX + timedelta(days=1)
    hear(closed(2, at=SIX + timedelta(hours=5), labour_minor=1000))
    second = run_machine("2026-11-22")
    assert [one["totals"][0]["amount"] for one in statements(party="person:wang.wei")] == ["23.00", "56.00"]
    assert [one["totals"][0]["amount"] for one in statements(run=second, party="person:wang.wei")] == ["23.00"]


def test_what_comes_after_its_period_closed_is_booked_late_and_settled_next(clock: StepClock) -> None:
    """The entry names its own period and the run that closed it; the closed statement stays as it was."""
    hear(closed(1))
    clock.now = SIX
    run_id = run_machine()
    clock.advance(hours=2)
    hear(closed(2, at=SIX - timedelta(hours=20)))
    late = [one for one in call(app.room, "GET", "/settlement/ledger/entries").json["data"] if one["late_for"]]
    assert [(one["period"], one["late_for"]) for one in late] == [(DAY, {"period": "2026-11-20", "run_id": run_id})] * 2
    clock.now = SIX + timedelta(days=1)
    second = run_machine("2026-11-22")
    assert [one["totals"][0]["amount"] for one in statements(run=run_id)] == ["56.00"]
    assert [one["totals"][0]["amount"] for one in statements(run=second)] == ["56.00"]


def test_a_run_pages_through_its_parties(clock: StepClock) -> None:
    """With one party more than a page there are two pages, and nobody is left out or paid twice."""
    people = [f"p{i:02}" for i in range(PARTIES_A_PAGE + 1)]
    hear(*(closed(i, assignee=person, travel_minor=0) for i, person in enumerate(people)))
    clock.now = SIX
    run_id = started(DAY).json["id"]
    step("open", run_id=run_id, day=DAY)
    first = step("total", run_id=run_id, cursor="")
    second = step("total", run_id=run_id, cursor=first["cursor"])
    assert (first["more"], second) == (True, {"cursor": "person:p25", "more": False})
    listed = call(app.room, "GET", "/settlement/statements", query={"run": run_id, "limit": "20"}).json
    rest = call(app.room, "GET", "/settlement/statements", query={"run": run_id, "cursor": listed["next_cursor"]}).json
    assert (listed["has_more"], rest["has_more"]) == (True, False)
    assert sorted(one["party"] for one in listed["data"] + rest["data"]) == [f"person:{p}" for p in people]


def test_only_one_run_is_open_at_a_time(clock: StepClock) -> None:
    """While a run is open another is told to try again, and finance that it is in the way."""
    clock.now = SIX
    open_id = started(DAY).json["id"]
    step("open", run_id=open_id, day=DAY)
    clock.now = SIX + timedelta(days=1)
    refused = started("2026-11-22")
    assert (refused.status, refused.json["facts"]["open"]) == (409, open_id)
    other = run_id_of("demo", date(2026, 11, 22))
    with pytest.raises(Retry):
        step("open", run_id=other, day="2026-11-22")


def test_schedule_and_hand_start_the_same_execution_once(clock: StepClock, session: Any) -> None:
    """The execution is named by its day, so whoever comes second starts nothing."""
    clock.now = SIX
    app.daily({}, Context())
    app.daily({}, Context())
    by_hand = started()
    listed = session.client("stepfunctions").list_executions(stateMachineArn=MACHINE)["executions"]
    assert [one["name"] for one in listed] == [f"run-{DAY}"]
    assert (by_hand.status, by_hand.json["state"], by_hand.json["day"]) == (202, "starting", DAY)
    described = session.client("stepfunctions").describe_execution(executionArn=listed[0]["executionArn"])
    assert json.loads(described["input"]) == {"run_id": by_hand.json["id"], "day": DAY}


def test_a_run_that_was_left_open_is_taken_up_again(clock: StepClock, session: Any) -> None:
    """Its machine failed for good: the next morning starts it once more, beside the day's own, which waits for it."""
    clock.now = SIX
    step("open", run_id=started(DAY).json["id"], day=DAY)
    clock.now = SIX + timedelta(days=1)
    for _ in range(2):
        app.daily({}, Context())
    listed = session.client("stepfunctions").list_executions(stateMachineArn=MACHINE)["executions"]
    assert {one["name"] for one in listed} == {f"run-{DAY}", f"run-{DAY}-again-20261121T220000", "run-2026-11-22"}


def test_no_run_of_a_day_to_come() -> None:
    """422, naming /day."""
    refused = started("2026-11-22")
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "/day")


def test_a_run_can_be_looked_up(clock: StepClock) -> None:
    """Its cut-off is when it opened; closed, it says when."""
    clock.now = SIX
    run_id = run_machine()
    shown = call(app.room, "GET", f"/settlement/runs/{run_id}").json
    assert (shown["day"], shown["state"], shown["cut_off"]) == (DAY, "closed", "2026-11-20T22:00:00Z")
    assert call(app.room, "GET", "/settlement/runs").json["data"] == [shown]
    assert call(app.room, "GET", "/settlement/runs/run_none").status == 404


def post(*lines: tuple[str, str], key: str = "", as_: str | None = None) -> Answer:
    body = {
        "lines": [{"account": account, "amount": amount} for account, amount in lines],
        "reason": {"zh": "补发奖金", "en": "Bonus"},
    }
    return call(app.room, "POST", "/settlement/ledger/entries", body, key=key, as_=as_)


def test_finance_posts_by_hand_once_for_a_key() -> None:
    """The same key answers with the same entry; the party's earnings show it once."""
    lines = (("expense:bonus", "12.30"), ("payable:person:wang.wei", "-12.30"))
    finance = token("finance", sub="zhao.min")
    first, again = post(*lines, key="k1", as_=finance), post(*lines, key="k1", as_=finance)
    replay_stream()
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
    hear(closed())
    role, sub, region = who
    answer = call(app.room, "GET", "/settlement/earnings/wang.wei", as_=token(role, sub=sub, region=region))
    assert answer.status == status
    assert shown is None or len(answer.json["lines"]) == shown


def test_earnings_of_another_month_or_a_day_are_apart() -> None:
    """A period is a month or a day of the tenant's zone; one that no calendar has is refused."""
    hear(closed())
    assert [len(earnings(period=p)["lines"]) for p in ("2026-11", DAY, "2026-10", "2026-11-20")] == [2, 2, 0, 0]
    refused = call(app.room, "GET", "/settlement/earnings/wang.wei", query={"period": "2026-02-31"})
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "query:period")


def test_a_statement_is_its_partys_and_finances_alone(clock: StepClock) -> None:
    """For a colleague it does not exist."""
    hear(closed())
    clock.now = SIX
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
    hear(closed(1), closed(2, region="440106"))
    post(("expense:bonus", "12.30"), ("payable:person:wang.wei", "-12.30"))
    south = token("finance", sub="liu.yi", region="440000")
    listed = call(app.room, "GET", "/settlement/ledger/entries", as_=south).json["data"]
    assert {entry["reason"]["facts"]["region"] for entry in listed} == {"440106"}
    assert len(listed) == 2
    tried = [
        post(("expense:bonus", "1.00"), ("payable:person:wang.wei", "-1.00"), as_=south),
        call(app.room, "POST", "/settlement/runs", {}, as_=south),
        call(app.room, "GET", "/settlement/ledger/summary", as_=south),
        call(app.room, "GET", "/settlement/statements", as_=south),
        call(app.room, "POST", "/settlement/policies/repair_commission/publish", {"document": {}}, as_=south),
    ]
    assert [answer.status for answer in tried] == [403] * 5


def test_a_policy_changes_what_closes_from_then_on() -> None:
    """Published now, it holds for tickets that close from now on; what closed before keeps the rule of its day."""
    shown = call(app.room, "GET", "/settlement/policies/repair_commission").json["document"]
    shown["postings"][0]["steps"][0]["rate"] = "0.40"
    noon = SIX + timedelta(hours=6)
    body = {"document": shown, "valid_from": noon.isoformat()}
    assert call(app.room, "POST", "/settlement/policies/repair_commission/publish", body).status == 200
    hear(closed(1), closed(2, at=noon))
    entries = call(app.room, "GET", "/settlement/ledger/entries").json["data"]
    paid = {
        (e["fact_id"], e["lines"][0]["amount"], e["reason"]["rule_version"])
        for e in entries
        if e["purpose"] == "commission"
    }
    assert paid == {("evt_1", "36.00", 0), ("evt_2", "48.00", 1)}


def test_a_party_with_more_lines_than_a_statement_holds_gets_two(clock: StepClock) -> None:
    """One line too many starts a second part; together they hold every line once."""
    for number in range(LINES_LIMIT + 1):
        fact = fact_of(closed(number, travel_minor=0), ZONE)
        (entry,) = entries_for([fact], policies_for(app.room.desk, fact))
        app.room.desk.entries.project(party_lines(entry, book_entry(entry.occurred_at, clock.now, Closing(), ZONE)))
    clock.now = SIX
    run_id = run_machine()
    listed = statements(run=run_id)
    assert sorted(len(one["lines"]) for one in listed) == [1, LINES_LIMIT]
    assert len({line["entry_id"] for one in listed for line in one["lines"]}) == LINES_LIMIT + 1


def test_no_sum_fails_because_of_what_was_taken(clock: StepClock) -> None:
    """Two entries by hand of the largest amount there is, and one that has it twice, to one party: each reaches it, the
    totals are whole, and everybody's lists are still read. One minor unit more is refused by its place."""
    most = "9999999999999.99"
    for count in (1, 1, 2):
        lines = [{"account": "payable:person:li", "amount": f"-{most}"}, {"account": "asset:bank", "amount": most}]
        body = {"reason": {"zh": "奖", "en": "bonus"}, "lines": lines * count}
        assert call(app.room, "POST", "/settlement/ledger/entries", body).status == 201
    replay_stream()
    earnings = call(app.room, "GET", "/settlement/earnings/li").json
    assert earnings["totals"][0]["total"] == "39999999999999.96"
    assert earnings["lines"][-1]["amount"] in ("9999999999999.99", "19999999999999.98")
    clock.now = SIX
    run_machine()
    listed = call(app.room, "GET", "/settlement/statements").json["data"]
    assert [total["amount"] for total in listed[0]["totals"]] == ["39999999999999.96"]
    wrong = [{"account": "payable:person:li", "amount": "-10000000000000.00"}, {"account": "asset:b", "amount": "1.00"}]
    body = {"reason": {"zh": "奖", "en": "bonus"}, "lines": wrong}
    refused = call(app.room, "POST", "/settlement/ledger/entries", body)
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "/lines/0/amount")
