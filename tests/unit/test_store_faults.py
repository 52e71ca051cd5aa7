"""What DynamoDB's faults mean to rooms."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from pynamodb.exceptions import GetError, PutError, UpdateError

from hub.kernel.errors import Conflict, Retry
from hub.store.inbox import Arrival, Inbox
from hub.store.model import saving

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def refusal(code: str) -> ClientError:
    answer: Any = {"Error": {"Code": code, "Message": ""}}
    return ClientError(answer, "PutItem")


@pytest.mark.parametrize("kind", [GetError, PutError, UpdateError])
def test_no_answer_at_all_is_passing(kind: type[Exception]) -> None:
    """A time-out inside PynamoDB is Retry, as a throttle is: a claimed notice goes back, and is not called unknown."""
    with pytest.raises(Retry), saving():
        raise kind("timeout", cause=ConnectTimeoutError(endpoint_url="https://dynamodb.test"))  # type: ignore[call-arg]


def test_a_lost_condition_is_a_conflict() -> None:
    """What somebody else changed is no passing fault."""
    with pytest.raises(Conflict), saving():
        raise PutError("lost", cause=refusal("ConditionalCheckFailedException"))


class Refusing:
    """A table that refuses every put with one code."""

    def __init__(self, code: str) -> None:
        self.code = code

    def put_item(self, **_: Any) -> None:
        raise refusal(self.code)


def store(code: str) -> bool:
    arrival = Arrival(connection_id="con_1", channel="wecom", account="ww", dedupe_key="k", plaintext=b"x")
    return Inbox("inbox", Refusing(code), "demo").store(arrival, NOW, NOW)


@pytest.mark.parametrize("code", ["ConditionalCheckFailedException", "TransactionConflictException"])
def test_a_repeat_is_known_even_while_the_first_is_being_settled(code: str) -> None:
    """Only a stored message is ever in a transaction: its repeat is answered as one, not sent away with a 503."""
    assert store(code) is False


@pytest.mark.parametrize("code", ["ThrottlingException", "InternalServerError", "AccessDeniedException"])
def test_whatever_else_dynamodb_says_the_message_is_not_stored(code: str) -> None:
    """Then nobody may tell the platform that we have it."""
    with pytest.raises(Retry):
        store(code)
