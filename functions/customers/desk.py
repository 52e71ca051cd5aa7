"""What the room's handlers work with."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from functions.customers.customers_table import CustomerTable
from functions.customers.places_table import PlaceTable
from functions.customers.tables import MODELS
from hub.edge.access import Policy, packaged_policy
from hub.edge.host import Host
from hub.store.content import ContentStore
from hub.store.model import bind
from hub.store.sealing import Sealer
from hub.store.table import Table

PHONE_KEY_BYTES = 32
PHONE_KEY_CONTEXT = "phone/key"


@dataclass
class Desk:
    """contents: what people wrote and who they say they are. sealer: seals personal facts. emit: events to the bus.
    policy: the field policy that holds now; it says which facts are personal."""

    tenant: str
    customers: CustomerTable
    places: PlaceTable
    contents: ContentStore
    sealer: Sealer
    emit: Callable[..., None]
    policy: Callable[[], Policy] = packaged_policy
    _phone_key: bytes = field(default=b"", repr=False)

    def phone_key(self) -> bytes:
        """The tenant's key for hashes of phone numbers: random, made once, kept sealed."""
        if not self._phone_key:
            sealed = self.customers.phone_key(self._make_phone_key)
            self._phone_key = bytes.fromhex(self.sealer.unseal(sealed, PHONE_KEY_CONTEXT))
        return self._phone_key

    def _make_phone_key(self) -> str:
        return self.sealer.seal(secrets.token_hex(PHONE_KEY_BYTES), PHONE_KEY_CONTEXT)


def build_desk(host: Host) -> Desk:
    """The room's desk on this host."""
    settings = host.settings
    bind(settings.table, *MODELS)
    table = Table(settings.table, host.client("dynamodb"))
    return Desk(
        tenant=settings.tenant,
        customers=CustomerTable(settings.tenant, table),
        places=PlaceTable(settings.tenant, table),
        contents=ContentStore(settings.tenant, settings.content_table, host.client("dynamodb")),
        sealer=Sealer(host.client("kms"), settings.key_id, settings.tenant),
        emit=host.emit,
        policy=host.read_policy,
    )
