"""Acts 1 to 6: a message at night becomes a ticket, nobody acts, the ladder fires; the work is done, paid, settled."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hub.channels.door import Stamp
from hub.channels.registry import codec
from hub.kernel.clock import parse_rfc3339
from hub.kernel.money import Money
from hubctl.demo import money
from hubctl.demo.stage import ZONE, Stage, wecom_delivery, wecom_text

ENGINEER, SECOND_ENGINEER, SUPERVISOR, AGENT = "eng_wang", "eng_liu", "sup_li", "agt_amy"
MANAGER, SECOND_MANAGER = "mgr_chen", "mgr_zhao"
TEAM = {ENGINEER, SUPERVISOR, AGENT, "eng_liu"}
RUNGS = {"agent": timedelta(hours=2), "supervisor": timedelta(hours=2, minutes=30), "team": timedelta(hours=3)}
MINUTE = timedelta(minutes=1)
NEVER = datetime.max.replace(tzinfo=UTC)
PRIVATE_KEYS = {"assignee", "visits", "rungs", "customer_id", "region", "labour_amount", "trail", "actor", "version"}


@dataclass
class RepairDay:
    """What the acts hand on to each other: ticket ids and when they opened (business time)."""

    first: str = ""
    second: str = ""
    opened_at: datetime = NEVER
    second_opened_at: datetime = NEVER
    statements: int = 0


def verify_url(stage: Stage) -> None:
    """Act 1: WeCom checks the URL."""
    stage.begin("1  WeCom verifies the webhook URL · 企业微信验证回调 URL")
    connection = stage.connection("wecom")
    stamp = Stamp(str(int(time.time())), secrets.token_hex(8), secrets.token_bytes(16))
    delivery, answer = codec("wecom").verification(connection.settings, stamp)
    response = stage.deliver(connection, delivery)
    stage.check(response.status_code == 200, "GET with an encrypted echostr is answered 200")
    stage.check(
        response.content == answer.body, "the body is the decrypted text, raw, nothing around it", response.text
    )


def message_becomes_ticket(stage: Stage, day: RepairDay, two_o_clock: datetime) -> None:
    """Act 2: 02:00, a store manager writes; a ticket is open, assigned, and its engineer has one card."""
    stage.begin("2  02:00, a store manager writes 冰柜不制冷 · 凌晨两点,店长报修")
    stage.wait_until(two_o_clock)
    day.first = _report(stage, MANAGER, "冰柜不制冷", "7300000000000000001")
    ticket = _assigned(stage, day.first)
    day.opened_at = parse_rfc3339(ticket["opened_at"])
    stage.check(ticket["title"]["zh"] == "紧急维修", "a ticket 紧急维修 is open", day.first)
    stage.check(day.opened_at == two_o_clock, "opened at 02:00:00")
    stage.check((ticket["type"], ticket["priority"]) == ("repair", "urgent"), "type repair, priority urgent")
    stage.check(ticket["flow"] == {"key": "repair", "version": 1}, "on flow repair, version 1")
    stage.check(ticket["assignee"] == ENGINEER, "assigned to the engineer on duty with skill and region", ENGINEER)
    customer = stage.call("GET", f"/customers/{ticket['customer_id']}")
    stage.check(customer["id"] == ticket["customer_id"], "its customer is known", customer["id"])
    count = len(stage.cards(ENGINEER, day.first))
    stage.check(count == 1, "the engineer got exactly one WeCom card, although it is night", count)


def repeats_and_follow_up(stage: Stage, day: RepairDay) -> None:
    """Act 3: the platform repeats itself, then a follow-up joins; a second ticket opens for the ladder's sake."""
    stage.begin("3  Redelivery and a follow-up · 平台重推与补充消息")
    connection = stage.connection("wecom")
    plaintext = wecom_text(connection, MANAGER, "冰柜不制冷", "7300000000000000001")
    for _ in range(2):
        stage.wait_until(stage.now() + MINUTE)
        response = stage.deliver(connection, wecom_delivery(connection, plaintext))
        stage.check(response.status_code == 200, "the same delivery again is answered 200")
    stage.wait_until(day.opened_at + 5 * MINUTE)
    day.second = _report(stage, SECOND_MANAGER, "冰柜漏水了", "7300000000000000002")
    day.second_opened_at = parse_rfc3339(_assigned(stage, day.second)["opened_at"])
    stage.wait_until(day.opened_at + 20 * MINUTE)
    follow_up = wecom_text(connection, MANAGER, "型号BX-3", "7300000000000000003")
    stage.sent += stage.deliver(connection, wecom_delivery(connection, follow_up)).ok
    stage.eventually("型号BX-3 on the first ticket's timeline", lambda: _on_timeline(stage, day.first, "型号BX-3"))
    stage.check(True, "型号BX-3, twenty minutes later, joined the same ticket")
    stats = stage.call("GET", "/webhooks/stats")
    counted = (stats["accepted"], stats["duplicates"])
    mine = [t for t in stage.call("GET", "/tickets")["data"] if t["id"] not in (day.first, day.second)]
    held = mine == [] and counted == (stage.sent, 2)
    stage.check(held, "the repeats made nothing new", "{} accepted, {} duplicates counted".format(*counted))


