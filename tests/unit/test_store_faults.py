"""What DynamoDB's faults mean to rooms."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, ConnectTimeoutError, ReadTimeoutError
from pynamodb.exceptions import (
    DeleteError,
    DoesNotExist,
    GetError,
    PutError,
    QueryError,
    TableError,
    TransactWriteError,
    UpdateError,
    VerboseClientError,
)

from hub.kernel.errors import Broken, Conflict, NotFound, Retry
from hub.store.inbox import Arrival, Inbox
from hub.store.model import saving

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def refusal(code: str) -> ClientError:
    answer: Any = {"Error": {"Code": code, "Message": ""}}
    return ClientError(answer, "PutItem")


@pytest.mark.parametrize("kind", [GetError, PutError, UpdateError, DeleteError, QueryError, TransactWriteError])
@pytest.mark.parametrize("cause", [ConnectTimeoutError, ReadTimeoutError, ConnectionClosedError])
def test_no_answer_at_all_is_passing(kind: type[Exception], cause: type[Exception]) -> None:
    """A time-out inside PynamoDB is Retry, as a throttle is: a claimed notice goes back, and is not called unknown."""
    with pytest.raises(Retry), saving():
        raise kind("timeout", cause=cause(endpoint_url="https://dynamodb.test"))  # type: ignore[call-arg]


def test_a_lost_condition_is_a_conflict() -> None:
    """What somebody else changed is no passing fault, alone or in a transaction; it says of what."""
    with pytest.raises(Conflict) as lost, saving(ticket="tkt_1"):
        raise PutError("lost", cause=refusal("ConditionalCheckFailedException"))
    assert lost.value.facts == {"ticket": "tkt_1"}
    reasons = [{"Code": "TransactionConflict"}, {"Code": "ConditionalCheckFailed"}]
    error: Any = {"Error": {"Code": "TransactionCanceledException", "Message": ""}}
    with pytest.raises(Conflict), saving():
        raise TransactWriteError(
            "lost", cause=verbose(ClientError({**error, "CancellationReasons": reasons}, "Transact"))
        )


def verbose(answered: ClientError) -> VerboseClientError:
    """What PynamoDB makes of botocore's error: the code alone, the error itself behind it."""
    bare: Any = {"Error": answered.response["Error"]}
    try:
        raise VerboseClientError(bare, answered.operation_name) from answered
    except VerboseClientError as error:
        return error


def test_what_dynamodb_cannot_read_is_a_bug() -> None:
    """It raises an alarm, and is tried no more."""
    with pytest.raises(Broken), saving():
        raise PutError("too large", cause=refusal("ValidationException"))


def test_no_item_is_not_found() -> None:
    """PynamoDB's own word for it."""
    with pytest.raises(NotFound), saving():
        raise DoesNotExist


def test_pynamodbs_own_errors_go_through_as_they_are() -> None:
    """What no fault of AWS's is behind is a mistake in the code."""
    with pytest.raises(TableError), saving():
        raise TableError("no key")


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
