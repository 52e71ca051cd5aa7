"""What the room's handlers work with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from functions.notifications.gateways.carrier import Carrier, Gateways
from functions.notifications.people.people_table import PeopleTable
from functions.notifications.sends.journal_table import JournalTable
from functions.notifications.sends.sends_table import SendTable
from functions.notifications.sends.waiting_table import WaitingTable
from functions.notifications.tables import MODELS
from hub.documents.documents import Documents
from hub.edge.access import Policy
from hub.edge.host import Host
from hub.kernel.dataclass import dataclass
from hub.platforms.clients import platforms_of
from hub.store.content import ContentStore
from hub.store.model import bind
from hub.store.sealing import Sealer
from hub.store.secrets import ConnectionSecrets
from hub.store.table import Table

EVENTS_A_SLICE = 1_000


@dataclass
class Desk:
    """carrier: the way out. page: where a notice's subject is shown, an address with `{id}` in it; base_url: the hub's.
    zone: the tenant's, of quiet hours. policy: the field policy that holds now. sealer: seals what a rule says of
    somebody. share: hands work to the room's queues. emit: events to the bus. keep_content: what a customer wrote,
    under a reference. events_a_slice: of a rehearsal, played at once."""

    tenant: str
    documents: Documents
    sends: SendTable
    waiting: WaitingTable
    journal: JournalTable
    people: PeopleTable
    carrier: Carrier
    sealer: Sealer
    policy: Callable[[], Policy]
    page: str
    base_url: str
    zone: ZoneInfo
    now: Callable[[], datetime]
    emit: Callable[..., None]
    share: Callable[..., None]
    keep_content: Callable[[str, dict[str, Any]], None]
    logger: Any
    events_a_slice: int = EVENTS_A_SLICE


def build_desk(host: Host) -> Desk:
    """The room's desk on this host."""
    settings = host.settings
    bind(settings.table, *MODELS)
    table = Table(settings.table, host.client("dynamodb"))
    sealer = Sealer(host.client("kms"), settings.key_id, settings.tenant)
    contents = ContentStore(settings.tenant, settings.content_table, host.client("dynamodb"))

    def keep_content(ref: str, body: dict[str, Any]) -> None:
        contents.put(ref, body, int(host.clock.wall_now().timestamp()))

    secrets = ConnectionSecrets(host.client("ssm"), settings.tenant, host.clock.wall_now)
    return Desk(
        tenant=settings.tenant,
        documents=Documents(table, settings.tenant, host.now, None),
        sends=SendTable(settings.tenant, table),
        waiting=WaitingTable(settings.tenant, table, host.clock.wall_now),
        journal=JournalTable(settings.tenant, table, host.clock.wall_now),
        people=PeopleTable(settings.tenant, sealer.unseal),
        carrier=Gateways(secrets, platforms_of(host)),
        sealer=sealer,
        policy=host.read_policy,
        page=settings.board_url or f"{settings.base_url}/t/for/{{id}}",
        base_url=settings.base_url,
        zone=ZoneInfo(settings.timezone),
        now=host.now,
        emit=host.emit,
        share=host.send,
        keep_content=keep_content,
        logger=host.logger,
    )
