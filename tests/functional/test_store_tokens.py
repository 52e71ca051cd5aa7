"""Access tokens: one refresher at a time, and nobody waits without need."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest

from hub.kernel.errors import Refuse, Retry
from hub.store.sealing import Sealer
from hub.store.tokens import LEASE_SECONDS, TokenCache
from tests.support.aws import account

LIFE_SECONDS = 7200
TABLE = "hub-demo-notifications"
KEY = "alias/hub-demo"


@dataclass
class Platform:
    """Answers each fetch with the next of its script: a token, or an error."""

    script: list[Any] = field(default_factory=list)
    fetched: int = 0
    renewals: list[str] = field(default_factory=list)

    def fetch(self, renewal: str) -> tuple[str, int, str]:
        self.fetched += 1
        self.renewals.append(renewal)
        told = self.script.pop(0) if self.script else f"t{self.fetched}"
        if isinstance(told, Exception):
            raise told
        return str(told() if callable(told) else told), LIFE_SECONDS, f"r{self.fetched}"


@dataclass
class Office:
    """Several processes with one table, one platform and one clock."""

    dynamodb: Any
    platform: Platform = field(default_factory=Platform)
    now: float = 1_700_000_000.0

    def process(self) -> TokenCache:
        return TokenCache(TABLE, "demo#token#con_1", self.dynamodb, self.platform.fetch, lambda: self.now)


@dataclass
class Between:
    """A DynamoDB client through which something happens once, after an item was read and before anything is written."""

    client: Any
    then: Any
    armed: bool = False

    def get_item(self, **params: Any) -> Any:
        response = self.client.get_item(**params)
        if self.armed:
            self.armed = False
            self.then()
        return response

    def update_item(self, **params: Any) -> Any:
        return self.client.update_item(**params)


@pytest.fixture
def office() -> Iterator[Office]:
    with account("notifications") as session:
        yield Office(session.client("dynamodb"))


def test_tokens_lie_sealed(office: Office) -> None:
    """Neither the token nor what renews it stands clear in the table; other processes read both, and what was stored
    clear before is still read."""
    key = "demo#token#con_1"

    def process() -> TokenCache:
        fetch, wall = office.platform.fetch, lambda: office.now
        return TokenCache(TABLE, key, office.dynamodb, fetch, wall, Sealer(boto3.client("kms"), KEY, "demo"))

    assert [process().get(), process().get()] == ["t1", "t1"]
    (item,) = office.dynamodb.scan(TableName=TABLE)["Items"]
    assert item["token"]["S"].startswith("sealed:1:")
    assert item["renewal"]["S"].startswith("sealed:1:")
    office.now += LIFE_SECONDS
    assert (process().get(), office.platform.renewals) == ("t2", ["", "r1"])
    key = "demo#token#con_2"
    clear = {"pk": {"S": key}, "sk": {"S": "token"}, "token": {"S": "old"}, "renew_at": {"N": "9000000000"}}
    office.dynamodb.put_item(TableName=TABLE, Item=clear)
    assert process().get() == "old"


@pytest.mark.parametrize("error", [Retry("busy"), Refuse("bad secret")])
def test_a_refresh_that_fails_lets_the_next_caller_try_at_once(office: Office, error: Exception) -> None:
    """A platform that refuses or hangs once does not cost the lease's ten seconds as well."""
    office.platform.script = [error]
    with pytest.raises(type(error)):
        office.process().get()
    assert office.process().get() == "t2"


def test_processes_share_one_token(office: Office) -> None:
    """The second process reads what the first one fetched."""
    assert [office.process().get() for _ in range(3)] == ["t1"] * 3


def test_who_finds_the_token_being_fetched_tries_later(office: Office) -> None:
    """While one process fetches the first token, another asks for patience; it does not fetch as well."""
    other = office.process()

    def meanwhile() -> str:
        with pytest.raises(Retry):
            other.get()
        return "mine"

    office.platform.script = [meanwhile]
    assert office.process().get() == "mine"
    assert other.get() == "mine"


