"""What a handler gets of one HTTP request: everything already read, checked and typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import Any

from hub.contracts.classes import FieldClass
from hub.edge.access.policy import Policy
from hub.edge.access.projector import Viewer, verdict_at
from hub.edge.access.scope import Place, Reach
from hub.edge.auth import Principal
from hub.kernel.dataclass import dataclass
from hub.kernel.ids import derived_id, fresh_id

NOTHING = Reach(person="", level="own")


@dataclass(frozen=True)
class Request:
    """One request, as its handler gets it.

    body, query: instances of the route's models (query is a plain dict where the route declares none).
    reach: how far the principal reaches here: lists are read by it, as part of their keys. subject: what the route's
    `subject=` found (None where it answered a place alone), place: where that belongs. dry_run: say what would happen,
    and change nothing. explain: say why it is decided so, too.
    seen_version: the version of the thing that the sender saw (`If-Match`); None where they say nothing.
    now: business time. made_at: business time at which this Idempotency-Key was first used, so that retries agree.
    """

    path: Mapping[str, str]
    query: Any
    body: Any
    headers: Mapping[str, str]
    principal: Principal
    now: datetime
    base_url: str
    viewer: Viewer
    policy: Policy = field(repr=False)
    subject: Any = None
    place: Place | None = None
    dry_run: bool = False
    explain: bool = False
    seen_version: int | None = None
    idempotency_key: str = ""
    made_at: datetime | None = None
    randomness: bytes = b""
    scope: str = ""

    @property
    def reach(self) -> Reach:
        """How far the principal reaches on this route."""
        return self.viewer.reach or NOTHING

    def sees(self, field_class: FieldClass) -> bool:
        """Whether the viewer sees a class of fields of the subject in full. Answers are projected anyhow; this spares
        unsealing what would only be masked."""
        return verdict_at(self.viewer, self.policy, field_class, self.place) == "full"

    def new_id(self, prefix: str) -> str:
        """An id for what this request creates: the same again for the same Idempotency-Key."""
        if self.idempotency_key and self.made_at:
            return derived_id(prefix, self.made_at, self.scope)
        return fresh_id(prefix, self.now, self.randomness)
