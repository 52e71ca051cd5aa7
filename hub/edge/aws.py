"""AWS clients, made once a host and only when they are first called."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from threading import Lock
from typing import Any

from botocore.config import Config
from botocore.session import Session

_CONFIG = Config(
    connect_timeout=3,
    read_timeout=20,
    retries={"mode": "standard", "max_attempts": 4},
    user_agent="scrm-hub",
    parameter_validation=False,
)
"""user_agent: botocore makes up its own twice a call, a seventh of the time that a call takes of ours. Nor does it look
at every attribute of a transaction before it sends it, which takes as long as writing it down: AWS looks as well, and
the tests' clients do."""
_SIGNED = Config(signature_version="s3v4")
"""What is handed out signed for S3 is good for objects under a key of KMS only in this version."""
_MAKING = Lock()
"""A session must not make two clients at once, and the two lanes of a local worker might."""


@lru_cache(maxsize=1)
def _session() -> Session:
    """What all clients of the process are made by: it reads each description of AWS's once."""
    return Session()


def make_client(service: str) -> Any:
    """A client of an AWS service, with the credentials and region of the process's environment."""
    config = _CONFIG.merge(_SIGNED) if service == "s3" else _CONFIG
    return _session().create_client(service, config=config)


class LazyClient:
    """A botocore client that is made when it is first called: whoever is wired with one has paid nothing yet."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make, self._client = make, None

    def __getattr__(self, name: str) -> Any:
        if self._client is None:
            with _MAKING:
                self._client = self._client or self._make()
        return getattr(self._client, name)


class Clients:
    """A host's clients by their services' names, e.g. `clients("sqs")`: always the same one for the same service.

    make: a service's name → a client; by default from the process's environment.
    """

    def __init__(self, make: Callable[[str], Any] = make_client) -> None:
        self._make = make
        self._clients: dict[str, LazyClient] = {}

    def __call__(self, service: str) -> Any:
        return self._clients.setdefault(service, LazyClient(partial(self._make, service)))
