"""`hubctl audit …`: whether what tickets remember is what was written."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from hubctl.documents import Hub, main
from hubctl.failures import OperatorError

PAGE, PAGES_LIMIT = 200, 5_000

app = typer.Typer(no_args_is_help=True, help="The trails of tickets: whether anything in them was changed or dropped.")
app.callback()(main)


@app.command()
def verify(
    context: typer.Context,
    ticket: Annotated[list[str] | None, typer.Argument(help="ids of tickets; none: every ticket within reach")] = None,
) -> None:
    """Follow the hash chain of each ticket's trail. Print the ticket and the sequence number of the first entry that is
    not what was written; exit 1 if there is one."""
    checked = broken = 0
    for ticket_id, broken_at in breaks(context.obj, ticket or ()):
        checked += 1
        if broken_at is not None:
            broken += 1
            sys.stdout.write(f"{ticket_id} {broken_at}\n")
    sys.stdout.write(f"{checked} trails checked, {broken} broken\n")
    raise typer.Exit(1 if broken else 0)


def breaks(hub: Hub, ticket_ids: Sequence[str] = ()) -> Iterator[tuple[str, int | None]]:
    """Each ticket, and where its trail breaks; None where it holds."""
    for ticket_id in ticket_ids or _every_ticket(hub):
        yield ticket_id, hub.ask("GET", f"/tickets/{ticket_id}/timeline")["broken_at"]


def _every_ticket(hub: Hub) -> Iterator[str]:
    cursor = ""
    for _ in range(PAGES_LIMIT):
        page = hub.ask("GET", "/tickets", limit=PAGE, cursor=cursor)
        yield from (ticket["id"] for ticket in page["data"])
        cursor = page["next_cursor"]
        if not cursor:
            return
    raise OperatorError(f"more than {PAGES_LIMIT * PAGE} tickets: name those that are meant")