def ladder_fires(stage: Stage, day: RepairDay) -> None:
    """Act 4: nobody acts on the first ticket; the second is acknowledged at +2:10."""
    stage.begin("4  Nobody acts: the ladder fires · 无人处理,逐级升级")
    stage.wait_until(day.second_opened_at + timedelta(hours=2, minutes=10))
    stage.call("POST", f"/tickets/{day.second}/acknowledge", {}, as_=stage.token(SUPERVISOR, "supervisor"))
    stage.wait_until(day.opened_at + timedelta(hours=3))
    rungs = stage.call("GET", f"/tickets/{day.first}")["rungs"]
    stage.check(len(rungs) == len(RUNGS), "three rungs fired, each once", len(rungs))
    for rung, (name, after) in zip(rungs, RUNGS.items(), strict=True):
        due, fired = parse_rfc3339(rung["due_at"]), parse_rfc3339(rung["fired_at"])
        held = rung["rung"] == name and due == fired == day.opened_at + after
        stage.check(held, f"rung {name} fired at +{after}", f"{fired.astimezone(ZONE):%H:%M:%S}, its very second")
    wakes = _wakes(stage, day.first)
    stage.check(wakes >= len(RUNGS), "by the escalation state machine", f"woken {wakes} times")
    ticket = stage.call("GET", f"/tickets/{day.first}")
    stage.check(ticket["assignee"] == SUPERVISOR, "the supervisor became the assignee", SUPERVISOR)
    recipients = set(rungs[2]["recipients"])
    stage.check(recipients == TEAM, "the third rung went to everyone on the team", ", ".join(sorted(recipients)))
    stage.wait_until(day.second_opened_at + timedelta(hours=3))
    second = stage.call("GET", f"/tickets/{day.second}")["rungs"]
    held = [r["rung"] for r in second] == ["agent"]
    stage.check(held, "acknowledged at +2:10: only the second ticket's first rung fired")
    carded = {person for person in TEAM if stage.cards(person, day.first)}
    stage.check(carded == TEAM, "and everyone had a card", ", ".join(sorted(carded)))


