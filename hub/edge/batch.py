"""Many operations of one room in one call (批量接口): `serve_batch(room, "/tickets/batch")`.

Each is done for the caller with the very checks of a request of its own, counts as one of the minute's, and has its own
result; what fails stops nothing. With an Idempotency-Key the batch may be sent again: what was done is told, the rest
is done then.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from hub.contracts.batch import Batch, BatchItem, BatchResult, BatchView
from hub.edge.access import Place
from hub.edge.answers import problem
from hub.edge.inside import Answered, Call
from hub.edge.requests import Request
from hub.edge.room import Room
from hub.edge.serving import Caller
from hub.edge.tracing import REQUEST_ID
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import HubError, NotFound, Retry, TooMany
from hub.kernel.ids import digest

BEGUN_WITHIN = timedelta(seconds=20)
"""What is not begun by then is answered 503, so that the whole is answered in time."""
BODY_LIMIT_BYTES = 1_000_000


def serve_batch(room: Room[Any], path: str) -> None:
    """Declare the room's batch at `path`."""

    def declare() -> None:
        room.http("POST", path, summary="批量操作 · Many operations in one call", body=Batch, answer=BatchView,
                  scope="own", subject=_own, ability="bulk", body_limit_bytes=BODY_LIMIT_BYTES,
                  replay=work.again)(work.batch)  # fmt: skip

    work = _Batches(room, path)
    room.later(path, declare)


def _own(_desk: Any, request: Request) -> Place:
    return Place(people=(request.principal.sub,))


@dataclass(frozen=True)
class _Batches:
    room: Room[Any]
    path: str

    def batch(self, _desk: Any, request: Request) -> BatchView:
        """Up to a hundred operations of this room, one after the other, each with the result that it would have had by
        itself. Only on a terminal for such work (pc)."""
        ends_at = self.room.host.clock.wall_now() + BEGUN_WITHIN
        results = tuple(self._result(request, number, ends_at) for number in range(len(request.body.items)))
        failed = sum(result.status >= 400 for result in results)
        return BatchView(results=results, succeeded=len(results) - failed, failed=failed)

    def again(self, desk: Any, request: Request, _made: str) -> BatchView:
        """A repeat: each item is told what it did, or is done now."""
        return self.batch(desk, request)

    def _result(self, request: Request, number: int, ends_at: datetime) -> BatchResult:
        try:
            answered = self._ask(request, number, ends_at)
        except HubError as error:
            answer = problem(error, REQUEST_ID.get())
            return BatchResult(status=answer.status, body=answer.model_dump(mode="json"))
        headers = {name.lower(): str(value) for name, value in answered.headers.items()}
        etag, replayed = headers.get("etag", ""), "idempotency-replayed" in headers
        return BatchResult(status=answered.status, body=answered.body, etag=etag, replayed=replayed)

    def _ask(self, request: Request, number: int, ends_at: datetime) -> Answered:
        """Raises TooMany, Retry where the time is over, NotFound for no path of this room."""
        item: BatchItem = request.body.items[number]
        left = self.room.host.rates.take(request.principal.sub)
        if left.refused:
            raise TooMany("so many requests a minute are not answered", left.reset_seconds, limit=left.limit)
        if self.room.host.clock.wall_now() > ends_at:
            raise Retry("the batch took too long to begin this: send it again")
        bare, _, query = item.path.partition("?")
        if bare.strip("/") == self.path.strip("/"):
            raise NotFound("no such path")
        call = Call(item.method, bare, dict(parse_qsl(query, keep_blank_values=True)), item.body)
        return self.room.ask(Caller(request.principal, _headers(request, item, number)), call)


def _headers(request: Request, item: BatchItem, number: int) -> dict[str, str]:
    """As the operation would have them by itself: the caller's terminal, the item's version, and a key of its own."""
    headers = {"x-client": request.viewer.terminal}
    if item.if_match:
        headers["if-match"] = item.if_match if item.if_match.endswith('"') else f'"{item.if_match}"'
    if request.idempotency_key:
        headers["idempotency-key"] = digest("batch", request.idempotency_key, str(number)).hex()
    return headers
