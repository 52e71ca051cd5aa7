"""No cent is lost and none is paid twice, whatever crashes, comes again, comes late, or runs at the same time."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from functions.settlement.desk import Desk
from functions.settlement.facts.facts_table import FactsTable
from functions.settlement.handlers import steps
from functions.settlement.ledger.entries_table import Entries
from functions.settlement.ledger.ledger import Entry, Line, Why
from functions.settlement.ledger.lines import party_lines
from functions.settlement.reconciliation.reconciliations_table import Reconciliations
from functions.settlement.runs.machine import Machine
from functions.settlement.runs.periods import Closing, book_entry, new_run
from functions.settlement.runs.runs_table import Runs
from functions.settlement.statements.statements import LINES_LIMIT, Statement
from functions.settlement.statements.statements_table import Statements
from functions.settlement.tables import MODELS, RunItem
from hub.documents.documents import Documents
from hub.kernel.errors import Retry
from hub.kernel.money import Money
from hub.store.model import bind
from hub.store.table import Table
from tests.support.aws import account

SIX = datetime.fromisoformat("2026-11-21T06:00:00+08:00").astimezone(UTC)
FIRST = date(2026, 11, 21)
ZONE = ZoneInfo("Asia/Shanghai")
WHY = Why("理由", "reason", "rule", 1)
TABLE = "hub-demo-settlement"
tenants = (f"t{number}" for number in itertools.count(100))


@pytest.fixture(scope="module", autouse=True)
def ledger() -> Iterator[None]:
    with account("settlement"):
        bind(TABLE, *MODELS)
        yield


class Crash(Exception):
    """The process is gone."""


class Dying(Statements):
    """Marks so many lines of a statement, and dies."""

    def __init__(self, tenant: str, lines: int) -> None:
        super().__init__(tenant)
        self._lines = lines

    def settle(self, statement: Statement) -> None:
        super().settle(replace(statement, lines=statement.lines[: self._lines]))
        raise Crash


@dataclass
class Business:
    """A ledger of its own, and what was posted to it. Days pass from run to run."""

    tenant: str = field(default_factory=lambda: next(tenants))
    day: int = 0
    posted: list[Entry] = field(default_factory=list)

    @property
    def desk(self) -> Desk:
        entries = Entries(self.tenant, Table(TABLE, None))
        runs, statements = Runs(self.tenant), Statements(self.tenant)
        machine = Machine(None, "never started")
        documents = Documents(Table(TABLE, None), self.tenant, lambda: self.now, None)
        facts = FactsTable(self.tenant, Table(TABLE, None))
        return Desk(
            self.tenant,
            ZONE,
            entries,
            runs,
            statements,
            machine,
            documents,
            lambda: self.now,
            facts,
            Reconciliations(self.tenant, Table(TABLE, None)),
        )

    @property
    def now(self) -> datetime:
        return SIX + timedelta(days=self.day)

    def post(self, party: str, minor: int, currency: str = "CNY", days_ago: int = 0) -> Entry:
        """What a fact does: one entry; the stream has not told of it yet."""
        occurred_at = self.now - timedelta(days=days_ago, hours=1)
        lines = (Line("expense:x", Money(minor, currency)), Line(f"payable:{party}", Money(-minor, currency)))
        entry = Entry(f"evt_{len(self.posted)}", "commission", occurred_at, lines, WHY)
        self.desk.entries.post(entry, book_entry(occurred_at, self.now, self.desk.runs.closing(), ZONE))
        self.posted.append(entry)
        return entry

    def project(self, entry: Entry) -> None:
        """What the stream does, as often as it likes."""
        known, booking = self.desk.entries.read(
            f"{self.tenant}#entry#{entry.fact_id}", f"{entry.why.rule}#{entry.purpose}"
        )
        self.desk.entries.project(party_lines(known, booking))

    def begin(self, desk: Desk) -> str:
        day = FIRST + timedelta(days=self.day)
        run_id = new_run(self.tenant, day, self.now, ZONE).id
        steps.open_run(desk, {"run_id": run_id, "day": day.isoformat()}, self.now)
        return run_id

    def run(self) -> None:
        """The day's run, from the beginning, and the next day comes."""
        run_id, page = self.begin(self.desk), {"cursor": "", "more": True}
        while page["more"]:
            page = steps.total_page(self.desk, {"run_id": run_id, "cursor": page["cursor"]}, self.now)
        steps.close_run(self.desk, {"run_id": run_id}, self.now)
        self.day += 1

    def crash(self, lines: int) -> None:
        """The day's run dies after it has stored a statement and marked some of its lines."""
        dying = replace(self.desk, statements=Dying(self.tenant, lines))
        with suppress(Crash):
            steps.total_page(dying, {"run_id": self.begin(dying), "cursor": ""}, self.now)

    def statements(self) -> list[Statement]:
        statements, _ = self.desk.statements.page("", 200, None)
        return statements


