"""What a handler gets of one HTTP request: everything already read, checked and typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.edge.auth import Principal
from hub.kernel.ids import derived_id, fresh_id


@dataclass(frozen=True)
class Request:
    """One request, as its handler gets it.

    body, query: instances of the route's models (query is a plain dict where the route declares none).
    now: business time. made_at: business time at which this Idempotency-Key was first used, so that retries agree.
    """

    path: Mapping[str, str]
    query: Any
    body: Any
    headers: Mapping[str, str]
    principal: Principal
    now: datetime
    base_url: str
    idempotency_key: str = ""
    made_at: datetime | None = None
    randomness: bytes = b""
    scope: str = ""

    def new_id(self, prefix: str) -> str:
        """An id for what this request creates: the same again for the same Idempotency-Key."""
        if self.idempotency_key and self.made_at:
            return derived_id(prefix, self.made_at, self.scope)
        return fresh_id(prefix, self.now, self.randomness)
