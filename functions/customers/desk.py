"""What the room's handlers work with."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Sequence
from dataclasses import field
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from functions.customers.customers_table import CustomerTable
from functions.customers.levels.levels import Level
from functions.customers.levels.spend_table import SpendTable
from functions.customers.people.identities_table import IdentityTable
from functions.customers.people.unions import Unions
from functions.customers.people.unions_table import UnionTable
from functions.customers.places_table import PlaceTable
from hub.edge.access import Policy, packaged_policy
from hub.edge.host import Host
from hub.kernel.dataclass import dataclass
from hub.platforms.clients import platforms_of
from hub.store.content import ContentStore
from hub.store.sealing import Sealer
from hub.store.secrets import ConnectionSecrets
from hub.store.table import Table

if TYPE_CHECKING:
    from hub.documents.documents import Documents

PHONE_KEY_BYTES = 32
PHONE_KEY_CONTEXT = "phone/key"


@dataclass
class Desk:
    """contents: what people wrote and who they say they are. sealer: seals personal facts. emit: events to the bus.
    policy: the field policy that holds now; it says which facts are personal. people: who is whom. unions: who else
    they are, by their platforms. spending: what they spent; levels: what that makes of them, as it is said now;
    documents: the room's kinds. now, wall_now: business and real time."""

    tenant: str
    customers: CustomerTable
    people: IdentityTable
    places: PlaceTable
    contents: ContentStore
    sealer: Sealer
    connections: ConnectionSecrets
    unions: Unions
    emit: Callable[..., None]
    now: Callable[[], datetime]
    wall_now: Callable[[], datetime]
    spending: SpendTable
    documents: Callable[[], Documents]
    levels: Callable[[], Sequence[Level]]
    policy: Callable[[], Policy] = packaged_policy
    _phone_key: bytes = field(default=b"", repr=False)

    def phone_key(self) -> bytes:
        """The tenant's key for hashes of phone numbers: random, made once, kept sealed."""
        if not self._phone_key:
            sealed = self.customers.phone_key(self._make_phone_key)
            self._phone_key = bytes.fromhex(self.sealer.unseal(sealed, PHONE_KEY_CONTEXT))
        return self._phone_key

    def mark(self, text: str) -> str:
        """A hash of a text under that key, in hex: equal texts are seen, and none is read."""
        return hmac.new(self.phone_key(), text.encode(), hashlib.sha256).hexdigest()[:32]

    def _make_phone_key(self) -> str:
        return self.sealer.seal(secrets.token_hex(PHONE_KEY_BYTES), PHONE_KEY_CONTEXT)


def build_desk(host: Host) -> Desk:
    """The room's desk on this host."""
    settings, dynamodb = host.settings, host.client("dynamodb")
    table = Table(settings.table, dynamodb)
    zone, documents = ZoneInfo(settings.timezone), _documents(host, table)
    return Desk(
        tenant=settings.tenant,
        customers=CustomerTable(settings.tenant, table),
        people=IdentityTable(settings.tenant, table),
        places=PlaceTable(settings.tenant, table),
        contents=ContentStore(settings.tenant, settings.content_table, dynamodb),
        sealer=Sealer(host.client("kms"), settings.key_id, settings.tenant),
        connections=ConnectionSecrets(host.client("ssm"), settings.tenant, host.clock.wall_now),
        unions=Unions(
            UnionTable(settings.tenant, table),
            platforms_of(host),
            lambda: host.clock.wall_now().astimezone(zone).date().isoformat(),
        ),
        emit=host.emit,
        now=host.now,
        wall_now=host.clock.wall_now,
        spending=SpendTable(settings.tenant, table),
        documents=documents,
        levels=lambda: _levels(documents()),
        policy=host.read_policy,
    )


def _documents(host: Host, table: Table) -> Callable[[], Documents]:
    """The room's documents, made when somebody asks for one: most starts end before that."""

    @cache
    def documents() -> Documents:
        from hub.documents.documents import Documents

        return Documents(table, host.settings.tenant, host.now, None)

    return documents


def _levels(documents: Documents) -> Sequence[Level]:
    from functions.customers.levels.kind import KEY, LEVELS  # as above

    return documents.current(LEVELS, KEY).value
