"""Scopes (作用范围): base is the whole tenant's, a region's and a store's documents are laid over it. Pure.

Written, a scope is `base`, a region code (310000) or a store's id; a store whose id looks like one of the others is
written `store:310000`.
"""

from __future__ import annotations

import re

from hub.kernel.dataclass import dataclass
from hub.kernel.errors import NotFound
from hub.kernel.regions import BASE, is_region, path

STORE_PREFIX = "store:"
_STORE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


@dataclass(frozen=True, slots=True)
class Scope:
    """A region, or with `store` a store that lies in it."""

    region: str = BASE
    store: str = ""

    def __str__(self) -> str:
        return written(self.store) if self.store else self.region

    def chain(self) -> tuple[str, ...]:
        """The scopes whose documents meet here, base first: province, city, district, store."""
        regions = tuple(reversed(path(self.region)))
        return (*regions, written(self.store)) if self.store else regions


TENANT = Scope()
"""The whole tenant: `base`."""


def written(store_id: str) -> str:
    """How a store's scope is written."""
    return f"{STORE_PREFIX}{store_id}" if store_id == BASE or _like_region(store_id) else store_id


def parse_scope(text: str) -> tuple[str, str]:
    """The region and the store that a written scope names, one of them "". Raises NotFound for what names neither."""
    if is_region(text):
        return text, ""
    store_id = text.removeprefix(STORE_PREFIX)
    if not _STORE.fullmatch(store_id) or (store_id == text and _like_region(text)):
        raise NotFound("no such scope", scope=text[:80])
    return "", store_id


def _like_region(text: str) -> bool:
    return len(text) == 6 and text.isdigit()
