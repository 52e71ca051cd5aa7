"""hubctl settlement: what money is worked out by, read from the code and the templates that ship with the hub."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from hubctl.failures import OperatorError
from hubctl.settlement_ledger import explain, verify

app = typer.Typer(
    no_args_is_help=True, help="Settlement: the primitives, the templates made of them, and the ledger proved."
)
app.command()(verify)
app.command()(explain)


@app.command()
def rules() -> None:
    """Print every primitive, one a line: its name, what it is, its units, rounding and remainder."""
    from functions.settlement.rules.catalogue import PRIMITIVES, name_of

    for primitive in PRIMITIVES:
        about = primitive.about
        words = f"{about.zh} · {about.en}"
        sys.stdout.write("\t".join((name_of(primitive), words, about.units, about.rounding, about.remainder)) + "\n")


@app.command()
def items() -> None:
    """Print every item that facts may count or cost: its name, what it is, its unit and its side of the profit."""
    from functions.settlement.facts.items import ITEMS

    for item in ITEMS.values():
        sys.stdout.write("\t".join((item.key, f"{item.zh} · {item.en}", item.unit, item.side)) + "\n")


@app.command()
def templates() -> None:
    """Print every template that ships with the hub: its name, what it is, the parameters of its form."""
    from functions.settlement.templates import TEMPLATES

    for key, document in TEMPLATES.presets().items():
        words = f"{document['title']['zh']} · {document['title']['en']}"
        names = ", ".join(parameter["name"] for parameter in document["parameters"])
        sys.stdout.write(f"{key}\t{words}\t{names}\n")


@app.command(name="what-if")
def what_if(
    policy: Annotated[Path, typer.Argument(help="a policy document as JSON, as `GET /settlement/policies` shows it")],
    lines: Annotated[Path, typer.Argument(help="CSV: a heading of items and roles (amount, person …), a line a fact")],
) -> None:
    """Print what a policy would pay to whom over a file of facts, however long. Needs nothing, leaves nothing."""
    from functions.settlement.rules.bulk import compiled, totals_of_lines
    from functions.settlement.rules.policy import PolicyDocument
    from hub.kernel.money import Money

    document = PolicyDocument.model_validate(json.loads(policy.read_text("utf-8")))
    heading = lines.open(encoding="utf-8-sig").readline().strip().split(",")
    for posting in document.postings:
        simple, role = compiled(posting, document.currency), (posting.credit or "").partition("{")[2].rstrip("}")
        if simple is None or simple[0] not in heading or role not in heading:
            raise OperatorError(f"{posting.purpose}: only a rate of one column, bounded, to one column's party")
        with lines.open("rb") as file:
            next(file)
            totals = totals_of_lines(file, heading.index(simple[0]), heading.index(role), simple[1])
        for party, minor in sorted(totals.items()):
            sys.stdout.write(f"{posting.purpose}\t{party.decode()}\t{Money(minor, document.currency)}\n")
