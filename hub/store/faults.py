"""What AWS's faults mean to us: the one place where botocore's errors become ours.

The error's type decides first: only a ClientError has an answer to look into, and a time-out's `response` is None.

Lost      a condition did not hold: somebody was first
Busy      the item is in somebody's transaction just now (a Retry)
Retry     everything else: a throttle, no answer, no credentials yet, a table that is being made
Broken    AWS cannot read what we sent: a bug of ours, which the same call never mends
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
from botocore.parsers import ResponseParserError

from hub.kernel.errors import Broken, Conflict, HubError, Retry
from hub.store.items import Item, plain_item

AWS_ERRORS = (ClientError, BotoCoreError, ResponseParserError)
_LOST = ("ConditionalCheckFailedException", "ConditionalCheckFailed")
_BUSY = ("TransactionConflictException", "TransactionConflict")
_OURS = (
    "ValidationException",
    "ValidationError",
    "SerializationException",
    "IdempotentParameterMismatchException",
    "InvalidCiphertextException",
)


class Lost(Conflict):
    """The condition of a write did not hold.

    item: as it stands, plain; None where there is none, or DynamoDB was not asked to tell. index: which write of a
    transaction, 0 outside one.
    """

    def __init__(self, item: Item | None = None, index: int = 0, **facts: Any) -> None:
        super().__init__("it has changed since", **facts)
        self.item, self.index = item, index


class Busy(Retry):
    """A transaction of somebody else has the item just now."""


@contextmanager
def passing(what: str, **facts: Any) -> Iterator[None]:
    """Around calls to AWS: their errors become ours (see `translated`), all others pass. what: "secrets", "a queue"."""
    try:
        yield
    except AWS_ERRORS as error:
        raise translated(error, what, **facts) from error


def translated(error: Exception, what: str, **facts: Any) -> HubError:
    """What an error of botocore's means, as an error of ours. The fact `reason` is AWS's code or the error's type."""
    if not isinstance(error, ClientError):
        kind = Broken if isinstance(error, ParamValidationError) else Retry
        return kind(f"{what}: no answer", reason=type(error).__name__, **facts)
    reasons: Sequence[Mapping[str, Any]] = error.response.get("CancellationReasons") or ()
    codes = [str(reason.get("Code", "")) for reason in reasons]
    code = str(error.response.get("Error", {}).get("Code", ""))
    for index, reason in enumerate(reasons):
        if codes[index] in _LOST:
            return Lost(_item(reason), index, **facts)
    if code in _LOST:
        return Lost(_item(error.response), **facts)
    return _refused([code, *codes], what, facts)


def _refused(codes: Sequence[str], what: str, facts: Mapping[str, Any]) -> HubError:
    """codes: the answer's own, and those of a transaction's parts."""
    for kind, known in ((Broken, _OURS), (Busy, _BUSY)):
        for code in codes:
            if code in known:
                return kind(f"{what}: refused", reason=code, **facts)
    return Retry(f"{what}: refused", reason=codes[0] or "unknown", **facts)


def _item(response: Mapping[str, Any]) -> Item | None:
    return plain_item(response["Item"]) if response.get("Item") else None
