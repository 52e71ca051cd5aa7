"""What is known of a customer keeps its history: who said what, and when; the last holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.customers import app
from hub.contracts.events import MessageReceived
from tests.support.aws import TENANT, account
from tests.support.hosts import install
from tests.support.http import Context, bus_batch, bus_events, call, token

AT = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)


@dataclass
class StandingClock:
    now: datetime = AT + timedelta(hours=1)

    def business_now(self) -> datetime:
        return self.now

    def wall_now(self) -> datetime:
        return datetime.now(UTC)


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture(autouse=True)
def session(clock: StandingClock) -> Iterator[Any]:
    with account("customers") as session:
        install(app.room, session, clock)
        yield session


def say(minute: int, name: str, sender: str = "crm-1") -> MessageReceived:
    """A message of that minute whose sender says a name."""
    ref = f"msg_{sender}_{minute}_{name}"
    app.room.desk.contents.put(ref, {"schema": 1, "kind": "text", "text": "hi", "person": {"name": name}}, 0)
    return MessageReceived(
        id=f"evt_{ref}", tenant=TENANT, at=AT.replace(minute=minute), message_id=ref, connection_id="con_1",
        channel="open", account="con_1", sender_id=sender, kind="text", content_ref=ref,
    )  # fmt: skip


def hear(session: Any, *events: MessageReceived) -> str:
    assert app.on_event(bus_batch(*events), Context()) == {"batchItemFailures": []}
    return str(bus_events(session)[-1]["customer_id"])


def name_of(customer_id: str) -> tuple[str, str]:
    (fact,) = call(app.room, "GET", f"/customers/{customer_id}").json["facts"]
    return fact["value"], fact["source"]


def history(customer_id: str, **options: Any) -> list[tuple[str, str, str]]:
    page = call(app.room, "GET", f"/customers/{customer_id}/facts/name", **options).json
    return [(fact["value"], fact["source"], fact["at"][11:16]) for fact in page["data"]]


def test_the_last_word_holds_and_those_before_stay(session: Any, clock: StandingClock) -> None:
    """Two messages and a colleague say three names: the last is shown, all three are the history, newest first."""
    customer_id = hear(session, say(1, "王女士"), say(2, "王小姐"))
    assert call(app.room, "PUT", f"/customers/{customer_id}/facts/name", {"value": "王芳"}).status == 200
    assert name_of(customer_id) == ("王芳", "boss")
    assert history(customer_id) == [
        ("王芳", "boss", "02:00"), ("王小姐", "open", "01:02"), ("王女士", "open", "01:01"),
    ]  # fmt: skip


def test_what_comes_late_is_history_at_once(session: Any) -> None:
    """A word of 1:01 that comes after one of 1:02 changes nothing that holds, and stands in its place."""
    customer_id = hear(session, say(2, "王小姐"), say(1, "王女士"))
    assert name_of(customer_id) == ("王小姐", "open")
    assert [value for value, _, _ in history(customer_id)] == ["王小姐", "王女士"]


def test_what_comes_twice_is_said_once(session: Any) -> None:
    """Redelivered in any order, and said again in the same words: nothing is added, and nothing flips back."""
    first, second = say(1, "王女士"), say(2, "王小姐")
    customer_id = hear(session, first, second, first, second, first, say(3, "王小姐"))
    before = call(app.room, "GET", f"/customers/{customer_id}").json
    assert hear(session, first, second) == customer_id
    assert call(app.room, "GET", f"/customers/{customer_id}").json == before
    assert [value for value, _, _ in history(customer_id)] == ["王小姐", "王女士"]


def test_two_words_of_one_moment_do_not_take_turns(session: Any) -> None:
    """Of two that were said at the same time the one that came later holds, however often either comes again."""
    first, second = say(1, "王女士"), say(1, "王小姐")
    customer_id = hear(session, first, second, first, first)
    assert name_of(customer_id) == ("王小姐", "open")
    assert len(history(customer_id)) == 2


def test_a_history_is_read_page_by_page_and_masked(session: Any) -> None:
    """One a page over three; who may not see names sees masks, and finance no value at all."""
    customer_id = hear(session, *(say(minute, name) for minute, name in enumerate(("甲先生", "乙先生", "丙先生"), 1)))
    seen: list[str] = []
    cursor = ""
    for _ in range(3):
        query = {"limit": "1", "cursor": cursor}
        page = call(app.room, "GET", f"/customers/{customer_id}/facts/name", query=query).json
        seen += [fact["value"] for fact in page["data"]]
        cursor = page["next_cursor"]
    assert (seen, cursor) == (["丙先生", "乙先生", "甲先生"], "")
    assert [value for value, _, _ in history(customer_id, as_=token("viewer"))] == ["丙**", "乙**", "甲**"]
    page = call(app.room, "GET", f"/customers/{customer_id}/facts/name", as_=token("finance")).json
    assert all("value" not in fact for fact in page["data"])


def test_no_word_lies_in_the_table_in_clear(session: Any) -> None:
    """Neither what holds nor what held."""
    hear(session, say(1, "王女士"), say(2, "王小姐"))
    stored = str(session.client("dynamodb").scan(TableName="hub-demo-customers")["Items"])
    assert [name for name in ("王女士", "王小姐") if name in stored] == []


def test_a_merged_customer_s_history_is_that_of_both(session: Any) -> None:
    """Both histories in one order; the latest word of either holds, and split again each has its own."""
    one = hear(session, say(1, "王女士"))
    other = hear(session, say(2, "王小姐", sender="crm-2"))
    call(app.room, "POST", f"/customers/{other}/merge", {"into": one})
    assert [value for value, _, _ in history(one)] == ["王小姐", "王女士"]
    assert name_of(one) == ("王小姐", "open")
    call(app.room, "POST", f"/customers/{one}/unmerge", {"identity_id": other})
    assert (name_of(one)[0], name_of(other)[0]) == ("王女士", "王小姐")
