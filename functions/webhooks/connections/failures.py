"""Failed calls (调用失败): what a platform did not take is counted, and shown to the connection's owner. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Protocol

from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Conflict, Refuse, Retry


class Counters(Protocol):
    """The connections' counters: functions.webhooks.inbox.counters_table."""

    def add(
        self, connection_id: str, at: datetime, counts: Mapping[str, int], facts: Mapping[str, str] | None = None
    ) -> None: ...


@dataclass(frozen=True)
class Failures:
    """now: business time."""

    counters: Counters
    now: Callable[[], datetime]

    def note(self, connection_id: str, code: str) -> None:
        """A platform did not take a call."""
        self.counters.add(connection_id, self.now(), {"failed_calls": 1}, {"last_error": code})

    @contextmanager
    def noted(self, connection_id: str, *, dropped: bool = False) -> Iterator[None]:
        """Inside, what the platform refuses is noted, and so is that it does not answer. dropped: a refusal ends it, as
        a Conflict does (another run was faster); else both are raised. A Retry always is."""
        try:
            yield
        except Conflict:
            if not dropped:
                raise
        except Refuse as refused:
            self.note(connection_id, refused.code)
            if not dropped:
                raise
        except Retry as error:
            if "unreachable" in error.detail:
                self.note(connection_id, error.detail)
            raise
