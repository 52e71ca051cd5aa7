"""C102: whoever did the work sees at once what it earned and why; confirmed with the period, disputed line by line."""

from __future__ import annotations

from typing import Any

from hub.contracts.events import Event
from tests.support import tickets
from tests.support.http import token
from tests.support.settlement import posting
from tests.support.settlement_room import handed, moment, till

WANG = token("engineer", sub="wang.wei")


def test_a_ticket_of_12_35_shows_62_fen_until_one_line_is_disputed() -> None:
    """5 % of 12.35 is 0.6175, shown as 0.62 with its reason, pending; confirmed by the run; a dispute freezes that line
    alone, and is answered."""
    with till("2026-11-20T09:00:00+08:00") as room:
        rule = posting({"rule": "percent", "of": "charge", "rate": "0.05"}, zh="工单提成", en="Commission")
        room.publish("jobs", {"facts": ["ticket"], "postings": [rule]})
        for number, charge in ((1, "12.35"), (2, "100.00")):
            room.hand_in(handed("ticket", number, charge=charge, about={"ticket": f"tkt_{number}"}))
        shown = room.call("GET", "/settlement/earnings/wang.wei", as_=WANG).json["lines"]
        assert [(line["amount"], line["state"], line["reason"]["zh"]) for line in shown] == [
            ("0.62", "pending", "工单提成：收费 12.35 元 × 5%"),
            ("5.00", "pending", "工单提成：收费 100.00 元 × 5%"),
        ]
        room.clock.now = moment("2026-11-21T06:00:00+08:00")
        room.close("base.2026-11-20")
        shown = room.call("GET", "/settlement/earnings/wang.wei", as_=WANG).json["lines"]
        assert {line["state"] for line in shown} == {"confirmed"}
        (head,) = room.statements(party="person:wang.wei")
        path = f"/settlement/statements/{head['id']}"
        disputed = room.call("POST", f"{path}/dispute", {"line": 1, "reason": "少算了"}, as_=WANG).json
        assert (disputed["state"], disputed["totals"][0]["frozen"], disputed["totals"][0]["payable"]) == (
            "disputed", "0.62", "5.00",
        )  # fmt: skip
        answer = {"line": 1, "outcome": "released", "answer": "核对无误"}
        assert room.call("POST", f"{path}/resolve", answer).json["totals"][0]["payable"] == "5.62"


def objected_and_answered() -> tuple[dict[str, Any], list[Event]]:
    """A line of a statement is disputed and released: the line, and what settlement said on the bus."""
    with till("2026-11-20T09:00:00+08:00") as room:
        rule = posting({"rule": "percent", "of": "charge", "rate": "0.05"}, zh="工单提成", en="Commission")
        room.publish("jobs", {"facts": ["ticket"], "postings": [rule]})
        room.hand_in(handed("ticket", 1, charge="12.35"))
        room.clock.now = moment("2026-11-21T06:00:00+08:00")
        room.close("base.2026-11-20")
        (head,) = room.statements(party="person:wang.wei")
        path, stored = f"/settlement/statements/{head['id']}", (f"demo#statement#{head['id']}", "dispute#000000001")
        room.call("POST", f"{path}/dispute", {"line": 1, "reason": "少算了"}, as_=WANG)
        said = room.told(*stored)
        room.call("POST", f"{path}/resolve", {"line": 1, "outcome": "released", "answer": "核对无误"})
        said += room.told(*stored)
        (line,) = room.call("GET", f"{path}/lines", query={"first": "1"}).json["lines"]
        return {**line, "statement": head["id"]}, said


def test_a_disputed_line_is_a_task_of_finance_with_its_trace() -> None:
    """Finance has a ticket that names statement, line, fact and entry, not what it is worth; told again it is one;
    answered in settlement it is done. An answer that is told again changes nothing."""
    line, (opened, answered) = objected_and_answered()
    with tickets.world() as hub:
        hub.call("POST", "/flows/dispute/publish", {})
        hub.hire("zhao.min", role="finance", region="base")
        hub.tell(opened, opened)
        (ticket,) = hub.tickets()
        assert (ticket["type"], ticket["visits"][-1]["assignee"]) == ("dispute", "zhao.min")
        trace = hub.call("GET", f"/tickets/{ticket['id']}").json["subject"]
        for name in (line["statement"], line["fact_id"], line["entry_id"], "第 1 行"):
            assert name in trace
        assert "0.62" not in trace  # what somebody earns is not for all who may see a ticket
        hub.tell(answered, answered)
        done = hub.call("GET", f"/tickets/{ticket['id']}").json
        assert (done["state"], done["visits"][-2]["outcome"]) == ("closed", "released")
