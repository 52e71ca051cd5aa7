"""What the room's handlers work with."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from functions.outbound.deliveries.deliveries_table import Deliveries
from functions.outbound.deliveries.turns_table import Turns
from functions.outbound.endpoints.endpoints_table import Endpoints
from functions.outbound.endpoints.statistics_table import Statistics
from hub.edge.access import Policy
from hub.edge.auth import Principal, principal_from
from hub.edge.fetch import Fetch, Fetcher
from hub.edge.host import Host
from hub.kernel.dataclass import dataclass
from hub.store.sealing import Sealer
from hub.store.table import Table


@dataclass
class Desk:
    """fetch: the way out. owner: who registered an endpoint, as the directory knows them now; None where it does not,
    Forbidden where they are frozen. send: into a queue of the room."""

    tenant: str
    endpoints: Endpoints
    deliveries: Deliveries
    turns: Turns
    statistics: Statistics
    sealer: Sealer
    fetch: Fetch
    read_policy: Callable[[], Policy]
    owner: Callable[[str], Principal | None]
    emit: Callable[..., None]
    send: Callable[..., None]
    now: Callable[[], datetime]
    wall_now: Callable[[], datetime]
    logger: Any
    randomness: Callable[[int], bytes] = os.urandom
    token: Callable[[], str] = lambda: uuid.uuid4().hex


def build_desk(host: Host) -> Desk:
    """The room's desk on this host. Where the hub runs on one machine, http to that machine is a way out too."""
    settings = host.settings
    tenant, table = settings.tenant, Table(settings.table, host.client("dynamodb"))

    def owner(sub: str) -> Principal | None:
        record = host.principals.principal(sub) if settings.directory_table else None
        return principal_from({"sub": sub, "aud": tenant}, record, host.now()) if record else None

    return Desk(
        tenant=tenant,
        endpoints=Endpoints(tenant, table, host.clock.wall_now),
        deliveries=Deliveries(tenant, table),
        turns=Turns(tenant, table),
        statistics=Statistics(tenant, table),
        sealer=Sealer(host.client("kms"), settings.key_id, tenant),
        fetch=Fetcher(loopback=bool(settings.platforms_url)),
        read_policy=host.read_policy,
        owner=owner,
        emit=host.emit,
        send=host.send,
        now=host.now,
        wall_now=host.clock.wall_now,
        logger=host.logger,
    )
