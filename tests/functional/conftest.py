"""What functional tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module", autouse=True)
def one_account(request: pytest.FixtureRequest) -> Iterator[None]:
    """Tests that play in a world of the tickets room share a simulated account a module: making one costs seconds."""
    if not hasattr(request.module, "world"):
        yield
        return
    from tests.support.tickets import stage

    with stage():
        yield
