"""Price books as they were stored before they were documents: read where they lie, never written.

<tenant>#book#<key> / version#<000002>     one version as JSON text: prices, or `withdraws`, the number it takes back
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from hub.documents.versions import Move, Past, Version
from hub.kernel.clock import parse_rfc3339
from hub.kernel.dataclass import dataclass
from hub.kernel.effective import BEGINNING, plan
from hub.kernel.money import Money
from hub.store.table import Table

VERSIONS_LIMIT = 1000
Raw = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OldBooks:
    """Those of one tenant. Raises Retry."""

    table: Table
    tenant: str

    def keys(self) -> Sequence[str]:
        """They were never listed: known by their keys alone."""
        return ()

    def past(self, key: str) -> Past | None:
        """What was published of a book, None where nothing was."""
        items = self.table.query_all(
            f"{self.tenant}#book#{key}", sk_prefix="version#", limit=VERSIONS_LIMIT, consistent=True
        )
        raws = [json.loads(item["document"]) for item in items]
        versions = tuple(_version(raw) for raw in raws if raw["withdraws"] is None)
        return Past(versions, tuple(_moves(raws))) if versions else None


def _version(raw: Raw) -> Version:
    return Version(
        number=raw["number"],
        content=_content(raw),
        valid_from=parse_rfc3339(raw["valid_from"]),
        published_at=_published_at(raw),
        published_by=raw["published_by"],
    )


def _moves(raws: Sequence[Raw]) -> Iterator[Move]:
    """Publications and withdrawals as they were recorded, each with what was in force from then on."""
    moves: list[Move] = []
    for revision, raw in enumerate(raws, 1):
        at, by = _published_at(raw), raw["published_by"]
        if raw["withdraws"] is None:
            move = Move(revision, "publish", raw["number"], at, by, parse_rfc3339(raw["valid_from"]))
        else:
            move = Move(revision, "withdraw", raw["withdraws"], at, by, at)
        moves.append(move)
        yield _planned(moves)


def _planned(moves: Sequence[Move]) -> Move:
    last = moves[-1]
    switches = plan([move.record for move in moves], last.recorded_at)
    return Move(
        last.revision, last.what, last.number, last.recorded_at, last.recorded_by, last.valid_from, plan=switches
    )


def _published_at(raw: Raw) -> datetime:
    return parse_rfc3339(raw["published_at"]) if raw["published_at"] else BEGINNING


def _content(raw: Raw) -> dict[str, Any]:
    """As today's schema has it: decimal strings, names in an object."""
    services = {
        key: {
            "name": {"zh": service["zh"], "en": service["en"]},
            "prices": {place: str(Money(minor, raw["currency"])) for place, minor in service["prices_minor"].items()},
        }
        for key, service in raw["services"].items()
    }
    return {"currency": raw["currency"], "services": services, "tiers": raw["tiers"]}
