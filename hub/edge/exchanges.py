"""What every exchange over HTTP carries, whichever room answers: the request's id, the API's version, and whose pages
may read it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from hub.edge import tracing, versions
from hub.edge.cors import Origins, cors_headers
from hub.edge.packing import ACCEPT, packed
from hub.edge.versions import ApiVersion, version_of
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Invalid


@dataclass(frozen=True)
class Exchange:
    """One HTTP API event (payload 2.0) and what is told around its answer. methods: what its path knows."""

    event: Mapping[str, Any]
    origins: Origins
    methods: tuple[str, ...]

    @property
    def method(self) -> str:
        return str(self.event["requestContext"]["http"]["method"])

    @property
    def request_id(self) -> str:
        """As API Gateway named it, so that its access log has the same."""
        return str(self.event["requestContext"].get("requestId", ""))

    @cached_property
    def version(self) -> ApiVersion:
        """The API's version that was asked for. Raises Invalid."""
        return version_of(self._header(versions.HEADER))

    def options(self) -> dict[str, Any]:
        """The answer to OPTIONS, a browser's question before it sends what a form could not."""
        return {"statusCode": 204, "headers": {"Allow": ", ".join((*self.methods, "OPTIONS"))}, "body": ""}

    def finish(self, answer: Mapping[str, Any], *, any_origin: bool) -> dict[str, Any]:
        """The answer with what goes around it."""
        try:
            around = self.version.headers()
        except Invalid:
            around = {}
        preflight = self.method == "OPTIONS"
        around |= cors_headers(self.origins, self._header("origin"), any_origin=any_origin, preflight=preflight)
        if self.request_id:
            around[tracing.HEADER] = self.request_id
        whole = {**answer, "headers": {**(answer.get("headers") or {}), **around}}
        return packed(whole, self._header(ACCEPT))

    def _header(self, name: str) -> str:
        lower = name.lower()
        sent = self.event.get("headers") or {}
        return next((str(value) for known, value in sent.items() if known.lower() == lower), "")
