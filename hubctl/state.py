"""What a local hub keeps between starts: the directory `.hub`, its signing key and its logs.

The key signs the tokens of this machine's hub alone; it is made once, mode 600, and stays in the directory.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from hub.edge.auth import Principal, issue

ROOT = Path(__file__).resolve().parent.parent
STATE_DIRECTORY = ROOT / ".hub"
KEY_BYTES = 32
TOKEN_HOURS = 12


@dataclass(frozen=True)
class LocalState:
    """The directory `.hub`. Nothing in it is worth a backup."""

    directory: Path = STATE_DIRECTORY

    @property
    def logs(self) -> Path:
        """Where the workers' and the embedded AWS's logs go; made when first asked for."""
        return _made(self.directory / "logs")

    def auth_key(self) -> str:
        """The signing key (64 hex digits). Two first starts at once agree on one key."""
        path = _made(self.directory) / "auth.key"
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_text().strip()
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(KEY_BYTES))
        return path.read_text().strip()

    def token(
        self,
        tenant: str,
        *,
        sub: str = "administrator",
        roles: Sequence[str] = ("administrator",),
        region: str = "base",
        hours: int = TOKEN_HOURS,
        now: datetime | None = None,
    ) -> str:
        """A person's JWT (HS256) for this machine's hub; `now` is wall time, as tokens never run scaled."""
        principal = Principal(sub=sub, roles=tuple(roles), tenant=tenant, region=region)
        return sign(self.auth_key(), principal, hours, now)


def sign(keys: str, principal: Principal, hours: int, now: datetime | None = None) -> str:
    """A JWT for `principal` of so many hours, signed with the first of `keys` (one a line)."""
    return issue(keys, principal, now or datetime.now(UTC), ttl_seconds=hours * 3600)


def _made(directory: Path) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    return directory
