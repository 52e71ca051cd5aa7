"""What AWS's errors mean to us, whichever they are: proved on every one that botocore can raise."""

from __future__ import annotations

from collections.abc import Iterator
from string import Formatter
from typing import Any

import boto3.exceptions  # noqa: F401 - it has errors of botocore's family, too
import botocore.discovery  # noqa: F401
import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ParamValidationError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from hub.kernel.errors import Broken, Conflict, HubError, Invalid, NotFound, Retry
from hub.store.items import raw_item
from hub.store.table import NEW, Busy, Key, Lost, Put, Table, passing, translated

KEY: Key = ("demo#thing", "thing")


def every(kind: type[BotoCoreError]) -> Iterator[type[BotoCoreError]]:
    for child in kind.__subclasses__():
        yield child
        yield from every(child)


def made(kind: type[BotoCoreError]) -> BotoCoreError:
    """One of this kind, with whatever its text needs."""
    fields = {name for _, name, _, _ in Formatter().parse(kind.fmt) if name}
    try:
        return kind(**dict.fromkeys(fields, "x"))
    except TypeError:
        return kind("x", "x", "x")


def refusal(code: str, **more: Any) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": ""}, **more}, "PutItem")


def cancelled(*reasons: dict[str, Any]) -> ClientError:
    return refusal("TransactionCanceledException", CancellationReasons=list(reasons))


class Raising:
    """A client whose every call raises one error."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __getattr__(self, name: str) -> Any:
        def call(**params: Any) -> Any:
            raise self.error

        return call


ALL = sorted(set(every(BotoCoreError)), key=lambda kind: f"{kind.__module__}.{kind.__name__}")
CALLS = {
    "get": lambda table: table.get(KEY),
    "get_many": lambda table: table.get_many([KEY]),
    "put": lambda table: table.put({"pk": "a", "sk": "b"}, NEW),
    "update": lambda table: table.update(KEY, "SET #state = :to", {":to": "done"}),
    "delete": lambda table: table.delete(KEY),
    "query": lambda table: table.query("demo#things", limit=1),
    "query_all": lambda table: table.query_all("demo#things", limit=1),
    "transact": lambda table: table.transact(Put({"pk": "a", "sk": "b"})),
}


def test_botocore_has_its_usual_hundred_errors() -> None:
    """The walk below finds them, those without a response among them."""
    assert len(ALL) > 90
    assert {ReadTimeoutError, ConnectionClosedError} <= set(ALL)


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_every_error_without_an_answer_is_passing(kind: type[BotoCoreError]) -> None:
    """Whatever botocore raises where no answer came is Retry; only parameters that it refuses are a bug of ours."""
    error = translated(made(kind), "things", id="tkt_1")
    expected = Broken if issubclass(kind, ParamValidationError) else Retry
    assert (type(error), error.facts) == (expected, {"reason": kind.__name__, "id": "tkt_1"})


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("kind", [ReadTimeoutError, ConnectionClosedError])
def test_a_time_out_is_passing_in_every_call(kind: type[BotoCoreError], call: Any) -> None:
    """An error whose `response` is None is Retry, whichever method meets it."""
    error = made(kind)
    assert getattr(error, "response", "no such attribute") is None
    with pytest.raises(Retry) as raised:
        call(Table("things", Raising(error)))
    assert raised.value.__cause__ is error


def test_an_answer_that_cannot_be_read_is_passing() -> None:
    """A proxy's page in place of an answer says nothing about what was asked."""
    with pytest.raises(Retry), passing("things"):
        raise ResponseParserError("<html>")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("ConditionalCheckFailedException", Lost),
        ("TransactionConflictException", Busy),
        ("ValidationException", Broken),
        ("SerializationException", Broken),
        ("IdempotentParameterMismatchException", Broken),
        ("InvalidCiphertextException", Broken),
        ("ThrottlingException", Retry),
        ("ProvisionedThroughputExceededException", Retry),
        ("RequestLimitExceeded", Retry),
        ("InternalServerError", Retry),
        ("TransactionInProgressException", Retry),
        ("ResourceNotFoundException", Retry),
        ("AccessDeniedException", Retry),
        ("ExpiredTokenException", Retry),
        ("a code that is new", Retry),
        ("", Retry),
    ],
)
def test_an_answers_code_says_whose_fault_it_is(code: str, kind: type[HubError]) -> None:
    """Lost for a condition, Busy in somebody's transaction, Broken for what can't be read, Retry for the rest."""
    error = translated(refusal(code), "things")
    assert type(error) is kind
    assert error.facts.get("reason", "") == ("" if kind is Lost else code or "unknown")


def test_an_answer_without_a_word_is_passing() -> None:
    """Not even the shape of an answer is taken for granted."""
    assert type(translated(ClientError({}, "PutItem"), "things")) is Retry


def test_lost_is_a_conflict_with_the_item_that_stands() -> None:
    """Who lost sees the item as it is, plain; None where there is none."""
    item = {"pk": "a", "sk": "b", "state": "done"}
    error = translated(refusal("ConditionalCheckFailedException", Item=raw_item(item)), "things")
    assert isinstance(error, Lost)
    assert isinstance(error, Conflict)
    assert (error.item, error.index) == (item, 0)
    bare = translated(refusal("ConditionalCheckFailedException"), "things")
    assert isinstance(bare, Lost)
    assert bare.item is None


def test_a_transaction_says_which_condition_failed() -> None:
    """Its index and its item, even where another part met somebody else's transaction."""
    item = {"pk": "a", "sk": "b"}
    lost = {"Code": "ConditionalCheckFailed", "Item": raw_item(item)}
    error = translated(cancelled({"Code": "TransactionConflict"}, {"Code": "None"}, lost), "things")
    assert isinstance(error, Lost)
    assert (error.item, error.index) == (item, 2)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("TransactionConflict", Busy),
        ("ThrottlingError", Retry),
        ("ProvisionedThroughputExceeded", Retry),
        ("ValidationError", Broken),
    ],
)
def test_a_transaction_that_lost_no_condition_is_judged_by_its_parts(code: str, kind: type[HubError]) -> None:
    """A conflict passes, what can't be read does not."""
    assert type(translated(cancelled({"Code": "None"}, {"Code": code}), "things")) is kind


def test_our_own_errors_go_through_as_they_are() -> None:
    """Only AWS's are translated."""
    with pytest.raises(NotFound), passing("things"):
        raise NotFound("no such item")


def test_a_start_that_does_not_fit_is_the_callers_fault() -> None:
    """It comes from a cursor: Invalid, where the same fault without one is Broken."""
    table = Table("things", Raising(refusal("ValidationException")))
    with pytest.raises(Invalid):
        table.query("demo#things", limit=1, start={"pk": "demo#others"})
    with pytest.raises(Broken):
        table.query("demo#things", limit=1)
