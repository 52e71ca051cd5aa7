"""A session that answers from a list, and remembers what it was asked; a source of tokens that counts."""

from __future__ import annotations

import json
from typing import Any

import requests


class FakeSession(requests.Session):
    """Each request takes the next answer: a dict (JSON), bytes, (status, bytes), or an exception to raise."""

    def __init__(self, *answers: Any) -> None:
        super().__init__()
        self.answers = list(answers)
        self.asked: list[tuple[str, str, dict[str, Any]]] = []

    def request(self, method: str, url: str, **request: Any) -> requests.Response:  # type: ignore[override]
        self.asked.append((method, url, request))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        status, content = answer if isinstance(answer, tuple) else (200, answer)
        response = requests.Response()
        response.status_code = status
        response._content = content if isinstance(content, bytes) else json.dumps(content).encode()
        return response


class FakeTokens:
    """token-1, and after each refusal the next one."""

    def __init__(self) -> None:
        self.count = 1

    def get(self, force: bool) -> str:
        self.count += force
        return f"token-{self.count}"
