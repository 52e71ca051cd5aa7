"""What the room's handlers work with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from functions.notifications.people_table import PeopleTable
from functions.notifications.sends_table import SendTable
from functions.notifications.tables import MODELS
from functions.notifications.wecom import Wecom
from hub.edge.host import Host
from hub.kernel.frozen import dataclass
from hub.platforms.clients import platforms_of
from hub.store.model import bind
from hub.store.secrets import ConnectionSecrets
from hub.store.table import Table


@dataclass
class Desk:
    """wecom: the way out. page: where a notice's subject is shown, an address with `{id}` in it. zone: the tenant's, of
    quiet hours."""

    tenant: str
    sends: SendTable
    people: PeopleTable
    wecom: Wecom
    page: str
    zone: ZoneInfo
    now: Callable[[], datetime]
    logger: Any


def build_desk(host: Host) -> Desk:
    """The room's desk on this host."""
    settings = host.settings
    bind(settings.table, *MODELS)
    return Desk(
        tenant=settings.tenant,
        sends=SendTable(settings.tenant, Table(settings.table, host.client("dynamodb"))),
        people=PeopleTable(settings.tenant),
        wecom=Wecom(ConnectionSecrets(host.client("ssm"), settings.tenant, host.clock.wall_now), platforms_of(host)),
        page=settings.board_url or f"{settings.base_url}/t/for/{{id}}",
        zone=ZoneInfo(settings.timezone),
        now=host.now,
        logger=host.logger,
    )