def owed(entries: list[Entry]) -> Counter[tuple[str, str]]:
    """What entries come to, by party and currency."""
    sums: Counter[tuple[str, str]] = Counter()
    for entry in entries:
        for party, amount in entry.earned_by_party().items():
            sums[party, amount.currency] += amount.amount_minor
    return sums


def paid(statements: list[Statement]) -> Counter[tuple[str, str]]:
    sums: Counter[tuple[str, str]] = Counter()
    for statement in statements:
        for total in statement.totals():
            sums[statement.party, total.currency] += total.amount_minor
    return sums


parties = st.sampled_from(["person:li", "person:zhao", "store:s1"])
amounts = st.integers(-50_000, 50_000).filter(bool)
posts = st.tuples(st.just("post"), parties, amounts, st.sampled_from(["CNY", "HKD"]), st.integers(0, 3))
deeds = st.one_of(
    posts, posts, posts, st.just(("run",)), st.tuples(st.just("crash"), st.integers(0, 2)), st.just(("stream again",))
)


@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(st.lists(deeds, min_size=4, max_size=14), st.sets(st.integers(0, 13)))
def test_statements_and_what_is_open_are_what_was_posted(done: list[tuple[Any, ...]], delayed: set[int]) -> None:
    """In two currencies, with negative amounts, late facts, lines that the stream tells of only at the end, and runs
    that crash between a statement and its lines: each posting is in one statement, and no statement ever changes."""
    business = Business()
    for deed, *facts in done:
        before = business.statements()
        if deed == "post":
            entry = business.post(*facts)
            if len(business.posted) - 1 not in delayed:
                business.project(entry)
        elif deed == "run":
            business.run()
        elif deed == "crash":
            business.crash(int(facts[0]))
        else:
            for entry in business.posted:
                business.project(entry)
        assert [one for one in business.statements() if one.id in {old.id for old in before}] == before

    for entry in business.posted:
        business.project(entry)
    for _ in range(2):
        business.run()
    settled = business.statements()
    assert Counter(line.fact_id for one in settled for line in one.lines) == Counter(
        entry.fact_id for entry in business.posted
    )
    assert +paid(settled) == +owed(business.posted)
    assert -paid(settled) == -owed(business.posted)


def test_a_flood_of_repeats_hides_nothing() -> None:
    """After the stream has told a long history again, what is new is still in the next run."""
    business = Business()
    old = [business.post("person:li", 100) for _ in range(LINES_LIMIT + 1)]
    for entry in old:
        business.project(entry)
    business.run()
    for entry in old:
        business.project(entry)
    business.project(business.post("person:li", 7))
    business.run()
    assert paid(business.statements()) == owed(business.posted)


def test_two_workers_on_one_run() -> None:
    """Both total the same party at once: one statement, and whoever loses a race tries again."""
    business = Business()
    for _ in range(3):
        business.project(business.post("person:li", 100))
    run = business.desk.runs.find(business.begin(business.desk))
    assert run is not None

    class Slow(Statements):
        """Lets the other one finish while it has a line in its hands."""

        def settle(self, statement: Statement) -> None:
            assert run is not None
            steps.settle_party(business.desk, run, "person:li", business.now)
            super().settle(statement)

    slow = replace(business.desk, statements=Slow(business.tenant))
    assert steps.settle_party(slow, run, "person:li", business.now) == 3
    assert paid(business.statements()) == owed(business.posted)


def test_a_run_that_is_taken_up_again_keeps_others_out() -> None:
    """Its worker died between closing the ledger and closing the run; started again, no other run opens beside it."""
    business = Business()
    first = business.begin(business.desk)
    run = business.desk.runs.find(first)
    assert run is not None

    class Half(Runs):
        """Closes the ledger and dies."""

        def _item(self, run_id: str) -> RunItem:
            raise Crash

    with pytest.raises(Crash):
        Half(business.tenant).close(run, business.now)
    assert business.begin(business.desk) == first
    business.day += 1
    with pytest.raises(Retry):
        business.begin(business.desk)


def test_late_for_nothing_is_not_late() -> None:
    """A fact of the very moment of a cut-off belongs to the run; one a microsecond later to the next."""
    through = Closing(SIX, "run_1")
    assert book_entry(SIX, SIX, through, ZONE).late_for_run == "run_1"
    assert book_entry(SIX + timedelta(microseconds=1), SIX, through, ZONE).late_for_run == ""
    assert Entries("t99", Table(TABLE, None)).owns("t99#entry#x")