def test_a_token_in_its_last_minutes_serves_while_it_is_renewed(office: Office) -> None:
    """Between renewal time and its end a token is alive: callers get it while another process fetches the next."""
    assert office.process().get() == "t1"
    office.now += LIFE_SECONDS * 0.9
    other, seen = office.process(), list[str]()

    def meanwhile() -> str:
        seen.append(other.get())
        return "t2"

    office.platform.script = [meanwhile]
    assert office.process().get() == "t2"
    assert seen == ["t1"]


def test_a_living_token_serves_while_the_platform_does_not_answer(office: Office) -> None:
    """A renewal that fails in passing breaks nothing before the old token's end."""
    office.process().get()
    office.now += LIFE_SECONDS * 0.9
    office.platform.script = [Retry("busy")]
    assert office.process().get() == "t1"
    office.now += LIFE_SECONDS * 0.2
    office.platform.script = [Retry("busy")]
    with pytest.raises(Retry):
        office.process().get()


def test_a_refused_token_is_never_given_again(office: Office) -> None:
    """After the platform refused a token, a failing refresh does not fall back on it."""
    cache = office.process()
    cache.get()
    office.platform.script = [Retry("busy")]
    with pytest.raises(Retry):
        cache.get(force=True)
    assert cache.get(force=True) == "t3"


def test_a_slow_refresher_does_not_overwrite_a_newer_token(office: Office) -> None:
    """Whoever outlived its lease keeps its own token to itself: the later fetch is the shared one."""
    other = office.process()

    def slow() -> str:
        office.now += LEASE_SECONDS + 1
        assert other.get() == "t2"
        return "old"

    office.platform.script = [slow]
    office.process().get()
    assert office.process().get() == "t2"


def test_each_token_is_renewed_by_what_came_with_the_one_before(office: Office) -> None:
    """Whichever process renews it: the first token comes from the settings, each later one from the stored renewal."""
    for _ in range(3):
        office.process().get()
        office.now += LIFE_SECONDS
    assert office.platform.renewals == ["", "r1", "r2"]


@pytest.mark.parametrize("force", [False, True], ids=["due", "refused"])
def test_a_token_renewed_between_reading_and_leasing_is_taken_as_it_is(office: Office, force: bool) -> None:
    """A renews between B's read and B's lease: B takes A's token and spends no refresh token, which works once."""
    slow, quick = office.process(), office.process()
    assert (slow.get(), quick.get()) == ("t1", "t1")
    if not force:
        office.now += LIFE_SECONDS * 0.9
    between = Between(office.dynamodb, then=lambda: quick.get(force))
    late = TokenCache(TABLE, "demo#token#con_1", between, office.platform.fetch, lambda: office.now)
    if force:
        assert late.get() == "t1"
    between.armed = True
    assert late.get(force) == "t2"
    assert office.platform.renewals == ["", "r1"]
    assert quick.get() == "t2"
    office.now += LIFE_SECONDS
    assert slow.get() == "t3"
    assert office.platform.renewals == ["", "r1", "r2"]


def test_a_renewal_that_is_refused_gives_way_to_the_settings(office: Office) -> None:
    """A shop that authorised us anew is not locked out by the renewal of its old authorisation."""
    office.process().get()
    office.now += LIFE_SECONDS
    office.platform.script = [Refuse("expired")]
    assert office.process().get() == "t3"
    assert office.platform.renewals == ["", "r1", ""]
    office.now += LIFE_SECONDS
    office.platform.script = [Refuse("expired"), Refuse("the shop has left")]
    with pytest.raises(Refuse):
        office.process().get()


def test_a_table_that_is_gone_is_a_passing_fault(office: Office) -> None:
    """What DynamoDB does not answer is Retry: a notice that waits for a token is not lost over it."""
    office.dynamodb.delete_table(TableName=TABLE)
    with pytest.raises(Retry):
        office.process().get()
