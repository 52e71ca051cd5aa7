"""UnionIDs (开放平台 UnionID): WeChat's own word that a follower and a contact are one person, asked of the platform.

A person is asked about once a day until the answer is known. While a platform does not answer the person is somebody
of their own: the next message asks again, and then the two are merged.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from functions.customers.people.identities import Identity
from functions.customers.people.persons import UNION
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import HubError, Retry
from hub.store.connection import Connection

ASKED = ("official_account", "wecom", "wechat_kf")
"""The channels whose API tells the UnionID of a person: their clients have `union_id`."""
TIMEOUT_SECONDS = (2.0, 3.0)
"""A message does not wait longer for who wrote it."""
_EXTERNAL = re.compile(r"w[mo].+")
"""How WeCom's names of people outside begin; a member's would be asked about in vain."""
_UNION_ID = re.compile(r"[!-~]{1,128}")


class Questions(Protocol):
    """Who was asked about, and when (unions_table.py)."""

    def known(self, identity: Identity) -> tuple[str, str]: ...

    def read_ahead(self, identities: Sequence[Identity]) -> None: ...

    def claim(self, identity: Identity, day: str) -> bool: ...

    def answer(self, identity: Identity, union_id: str) -> None: ...

    def release(self, identity: Identity) -> None: ...


class Platforms(Protocol):
    """The clients that all rooms share: hub.platforms.clients."""

    def client(self, connection: Connection, timeout: tuple[float, float]) -> Any: ...

    def guard(self, connection_id: str) -> AbstractContextManager[None]: ...


@dataclass(frozen=True)
class Unions:
    """day: today, in the platforms' time."""

    questions: Questions
    platforms: Platforms
    day: Callable[[], str]

    def identity(self, identity: Identity, connection: Connection | None) -> tuple[Identity, ...]:
        """The person's UnionID as an identity, nothing where it is not known. Raises Retry for the table alone."""
        if connection is None or connection.channel not in ASKED or not _is_outside(identity):
            return ()
        union_id, day = self.questions.known(identity)
        today = self.day()
        if not union_id and day != today and connection.enabled and self.questions.claim(identity, today):
            union_id = self._ask(identity, connection)
        return (Identity(UNION, "", union_id),) if union_id else ()

    def read_ahead(self, identities: Sequence[Identity]) -> None:
        """Have at hand what is known of these, of whom a batch will ask."""
        self.questions.read_ahead(list(filter(_is_outside, identities)))

    def _ask(self, identity: Identity, connection: Connection) -> str:
        """What the platform says, "" for nothing. A failure that passes may be asked again, any other not today."""
        try:
            with self.platforms.guard(connection.id):
                union_id = self.platforms.client(connection, TIMEOUT_SECONDS).union_id(identity.external_id)
        except Retry:
            self.questions.release(identity)
            return ""
        except HubError:
            return ""
        if not _UNION_ID.fullmatch(union_id):
            return ""
        self.questions.answer(identity, union_id)
        return str(union_id)


def _is_outside(identity: Identity) -> bool:
    return identity.channel != "wecom" or _EXTERNAL.fullmatch(identity.external_id) is not None
