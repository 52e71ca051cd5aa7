"""Act 6, the chain's side of it: a charge split over regions, a tier over the month, both taken back after the close,
and a line that its party disputes."""

from __future__ import annotations

from typing import Any

from hub.kernel.clock import rfc3339
from hubctl.demo.stage import Stage

SELLER = "sales_xia"
SHARES = (("region:440300", "0.70"), ("region:310000", "0.20"), ("region:110000", "0.10"))
TIERS = [{"above": "0", "up_to": "100000.00", "rate": "0.05"}, {"above": "100000.00", "rate": "0.08"}]


def chain_sells(stage: Stage) -> None:
    """A charge of 300.00 that three regions share, and a month's sales of 120,000.00 that reach the second tier."""
    stage.call("POST", "/settlement/parties", {"parties": [f"person:{SELLER}"]})
    shares = [{"to": f"payable:{party}", "share": share} for party, share in SHARES]
    split = {"rule": "split", "shares": shares, "remainder": "first"}
    whole = {"rule": "percent", "of": "charge", "rate": "1"}
    _publish(stage, "demo_regions", "service", [whole, split], debit="income:service", zh="跨区分账", en="Over regions")
    tier = {"rule": "cumulative_tier", "of": "amount", "border": "upper", "reach": "slice", "tiers": TIERS}
    more = {"credit": "payable:person:{seller}", "window": {"party": "seller", "period": "month"}}
    _publish(
        stage, "demo_tiers", "sales", [tier], debit="expense:sales", zh="月度阶梯", en="Tiers of the month", **more
    )
    service = _fact(stage, "service", "order", {"charge": "300.00"}, channel="service")
    sales = [_fact(stage, f"sale{minor}", "order", {"amount": minor}, channel="sales") for minor in ("80000", "40000")]
    results = _hand_in(stage, service, *sales)
    waits = [result["provisional"] for result in results]
    stage.check(waits == [0, 1, 1], "the split is posted at once, the tiers with their month", _names(results))
    split_over = {line["account"].removeprefix("payable:"): line["amount"] for line in _lines(stage, service["id"])}
    parts = {party: amount for party, amount in split_over.items() if party.startswith("region:")}
    by_region = {"region:440300": "-210.00", "region:310000": "-60.00", "region:110000": "-30.00"}
    stage.check(parts == by_region, "300.00 is shared 70/20/10", " · ".join(f"{p} {a[1:]}" for p, a in parts.items()))
    now = _provisional(stage)
    stage.check(now == "6600.00", "sales of 120,000.00 at 5 % and 8 % above 100,000.00: so far 6,600.00", now)


def goes_back_after_the_close(stage: Stage, engineer: str) -> None:
    """The day is closed; then the charge and the larger sale go back, and an engineer disputes a line."""
    (closed,) = _statements(stage, f"person:{SELLER}")
    stage.check(closed["totals"][0]["total"] == "6600.00", "the run closed the tiers with 6,600.00", closed["run_id"])
    back = [
        {**_fact(stage, f"{name}:back", "refund", {}), "reverses": f"demo:{name}"} for name in ("service", "sale80000")
    ]
    _hand_in(stage, *back)
    mirrored = sorted(line["amount"] for line in _lines(stage, "demo:service:back"))
    stage.check(
        mirrored == ["-300.00", "210.00", "30.00", "60.00"], "refunded after the close: the exact counter-entry"
    )
    left = _provisional(stage)
    stage.check(
        left == "-4600.00", "80,000.00 back: the month is 40,000.00 × 5 % = 2,000.00, so −4,600.00 are due", left
    )
    (still,) = _statements(stage, f"person:{SELLER}")
    stage.check(still["hash"] == closed["hash"], "and what was closed has the hash that it had")
    _dispute(stage, engineer)


def _dispute(stage: Stage, engineer: str) -> None:
    (head,) = _statements(stage, f"person:{engineer}")
    path, own = f"/settlement/statements/{head['id']}", stage.token(engineer, "engineer")
    before = head["totals"][0]
    disputed = stage.call("POST", f"{path}/dispute", {"line": 1, "reason": "工时少算了半小时"}, as_=own)
    after = disputed["totals"][0]
    stage.check(
        disputed["state"] == "disputed" and after["frozen"] != "0.00" and after["payout"] == before["payout"],
        f"{engineer} disputes one line: it alone is frozen",
        f"payable {before['payable']} → {after['payable']}",
    )
    stage.settle()
    (task,) = _tasks(stage)
    node = task["visits"][-1]
    stage.check(
        head["id"] in task["subject"] and not node["outcome"], "finance has it as a task, with its trace", task["id"]
    )
    answer = {"line": 1, "outcome": "released", "answer": "已核对，按单支付"}
    resolved = stage.call("POST", f"{path}/resolve", answer, as_=stage.token("fin_sun", "finance", region="base"))
    stage.check(resolved["totals"][0]["payable"] == before["payable"], "finance answers, and it is paid with the rest")
    stage.settle()
    stage.check(stage.call("GET", f"/tickets/{task['id']}")["state"] == "closed", "and the task is done")


def _tasks(stage: Stage) -> list[dict[str, Any]]:
    listed = stage.call("GET", "/tickets?type=dispute&state=open")["data"]
    return [stage.call("GET", f"/tickets/{ticket['id']}") for ticket in listed]


def _publish(
    stage: Stage, key: str, channel: str, steps: list[Any], *, debit: str, zh: str, en: str, **more: Any
) -> None:
    posting = {"purpose": key, "zh": zh, "en": en, "steps": steps, "rounding": "HALF_UP", "debit": debit, **more}
    document = {"facts": ["order"], "when": {"channel": {"eq": f"demo_{channel}"}}, "postings": [posting]}
    stage.call("POST", f"/settlement/policies/{key}/publish", {"document": document})


def _fact(stage: Stage, name: str, kind: str, amounts: dict[str, str], channel: str = "") -> dict[str, Any]:
    fact = {"id": f"demo:{name}", "kind": kind, "occurred_at": rfc3339(stage.now()), "amounts": amounts}
    about = {"about": {"channel": f"demo_{channel}", "order": name}} if channel else {}
    return {**fact, **about, "parties": {"seller": SELLER, "region": "310101"}}


def _hand_in(stage: Stage, *facts: dict[str, Any]) -> list[dict[str, Any]]:
    results = stage.call("POST", "/settlement/facts", {"facts": list(facts)})["results"]
    parked = [result for result in results if result["state"] != "settled"]
    stage.check(not parked, "every fact is settled", parked or "")
    return list(results)


def _lines(stage: Stage, fact_id: str) -> list[dict[str, Any]]:
    entries = stage.call("GET", "/settlement/ledger/entries?limit=200")["data"]
    return [line for entry in entries if entry["fact_id"] == fact_id for line in entry["lines"]]


def _provisional(stage: Stage) -> str:
    """What the seller's month would bring beyond what is posted."""
    lines = stage.call("GET", f"/settlement/earnings/{SELLER}/provisional")["lines"]
    return next((line["amount"] for line in lines if line["rule"] == "demo_tiers"), "0.00")


def _statements(stage: Stage, party: str) -> list[dict[str, Any]]:
    return list(stage.call("GET", f"/settlement/statements?party={party}")["data"])


def _names(results: list[dict[str, Any]]) -> str:
    return ", ".join(result["id"] for result in results)
