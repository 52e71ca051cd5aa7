"""What waits in the inbox, over its shards: oldest first, page by page, each once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub.kernel.clock import rfc3339
from hub.kernel.errors import Invalid
from hub.store.inbox import SORT, Inbox, waiting_pk
from hub.store.messages import Arrival
from hub.store.table import Table
from tests.support.aws import TENANT, account

NOW = datetime(2026, 11, 21, 4, tzinfo=UTC)


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with account("webhooks", "inbox") as session:
        yield Inbox(f"hub-{TENANT}-inbox", session.client("dynamodb"), TENANT)


def store(inbox: Inbox, count: int) -> list[str]:
    """So many messages that were tried, two each second; their ids in the order of the list."""
    placed = []
    for number in range(count):
        at = NOW + timedelta(seconds=number // 2)
        arrival = Arrival("con_1", "wecom", "corp", f"key{number}", b"{}")
        assert inbox.store(arrival, at, at)
        message_id = inbox.message_id("con_1", f"key{number}")
        listed = {":list": waiting_pk(TENANT, "pending", message_id), ":since": rfc3339(at)}  # as who has tried it does
        table = Table(inbox.table, inbox.client)
        table.update((f"{TENANT}#{message_id}", SORT), "SET pending_pk = :list, pending_since = :since", listed)
        placed.append((at, message_id))
    return [message_id for _, message_id in sorted(placed)]


@pytest.mark.parametrize("limit", [1, 3, 7, 50])
def test_pages_of_what_waits_are_oldest_first(inbox: Inbox, limit: int) -> None:
    """Whatever the page's size, each message comes once, though some came at the same moment."""
    ids = store(inbox, 31)
    found: list[str] = []
    start: Any = None
    while True:
        page, start = inbox.list_waiting("pending", NOW + timedelta(hours=1), limit, start)
        found += page
        if start is None:
            break
    assert found == ids


def test_what_came_later_does_not_wait_yet(inbox: Inbox) -> None:
    """Only what waits since before the moment is listed."""
    ids = store(inbox, 8)
    assert inbox.list_waiting("pending", NOW + timedelta(seconds=2), 50)[0] == ids[:4]


@pytest.mark.parametrize(
    "start",
    [{}, {"list": "dead"}, {"list": "pending", "0": "soon"}, {"list": "pending", "0": 7}, {"pk": "x", "sk": "y"}],
)
def test_a_cursor_of_another_list_is_refused(inbox: Inbox, start: Any) -> None:
    """In words, not as an error of ours."""
    store(inbox, 1)
    with pytest.raises(Invalid):
        inbox.list_waiting("pending", NOW + timedelta(hours=1), 5, start)
