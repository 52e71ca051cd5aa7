"""`hubctl clock …`: shows and moves the clock of a hub that runs here."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import requests
import typer
from pydantic import ValidationError
from rich.console import Console

from hubctl.clock.words import parse_length, readable
from hubctl.failures import OperatorError

PATH = "/_local/clock"
CONNECT_SECONDS = 5.0
WIDTH = 26

clock_app = typer.Typer(no_args_is_help=True, help="Show and move the business time of a hub that runs here, stepped.")
say = Console(stderr=True, highlight=False)
ReadyFile = Annotated[Path, typer.Option(help="where the hub that runs here says how to reach it")]
READY = Path(".hub/ready.json")


@clock_app.command()
def show(ready_file: ReadyFile = READY) -> None:
    """Print the hub's business time, what keeps it from moving, and what is due next."""
    _tell(_ask(ready_file, "GET", ""))


@clock_app.command(context_settings={"ignore_unknown_options": True})  # "-2h" is refused in our words
def advance(
    by: Annotated[str, typer.Argument(help="how long: 2h, 90m, 1d12h; 0s only lets end what is at work")],
    ready_file: ReadyFile = READY,
) -> None:
    """Let so much business time pass: all that is due in it happens, each at its second."""
    readable(parse_length, by)
    _tell(_ask(ready_file, "POST", "/advance", {"by": by}))


@clock_app.command()
def until(
    moment: Annotated[
        str, typer.Argument(help="08:00: the next one; or 2026-12-01T00:00; in the hub's zone, or with an offset")
    ],
    ready_file: ReadyFile = READY,
) -> None:
    """Let business time reach a moment. It never goes back: a moment that has passed is refused."""
    _tell(_ask(ready_file, "POST", "/until", {"moment": moment}))


@clock_app.command()
def run(
    at_most: Annotated[str, typer.Option(help="never further than this")] = "30d",
    ready_file: ReadyFile = READY,
) -> None:
    """Let everything happen that is still to come, until only schedules and tasks' time-outs are left."""
    readable(parse_length, at_most)
    _tell(_ask(ready_file, "POST", "/run", {"at_most": at_most}))


def _ask(ready_file: Path, method: str, what: str, body: Any = None) -> dict[str, Any]:
    """The hub's answer, which comes once the time is reached. Raises OperatorError with what the hub says."""
    url = _base_url(ready_file) + PATH + what
    with requests.Session() as session:
        session.trust_env = False  # no proxy of the shell
        try:
            answer = session.request(method, url, json=body, timeout=(CONNECT_SECONDS, None))
        except requests.RequestException:
            raise OperatorError(f"no hub answers on {url}: start one with `hubctl dev --clock stepped`") from None
    view: dict[str, Any] = answer.json()
    if answer.status_code != requests.codes.ok:
        raise OperatorError(_refusal(view))
    return view


def _base_url(ready_file: Path) -> str:
    from hubctl.assembly import Ready

    try:
        return Ready.model_validate_json(ready_file.read_text(encoding="utf-8")).base_url
    except (OSError, ValidationError):
        raise OperatorError(f"{ready_file} tells of no hub: start one with `hubctl dev --clock stepped`") from None


def _refusal(problem: dict[str, Any]) -> str:
    facts = [f"{name} {value}" for name, value in problem.get("facts", {}).items()]
    wrong = [f"{error['pointer']} {error['detail']}" for error in problem.get("errors", ())]
    return "; ".join(filter(None, [problem.get("detail") or problem.get("title", ""), *facts, *wrong]))


def _tell(view: dict[str, Any]) -> None:
    sys.stdout.write(f"{view['local']}\n")
    if "fired" in view:
        say.print(f"{view['fired']} due things happened since {_local(view['from'], view)}")
    if view["clock"] != "stepped":
        say.print(f"the clock is {view['clock']}: it runs by itself")
        return
    say.print(f"at work: {', '.join(view['at_work'])}" if view["at_work"] else "the clock stands; nothing is at work")
    for due in view["due"]:
        say.print(f"  {_local(due['at'], view):<{WIDTH}} {due['kind']:<9} {due['name']}", soft_wrap=True)
    if view["due_count"] > len(view["due"]):
        say.print(f"  … and {view['due_count'] - len(view['due'])} more")


def _local(moment: str, view: dict[str, Any]) -> str:
    zone = datetime.fromisoformat(view["local"]).tzinfo
    return datetime.fromisoformat(moment).astimezone(zone).isoformat(timespec="seconds")