def work_is_done(stage: Stage, day: RepairDay) -> None:
    """Act 5: the engineer accepts, reports, completes; the customer sees milestones and nothing internal."""
    stage.begin("5  The engineer does the work · 工程师接单、上门、完工")
    stage.wait_until(stage.now() + 5 * MINUTE)
    for ticket, person in ((day.first, ENGINEER), (day.second, SECOND_ENGINEER)):
        body = {"person_id": person}
        ticket_view = stage.call("POST", f"/tickets/{ticket}/assign", body, as_=stage.token(SUPERVISOR, "supervisor"))
        stage.check(ticket_view["assignee"] == person, "the supervisor gives it to an engineer", person)
        _complete(stage, ticket, "accept", "accepted", by=person)
    report = {
        "labour_minutes": 90,
        "labour_amount": "247.00",
        "parts": [{"sku": "COMP-BX3", "quantity": 1, "amount": "180.00"}],
        "travel_km": 12,
        "travel_amount": "24.00",
    }
    shorter = {"labour_minutes": 30, "labour_amount": "80.00"}
    stage.wait_until(stage.now() + 20 * MINUTE)
    _complete(stage, day.first, "service", "done", report, by=ENGINEER)
    stage.wait_until(stage.now() + 10 * MINUTE)
    _complete(stage, day.second, "service", "done", shorter, by=SECOND_ENGINEER)
    closed = stage.eventually("the ticket closed", lambda: _in_state(stage, day.first, "closed"))
    stage.eventually("the second ticket closed", lambda: _in_state(stage, day.second, "closed"))
    reported = tuple(closed[f"{part}_amount"] for part in ("labour", "parts", "travel"))
    held = reported == ("247.00", "180.00", "24.00")
    stage.check(held, "accepted, labour, parts and travel reported, completed; closed", " + ".join(reported))
    page = stage.http.get(stage.hub.ready.base_url + closed["link"], timeout=30)
    stage.check(page.status_code == 200, "the customer's progress page answers without a login", closed["link"])
    milestones = page.json()["milestones"]
    reached = bool(milestones) and all(milestone["at"] for milestone in milestones)
    stage.check(reached, "it shows the milestones", " → ".join(m["title"]["zh"] for m in milestones))
    inside = {*_keys(page.json())} & PRIVATE_KEYS
    stage.check(not inside and ENGINEER not in page.text and "247.00" not in page.text, "and nothing internal")


def money_is_settled(stage: Stage, day: RepairDay, six_o_clock: datetime) -> None:
    """Act 6: commission in the ledger, a statement an engineer by the scheduled run, and again: nothing changes."""
    stage.begin("6  The money · 提成入账与每日结算")
    earned = {}
    for person, ticket in ((ENGINEER, day.first), (SECOND_ENGINEER, day.second)):
        view = stage.eventually(f"earnings of {person}", lambda p=person, t=ticket: _earnings(stage, p, t))  # type: ignore[misc]
        for line in sorted(view["lines"], key=lambda line: str(line["reason"]["zh"])):
            stage.check(bool(line["reason"]["zh"]), f"{person} {line['amount']} CNY", line["reason"]["zh"])
        earned[person] = sum(Money.parse(line["amount"]).amount_minor for line in view["lines"])
    summary = stage.call("GET", "/settlement/ledger/summary")
    balanced = summary["imbalance_minor"] == 0 and summary["entries"] > 0
    stage.check(balanced, "the sum of all postings is 0", f"{summary['entries']} entries")
    money.chain_sells(stage)
    stage.wait_until(six_o_clock)
    before = stage.eventually("the scheduled run closed", lambda: _closed_runs(stage))
    stage.check(stage.now() == six_o_clock, "the scheduled run came at 06:00:00, and closed")
    made = _statements_of(stage, earned)
    stage.check(len(made) == len(earned), "the scheduled 06:00 run made one statement an engineer", before["id"])
    for statement in sorted(made, key=lambda statement: str(statement["party"])):
        person = statement["party"].rpartition(":")[2]
        total = sum(Money.parse(total["total"]).amount_minor for total in statement["totals"])
        stage.check(total == earned[person], f"{person}'s holds the earnings to the cent", str(Money(total)))
    stage.call(
        "POST",
        "/settlement/runs",
        {"day": before["first"]},
        as_=stage.token("fin_sun", "finance", region="base"),
        expect=202,
    )
    stage.settle()
    again = _statements_of(stage, earned)
    stage.check(again == made, "running it again changes nothing")
    money.goes_back_after_the_close(stage, ENGINEER)
    day.statements = len(again)


