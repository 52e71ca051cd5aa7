"""The directory's word on a principal, read once a request: is it frozen, signed out, or less than its token says?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.store.table import Table


class Principals:
    """Reads `<tenant>#principal#<sub>` and `<tenant>#apikey#<fingerprint>` of the directory's table, and the field
    policy, `<tenant>#principal#field_policy`."""

    def __init__(self, tenant: str, table: str, dynamodb: Any) -> None:
        self._tenant, self._table = tenant, Table(table, dynamodb)

    def principal(self, sub: str) -> Mapping[str, Any] | None:
        """The record of a person or machine: roles, region, stores, frozen, epoch; None when there is none. Raises
        Retry."""
        return self._table.get((f"{self._tenant}#principal#{sub}", "principal"))

    def field_policy(self) -> tuple[int, str] | None:
        """(version, JSON) of the tenant's field policy that is in force; None where it published none. Raises Retry."""
        item = self._table.get((f"{self._tenant}#principal#field_policy", "field_policy"), consistent=False)
        return (int(item["number"]), str(item["document"])) if item else None

    def api_key(self, fingerprint: str) -> Mapping[str, Any] | None:
        """The record of an API key: sub, roles, region; None when there is no such key. Raises Retry."""
        return self._table.get((f"{self._tenant}#apikey#{fingerprint}", "apikey"))
