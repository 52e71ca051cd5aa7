"""One quote, for a place in the sample's region."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from functions.pricing import app
from tests.support.access import REGION, Ids, Sample
from tests.support.aws import account
from tests.support.hosts import install
from tests.support.http import call

QUOTE = {"service": "fruit_tea", "region": REGION}
BODIES = {
    ("POST", "/pricing/quotes"): QUOTE,
    ("POST", "/pricing/selections"): {"regions": [REGION]},
    ("PUT", "/pricing/places/draft"): {"document": {}},
    ("POST", "/pricing/places/lint"): {"document": {}},
    ("POST", "/pricing/places/compare"): {"document": {}},
    ("POST", "/pricing/places/revert"): {"version": 0},
    ("POST", "/pricing/places/withdraw"): {"version": 1},
    ("PUT", "/pricing/books/{key}/draft"): {"document": {}},
    ("POST", "/pricing/books/{key}/lint"): {"document": {}},
    ("POST", "/pricing/books/{key}/compare"): {"document": {}},
    ("POST", "/pricing/books/{key}/revert"): {"version": 0},
    ("POST", "/pricing/books/{key}/withdraw"): {"version": 1},
}


@contextmanager
def stage() -> Iterator[Ids]:
    """A quote by the book that ships with the hub."""
    with account("pricing") as session:
        install(app.room, session)
        made = call(app.room, "POST", "/pricing/quotes", QUOTE)
        assert made.status == 201
        yield {"quote_id": made.json["id"], "key": "standard"}


FOUND_BY = {"/pricing/quotes/{quote_id}": ("the tenant", "the province")}
SAMPLE = Sample(app.room, stage, BODIES, found_by=FOUND_BY)