def _report(stage: Stage, sender: str, text: str, message_id: str) -> str:
    """A manager's message, and the ticket that it opened."""
    known = {ticket["id"] for ticket in stage.call("GET", "/tickets")["data"]}
    connection = stage.connection("wecom")
    stage.sent += 1
    response = stage.deliver(connection, wecom_delivery(connection, wecom_text(connection, sender, text, message_id)))
    stage.check(response.status_code == 200, f"{sender}: {text} is answered 200 at once")

    def opened() -> str | None:
        return next((t["id"] for t in stage.call("GET", "/tickets")["data"] if t["id"] not in known), None)

    return stage.eventually("a new ticket", opened)


def _assigned(stage: Stage, ticket_id: str) -> dict[str, Any]:
    def ready() -> dict[str, Any] | None:
        ticket: dict[str, Any] = stage.call("GET", f"/tickets/{ticket_id}")
        waits = any(visit["node"] == "accept" and not visit["outcome"] for visit in ticket["visits"])
        return ticket if ticket["assignee"] and waits else None

    return stage.eventually("the ticket is assigned and waits for its engineer", ready)


def _on_timeline(stage: Stage, ticket_id: str, text: str) -> bool | None:
    entries = stage.call("GET", f"/tickets/{ticket_id}/timeline")["entries"]
    return any(text in entry["text"] for entry in entries) or None


def _complete(
    stage: Stage, ticket_id: str, node: str, outcome: str, fields: dict[str, Any] | None = None, *, by: str
) -> None:
    def waits() -> bool | None:
        visits = stage.call("GET", f"/tickets/{ticket_id}")["visits"]
        return any(visit["node"] == node and not visit["outcome"] for visit in visits) or None

    stage.eventually(f"node {node} waits", waits)
    body = {"outcome": outcome, **({"fields": fields} if fields else {})}
    stage.call("POST", f"/tickets/{ticket_id}/nodes/{node}/complete", body, as_=stage.token(by, "engineer"))


def _in_state(stage: Stage, ticket_id: str, state: str) -> dict[str, Any] | None:
    ticket: dict[str, Any] = stage.call("GET", f"/tickets/{ticket_id}")
    return ticket if ticket["state"] == state else None


def _earnings(stage: Stage, person: str, ticket_id: str) -> dict[str, Any] | None:
    view: dict[str, Any] = stage.call("GET", f"/settlement/earnings/{person}", as_=stage.token(person, "engineer"))
    return view if ticket_id in {line["ticket_id"] for line in view["lines"]} else None


def _wakes(stage: Stage, ticket_id: str) -> int:
    """How often the ticket's escalation executions called on its clocks, from their histories."""
    steps = stage.hub.aws.client("stepfunctions")
    machines = steps.list_state_machines()["stateMachines"]
    machine = next(m for m in machines if m["name"] == f"hub-{stage.hub.ready.tenant}-escalation")
    executions = steps.list_executions(stateMachineArn=machine["stateMachineArn"])["executions"]
    mine = [execution for execution in executions if execution["name"].startswith(ticket_id)]
    histories = [steps.get_execution_history(executionArn=e["executionArn"], maxResults=1000) for e in mine]
    entered = (event.get("stateEnteredEventDetails", {}).get("name") for h in histories for event in h["events"])
    return sum(name == "Wake" for name in entered)


def _statements_of(stage: Stage, people: Iterable[str]) -> list[dict[str, Any]]:
    """The statements of these people, as the list of all has them."""
    listed = stage.call("GET", "/settlement/statements?limit=200")["data"]
    return [statement for statement in listed if statement["party"].removeprefix("person:") in set(people)]


def _closed_runs(stage: Stage) -> dict[str, Any] | None:
    return next((run for run in stage.call("GET", "/settlement/runs")["data"] if run["state"] == "closed"), None)


def _keys(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {key for inner in value.values() for key in _keys(inner)}
    return {key for inner in value for key in _keys(inner)} if isinstance(value, list) else set()
