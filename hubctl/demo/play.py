"""Plays the day from 02:00 and prints what happened: progress meanwhile, then the ticket, the ledger, the quotes."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from hubctl.assembly import timed
from hubctl.clock.words import Mode
from hubctl.demo import channels, malice, outbound, repair, shops
from hubctl.demo.repair import RepairDay
from hubctl.demo.stage import ZONE, Stage, StepFailed
from hubctl.dev import Options, running_hub

TWO_O_CLOCK = datetime(2026, 11, 23, 2, 0, tzinfo=ZONE)
FILE_WIDTH = 240
"""Characters a line where nobody's terminal folds it: one check, one line."""
SIX_O_CLOCK = (TWO_O_CLOCK + timedelta(days=1)).replace(hour=6)
LEAD = timedelta(minutes=10)
"""The hub is ready this long before the day begins, by its own clock."""


def play(as_json: bool = False) -> bool:
    """Whether every step held. Everything that was started is stopped again. With `as_json` the last line on stdout
    is one JSON object, and what people read goes to stderr."""
    console = Console(stderr=as_json, highlight=False)
    if not console.is_terminal:
        console.width = FILE_WIDTH
    began = time.monotonic()

    def tell(line: str) -> None:
        console.print(f"[dim]{line}[/dim]")

    mode = Mode(stepped=True)
    options = Options(port=0, clock=mode, business_origin=TWO_O_CLOCK - LEAD, watch=False, tell=tell)
    with running_hub(options) as hub, outbound.listening() as ear:
        seconds = {**hub.seconds, "ready": round(time.monotonic() - began, 1)}
        console.print(f"Ready after {seconds['ready']} s. The day's clock stands while the hub works, and then jumps.")
        stage = Stage(hub, console.print)
        outcome = _play(stage, ear, seconds)
        if outcome["ok"]:
            _print_summary(console, stage, outcome)
    failed = [check for check in stage.checks if not check.ok]
    console.print(f"\n{len(stage.checks) - len(failed)} of {len(stage.checks)} checks held; nothing is left running")
    if failed:
        console.print(f"[red]the day ended there[/red]: {escape(failed[-1].text)}; the rooms' logs are in .hub/logs")
    if as_json:
        sys.stdout.write(json.dumps(outcome, ensure_ascii=False, default=str) + "\n")
    return bool(outcome["ok"])


def _play(stage: Stage, ear: outbound.Ear, seconds: dict[str, float]) -> dict[str, Any]:
    day = RepairDay()
    quotes: list[dict[str, Any]] = []
    stats: dict[str, Any] = {}
    events: dict[str, int] = {}
    acts: dict[str, Callable[[], object]] = {
        "register": lambda: outbound.register(stage, ear),
        "verify": lambda: repair.verify_url(stage),
        "intake": lambda: repair.message_becomes_ticket(stage, day, TWO_O_CLOCK),
        "join": lambda: repair.repeats_and_follow_up(stage, day),
        "ladder": lambda: repair.ladder_fires(stage, day),
        "work": lambda: repair.work_is_done(stage, day),
        "settle": lambda: repair.money_is_settled(stage, day, SIX_O_CLOCK),
        "price": lambda: quotes.extend(shops.prices(stage)),
        "marketplace": lambda: shops.marketplace(stage),
        "channels": lambda: channels.hellos(stage),
        "malice": lambda: stats.update(malice.malice(stage)),
        "outbound": lambda: events.update(outbound.what_was_heard(stage, ear)),
    }
    try:
        for name, act in acts.items():
            with timed(seconds, name):
                act()
    except StepFailed:
        return {"ok": False, "failed": stage.checks[-1].text, "detail": stage.checks[-1].detail, "seconds": seconds}
    return {**_outcome(stage, day, quotes, stats, seconds), "events": events}


def _outcome(
    stage: Stage, day: RepairDay, quotes: list[dict[str, Any]], stats: dict[str, Any], seconds: dict[str, float]
) -> dict[str, Any]:
    tickets = [stage.call("GET", f"/tickets/{ticket}") for ticket in (day.first, day.second)]
    counted = ("accepted", "pending", "processed", "quarantined", "dead", "duplicates", "rejected_signature")
    rungs = [
        {"ticket": ticket["id"], "rung": rung["rung"], "due_at": rung["due_at"], "fired_at": rung["fired_at"]}
        for ticket in tickets
        for rung in ticket["rungs"]
    ]
    ledger = stage.call("GET", "/settlement/ledger/summary")
    return {
        "ok": all(check.ok for check in stage.checks),
        "messages": {name: stats[name] for name in counted},
        "tickets": {"opened": len(tickets), "closed": sum(ticket["state"] == "closed" for ticket in tickets)},
        "rungs": rungs,
        "ledger": {"entries": ledger["entries"], "imbalance_minor": ledger["imbalance_minor"]},
        "statements": day.statements,
        "quotes": [{k: q[k] for k in ("region", "price", "currency", "at")} for q in quotes],
        "checks": len(stage.checks),
        "seconds": seconds,
    }


def _print_summary(console: Console, stage: Stage, outcome: dict[str, Any]) -> None:
    ticket = stage.call("GET", f"/tickets/{outcome['rungs'][0]['ticket']}")
    timeline = stage.call("GET", f"/tickets/{ticket['id']}/timeline")["entries"]
    table = Table(title=f"工单 Ticket {ticket['id']} · {ticket['title']['zh']}", title_justify="left", box=None)
    for column in ("time", "who", "what", ""):
        table.add_column(column, no_wrap=column != "", overflow="fold")
    for entry in timeline:
        at = datetime.fromisoformat(entry["at"]).astimezone(ZONE)
        who = "customer" if entry["actor"].startswith("cus_") else entry["actor"]
        table.add_row(f"{at:%H:%M:%S}", who, entry["what"], escape(entry["text"]) or _plain(entry["detail"]))
    console.print("", table)
    _print_ledger(console, stage)
    table = Table(title="报价 Quotes · 鲜果茶 fruit tea", title_justify="left", box=None)
    for column in ("region", "price", "at"):
        table.add_column(column)
    for quote in outcome["quotes"]:
        at = datetime.fromisoformat(quote["at"]).astimezone(ZONE)
        table.add_row(quote["region"], f"{quote['price']} {quote['currency']}", f"{at:%Y-%m-%d %H:%M:%S}")
    console.print("", table)


def _print_ledger(console: Console, stage: Stage) -> None:
    table = Table(title="账本 Ledger", title_justify="left", box=None)
    for column, justify in (("account", "left"), ("amount", "right"), ("reason", "left")):
        table.add_column(column, justify=justify)  # type: ignore[arg-type] # rich's own literals
    entries = stage.call("GET", "/settlement/ledger/entries")["data"]
    for entry in sorted(entries, key=lambda entry: (entry["occurred_at"], entry["purpose"])):
        for line in entry["lines"]:
            table.add_row(line["account"], line["amount"], entry["reason"]["zh"])
    console.print("", table)


def _plain(detail: dict[str, str]) -> str:
    return " · ".join(f"{name} {value}" for name, value in detail.items() if value and name != "visit")
