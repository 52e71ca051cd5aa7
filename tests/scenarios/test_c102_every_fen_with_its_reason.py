"""C102: whoever did the work sees at once what it earned and why; confirmed with the period, disputed line by line."""

from __future__ import annotations

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
