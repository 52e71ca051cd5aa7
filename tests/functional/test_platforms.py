"""A connection's platform sees one caller, whichever rooms call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub.channels.wecom.client import Client
from hub.kernel.errors import Retry
from hub.platforms.clients import Platforms
from hub.store.circuit import FAILURES_LIMIT, CircuitOpen
from hub.store.limits import OverLimit
from hub.store.secrets import Connection
from tests.support.aws import account
from tests.support.wecom_double import Wecom, wecom_double

APP = Connection("con_1", "wecom", "enabled", {"corp_id": "ww1", "agent_id": "1000002", "secret": "s"})
ROBOT = Connection("con_2", "dingtalk", "enabled", {"access_token": "t"})
TABLE = "hub-demo-platforms"


@dataclass
class Office:
    """One table, one time and one double for the rooms of a tenant."""

    dynamodb: Any
    double: Wecom
    now: datetime = datetime(2026, 11, 21, 4, tzinfo=UTC)

    def room(self) -> Platforms:
        return Platforms("demo", TABLE, self.dynamodb, lambda: self.now, self.double.url)

    def keys(self) -> set[str]:
        return {item["pk"]["S"] for item in self.dynamodb.scan(TableName=TABLE)["Items"]}


@pytest.fixture
def office() -> Iterator[Office]:
    with wecom_double() as double, account("notifications") as session:
        yield Office(session.client("dynamodb"), double)


def test_one_token_serves_all_rooms(office: Office) -> None:
    """What one room fetched the other sends with; one item holds it."""
    for text, room in (("你好", office.room()), ("再见", office.room())):
        assert room.client(APP).send_text(["li"], text).message_id
    assert (office.double.tokens_given, len(office.double.messages)) == (1, 2)
    assert office.keys() == {"demo#token#con_1"}


def test_a_token_that_one_room_renews_is_the_others_too(office: Office) -> None:
    """The platform ended it early: the next room does not learn that for itself."""
    webhooks, notifications = office.room(), office.room()
    webhooks.client(APP).send_text(["li"], "1")
    office.double.answers.append({"errcode": 42001, "errmsg": "expired"})
    notifications.client(APP).send_text(["li"], "2")
    webhooks.client(APP).send_text(["li"], "3")
    assert (office.double.tokens_given, len(office.double.messages)) == (2, 3)


def test_what_one_room_calls_counts_for_all(office: Office) -> None:
    """Twenty a minute is twenty for the tenant: the second room waits for its turn."""
    office.room().client(ROBOT).send_text([], "1")
    with pytest.raises(OverLimit) as refused:
        office.room().client(ROBOT).send_text([], "2")
    office.now += timedelta(seconds=refused.value.wait_seconds)
    office.room().client(ROBOT).send_text([], "2")
    assert len(office.double.messages) == 2


def test_what_one_connection_calls_counts_for_no_other(office: Office) -> None:
    """Two robots of one channel have twenty a minute each, and each its own token."""
    office.room().client(ROBOT).send_text([], "1")
    office.room().client(replace(ROBOT, id="con_3")).send_text([], "1")
    for number in (1, 4):
        office.room().client(replace(APP, id=f"con_{number}")).send_text(["li"], f"{number}")
    assert (office.double.tokens_given, len(office.double.messages)) == (2, 4)


def test_a_platform_that_failed_one_room_is_left_alone_by_all(office: Office) -> None:
    """Three failures in a row open its circuit for everybody; half a minute later one call tries."""
    webhooks, notifications = office.room(), office.room()
    for _ in range(FAILURES_LIMIT):
        with pytest.raises(Retry), webhooks.guard(APP.id):
            raise Retry("wecom-unreachable")
    with pytest.raises(CircuitOpen), notifications.guard(APP.id):
        raise AssertionError("the call was tried")
    with notifications.guard(ROBOT.id):
        pass
    office.now += timedelta(seconds=31)
    with notifications.guard(APP.id):
        notifications.client(APP).send_text(["li"], "again")
    with webhooks.guard(APP.id):
        pass
    assert office.keys() == {"demo#token#con_1"}


def test_a_client_is_kept_until_its_settings_change(office: Office) -> None:
    """The same object for the same connection and patience, a new one for a new secret."""
    room = office.room()
    client = room.client(APP)
    assert isinstance(client, Client)
    assert room.client(replace(APP)) is client
    assert room.client(APP, (1.0, 3.0)) is not client
    assert room.client(replace(APP, settings={**APP.settings, "secret": "new"})) is not client


def test_the_platforms_table_shows_no_token_in_its_repr(office: Office) -> None:
    """What is printed of it holds no client and no secret."""
    room = office.room()
    room.client(APP).send_text(["li"], "你好")
    assert "token-1" not in repr(room)
    assert "secret" not in repr(room)
