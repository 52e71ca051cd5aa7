"""hubctl's hub without a network: what a command asks is answered by the tickets room of a test's world."""

from __future__ import annotations

from typing import Any

from hubctl.documents import Hub
from tests.support.tickets import World


class InProcess(Hub):
    """A hub that is asked without a network."""

    def __init__(self, hub: World) -> None:
        super().__init__("https://hub.test", "")
        object.__setattr__(self, "hub", hub)

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        answer = self.hub.call(method, path, body, query={name: str(value) for name, value in query.items()})  # type: ignore[attr-defined]
        assert answer.status < 400, answer.text
        return answer.json
