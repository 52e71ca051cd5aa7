"""A million lines through the pure engine against a loop over Decimal, and DuckDB's DECIMAL as a third opinion.

The rule is a commission of 5 % with a cap, paid to 500 people. All three agree to the cent before anything is timed.
Memory is what is held beyond reading the file line by line.
"""

from __future__ import annotations

import csv
import random
import tempfile
import tracemalloc
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from benchmarks.harness import Ratio, best_seconds
from functions.settlement.rules.bulk import Amount, compiled, totals_of_lines
from functions.settlement.rules.policy import Posting

LINES, PEOPLE = 1_000_000, 500
RATE, MOST, CENT = Decimal("0.05"), Decimal("50.00"), Decimal("0.01")
POSTING = {
    "purpose": "commission",
    "zh": "提成",
    "en": "Commission",
    "steps": [{"rule": "percent", "of": "amount", "rate": "0.05"}, {"rule": "cap", "most": "50.00", "per": "fact"}],
    "rounding": "HALF_UP",
    "debit": "expense:commission",
    "credit": "payable:person:{person}",
}
TIME_CEILING, MEMORY_CEILING = 0.65, 1.2


def run() -> list[Ratio]:
    """Agree, then time, then weigh."""
    posting = compiled(Posting.model_validate(POSTING))
    assert posting is not None
    _, amount_of = posting
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lines.csv"
        _write(path)
        ours = {name.decode(): minor for name, minor in _engine(path, amount_of).items()}
        loop = {name: int(total * 100) for name, total in _decimal_loop(path).items()}
        assert ours == loop == _duckdb(path)
        seconds = best_seconds(3, engine=lambda: _engine(path, amount_of), loop=lambda: _decimal_loop(path))
        engine_peak, reading_peak = _peak(path, amount_of), _peak(path, None)
    return [
        Ratio("settlement of 1 M lines, of a Decimal loop", seconds["engine"] / seconds["loop"], TIME_CEILING, False),
        Ratio("memory of settling, of reading the file", engine_peak / reading_peak, MEMORY_CEILING, False),
    ]


def _write(path: Path) -> None:
    rows = random.Random(11)
    with path.open("w", newline="") as file:
        for number in range(LINES):
            file.write(f"order:{number},p{rows.randrange(PEOPLE)},{rows.randrange(200_000) / 100:.2f},310101\n")


def _engine(path: Path, amount_of: Amount) -> dict[bytes, int]:
    with path.open("rb") as file:
        return totals_of_lines(file, 2, 1, amount_of)


def _decimal_loop(path: Path) -> dict[str, Decimal]:
    totals: dict[str, Decimal] = {}
    with path.open(newline="") as file:
        for row in csv.reader(file):
            pay = min(Decimal(row[2]) * RATE, MOST).quantize(CENT, ROUND_HALF_UP)
            totals[row[1]] = totals.get(row[1], Decimal(0)) + pay
    return totals


def _duckdb(path: Path) -> dict[str, int]:
    import duckdb

    query = f"""
        SELECT person, CAST(SUM(ROUND(LEAST(amount * 0.05, 50.00), 2)) * 100 AS BIGINT)
        FROM read_csv('{path}', header=false, columns={{'id': 'VARCHAR', 'person': 'VARCHAR',
             'amount': 'DECIMAL(18,2)', 'region': 'VARCHAR'}})
        GROUP BY person"""  # noqa: S608 - the path of a file of our own
    answer = duckdb.sql(query)
    assert answer is not None  # a query that selects has rows to fetch
    return dict(answer.fetchall())


def _peak(path: Path, amount_of: Amount | None) -> int:
    """Bytes held at most; without an amount the file is only read whole, as a loop over its lines would have to."""
    tracemalloc.start()
    if amount_of:
        _engine(path, amount_of)
    else:
        path.read_bytes()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak
