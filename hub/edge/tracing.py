"""Which request is being answered in this thread: its id stands in every line of the log and on every answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")
HEADER = "X-Request-Id"


@contextmanager
def answering(request_id: str) -> Iterator[None]:
    """Inside, whatever this thread logs belongs to that request."""
    before = REQUEST_ID.set(request_id)
    try:
        yield
    finally:
        REQUEST_ID.reset(before)
