"""hubctl settlement: what money is worked out by, read from the code and the templates that ship with the hub."""

from __future__ import annotations

import sys

import typer

app = typer.Typer(no_args_is_help=True, help="Settlement: the primitives, and the templates that are made of them.")


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
