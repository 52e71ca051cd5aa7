"""`hubctl pricing`: what prices can be made of."""

from __future__ import annotations

import sys

import typer

pricing_app = typer.Typer(no_args_is_help=True, help="Prices: the catalogue of strategies.")


@pricing_app.callback()
def pricing() -> None:
    """Prices: the catalogue of strategies."""


@pricing_app.command()
def strategies() -> None:
    """Print the kinds of pricing strategies, a line each: name, stage, what it is called."""
    from functions.pricing.strategies.catalogue import KINDS  # the command line starts without the rooms

    for kind in KINDS:
        sys.stdout.write(f"{kind.name:<20} {kind.stage:<8} {kind.title_zh} · {kind.title_en}\n")
