"""`hubctl settlement verify` and `explain`: the ledger proved, and one entry told, over the API of a hub."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from hubctl.documents import Hub, hub_at
from hubctl.failures import OperatorError

PROOF_SECONDS, POLL_SECONDS = 300, 1.0
Url = Annotated[str, typer.Option(help="the hub's base URL; else that of the hub that runs here")]
Token = Annotated[str, typer.Option(envvar="HUB_TOKEN", help="whose rights (`hubctl token`)")]
Ready = Annotated[Path, typer.Option(help="where a hub that runs here says so")]
HERE = Path(".hub/ready.json")


def verify(url: Url = "", token: Token = "", ready_file: Ready = HERE) -> None:
    """Prove the ledger: all postings add up to 0, every entry's lines stand with its parties, and each closed period's
    lines are those of its entries and make its statements' hashes again."""
    hub = hub_at(url, token, ready_file)
    wrong = _ledger_is_wrong(hub)
    for run in _closed(hub):
        proof = _proof(hub, run)
        wrong |= not proof["agrees"]
        verdict = "proved" if proof["agrees"] else "WRONG: " + " ".join(proof["wrong"])
        sys.stdout.write(f"{run['id']}\t{proof['statements']} statements, {proof['lines']} lines\t{verdict}\n")
    if wrong:
        raise typer.Exit(1)


def explain(entry: str, url: Url = "", token: Token = "", ready_file: Ready = HERE) -> None:
    """Tell one entry: of which fact, by which rule and version, from which figures, onto which accounts."""
    shown = hub_at(url, token, ready_file).ask("GET", f"/settlement/ledger/entries/{entry}")
    reason = shown["reason"]
    lines = [
        f"{shown['id']}  {shown['purpose']}  of fact {shown['fact_id']}  at {shown['occurred_at']}",
        f"  {reason['zh']} · {reason['en']}",
        f"  by {reason['rule']} version {reason['rule_version']}, settled in {shown['run_id']}",
    ]
    if shown["late_for"]:
        lines.append(f"  it came after {shown['late_for']['run_id']} was closed")
    lines += [f"  {name}: {value}" for name, value in sorted(reason["facts"].items())]
    lines += [f"  {line['amount']:>16} {shown['currency']}  {line['account']}" for line in shown["lines"]]
    sys.stdout.write("\n".join(lines) + "\n")


def _ledger_is_wrong(hub: Hub) -> bool:
    """All entries proved, however many requests that takes, each that is wrong told by its id."""
    entries, imbalance, failed, cursor = 0, 0, list[str](), ""
    while True:
        summary = hub.ask("GET", "/settlement/ledger/summary", cursor=cursor)
        entries, imbalance = entries + summary["entries"], imbalance + summary["imbalance_minor"]
        failed, cursor = failed + summary["wrong_entries"], summary["next_cursor"]
        if summary["complete"]:
            break
    sys.stdout.write(f"imbalance {imbalance} of {entries} entries\n")
    sys.stdout.writelines(f"{entry}\tWRONG: it does not balance, or its lines stand otherwise\n" for entry in failed)
    return imbalance != 0 or bool(failed)


def _closed(hub: Hub) -> Iterator[dict[str, Any]]:
    cursor = ""
    while True:
        page = hub.ask("GET", "/settlement/runs", limit=200, cursor=cursor)
        yield from (run for run in page["data"] if run["state"] == "closed")
        cursor = page["next_cursor"]
        if not page["has_more"]:
            return


def _proof(hub: Hub, run: dict[str, Any]) -> dict[str, Any]:
    """The proof of a run that is made now. Raises OperatorError when it takes too long."""
    before = (run["proof"] or {}).get("at")
    hub.ask("POST", "/settlement/runs", {"scope": run["scope"], "day": run["first"], "mode": "prove"})
    deadline = time.monotonic() + PROOF_SECONDS
    while time.monotonic() < deadline:
        proof: dict[str, Any] | None = hub.ask("GET", f"/settlement/runs/{run['id']}")["proof"]
        if proof and proof["at"] != before:
            return proof
        time.sleep(POLL_SECONDS)
    raise OperatorError(f"{run['id']} is not proved within {PROOF_SECONDS} seconds")
