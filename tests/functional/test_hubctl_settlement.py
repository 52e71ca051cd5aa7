"""`hubctl settlement verify` and `explain` as finance types them: what is right is proved, what is wrong is found."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from functions.settlement import app as settlement
from functions.settlement.runs.machine import Machine
from functions.settlement.runs.runs import Mode
from functions.settlement.tables import bucket_pks
from hubctl.cli import app
from tests.support.gateway import gateway
from tests.support.http import token
from tests.support.ledger import walk_machine
from tests.support.memory_table import MemoryTable
from tests.support.settlement import posting
from tests.support.settlement_room import Till, handed, moment, till

RUN, PARTY = "base.2026-11-20", "person:wang.wei"
TENTH = posting({"rule": "percent", "of": "amount", "rate": "0.10"}, purpose="commission")


@pytest.fixture
def room() -> Iterator[Till]:
    """Five sales of a day that is closed, and two of one that is not."""
    with till("2026-11-19T09:00:00+08:00") as made:
        assert made.publish("sales", {"facts": ["order"], "postings": [TENTH]}).status == 200
        for day, numbers in ((20, range(5)), (21, range(5, 7))):
            made.clock.now = moment(f"2026-11-{day}T10:00:00+08:00")
            at = f"2026-11-{day}T09:00:00+08:00"
            made.hand_in(*(handed("order", number, at, amount="123.45") for number in numbers))
        made.clock.now = moment("2026-11-21T11:00:00+08:00")
        made.close(RUN)
        yield made


class AtOnce(Machine):
    """What the machine would do is done as soon as it is started."""

    def start(self, run_id: str, mode: Mode, now: datetime) -> bool:
        walk_machine(settlement.room.desk, run_id, mode)
        return True


@pytest.fixture
def run(room: Till) -> Iterator[Callable[..., Result]]:
    """`run("verify")`."""
    desk = settlement.room.desk
    settlement.room.install(settlement.room.host, replace(desk, machine=AtOnce(None, desk.machine.arn)))
    with gateway(settlement.room) as url:
        yield lambda *words: CliRunner().invoke(app, ["settlement", *words, "--url", url, "--token", token()])


def table() -> MemoryTable:
    stored: Any = settlement.room.desk.facts._table
    return stored  # type: ignore[no-any-return]


def tampered(pk: str, was: str, is_now: str) -> None:
    """Somebody changes an item in the table, by hand."""
    sk = next(sk for sk in table().partitions[pk] if was in table().items[pk, sk]["document"])
    item = table().items[pk, sk]
    table().items[pk, sk] = {**item, "document": item["document"].replace(was, is_now, 1)}


def test_a_sound_ledger_is_proved(run: Callable[..., Result]) -> None:
    """Every entry, in as many requests as it takes, and every closed period; the exit says so."""
    settlement.room.desk.proved_at_once = 3
    told = run("verify")
    assert told.stdout.splitlines() == ["imbalance 0 of 7 entries", f"{RUN}\t1 statements, 5 lines\tproved"]
    assert told.exit_code == 0


@pytest.mark.parametrize(("day", "closed"), [("2026-11-20", True), ("2026-11-21", False)])
def test_a_line_that_somebody_changed_is_found(run: Callable[..., Result], day: str, closed: bool) -> None:
    """A cent more on one line: its entry is named, in an open period too; a closed one's statement is named as well."""
    (pk,) = bucket_pks("demo", f"base.{day}", PARTY)
    tampered(pk, '"amount_minor": 1235', '"amount_minor": 1236')
    told = run("verify")
    assert told.exit_code == 1
    assert told.stdout.count("WRONG: it does not balance, or its lines stand otherwise") == 1
    assert ("WRONG: stl_" in told.stdout) is closed


def test_a_line_that_is_gone_is_found(run: Callable[..., Result]) -> None:
    """An entry whose party has nothing of it: lost from an open period, no hash would tell."""
    (pk,) = bucket_pks("demo", "base.2026-11-21", PARTY)
    table().delete((pk, table().partitions[pk][0]))
    told = run("verify")
    assert (told.exit_code, told.stdout.count("WRONG: it")) == (1, 1)


def test_an_entry_that_does_not_balance_any_more_is_found(run: Callable[..., Result]) -> None:
    """A debit that somebody raised: the entry is named, not an error of the request."""
    tampered("demo#entry#order:6", "1235", "1335")
    told = run("verify")
    assert (told.exit_code, told.stdout.count("WRONG: it")) == (1, 1)


def test_an_entry_is_explained(run: Callable[..., Result], room: Till) -> None:
    """Of which fact, by which rule and version, from which figures, onto which accounts, in which run."""
    entry = next(each for each in room.entries() if each["fact_id"] == "order:1")
    told = run("explain", entry["id"])
    assert told.exit_code == 0
    for words in ("commission", "of fact order:1", "123.45 元 × 10%", "by sales version 1", f"settled in {RUN}",
                  "12.35 CNY  expense:pay", f"-12.35 CNY  payable:{PARTY}"):  # fmt: skip
        assert words in told.stdout, told.stdout
    assert isinstance(run("explain", "ent_nobody").exception, Exception)


def test_what_hash_a_proof_compares_is_the_closed_ones(run: Callable[..., Result]) -> None:
    """Whoever changes a line and its entry alike is found by the hash of the closed period."""
    (pk,) = bucket_pks("demo", RUN, PARTY)
    for place in (pk, "demo#entry#order:0"):
        sk = next(sk for sk in table().partitions[place] if "order:0" in json.dumps(table().items[place, sk]))
        item = table().items[place, sk]
        table().items[place, sk] = {**item, "document": item["document"].replace("1235", "1236")}
    told = run("verify")
    assert told.exit_code == 1
    assert f"{RUN}\t1 statements, 5 lines\tWRONG: stl_" in told.stdout
