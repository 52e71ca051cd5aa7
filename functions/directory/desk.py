"""What the room's handlers work with."""

from __future__ import annotations

from functions.directory.directory_table import DirectoryTable
from functions.directory.tables import MODELS
from hub.documents.documents import Documents
from hub.edge.host import Host
from hub.kernel.frozen import dataclass
from hub.store.model import bind
from hub.store.sealing import Sealer
from hub.store.table import Table


@dataclass
class Desk:
    """host: signing keys, principals and the bus, as the edge has them. sealer: seals people's names."""

    host: Host
    directory: DirectoryTable
    sealer: Sealer
    documents: Documents


def build_desk(host: Host) -> Desk:
    """The room's desk on this host."""
    settings = host.settings
    bind(settings.table, *MODELS)
    sealer = Sealer(host.client("kms"), settings.key_id, settings.tenant)
    table = Table(settings.table, host.client("dynamodb"))
    documents = Documents(table, settings.tenant, host.now, None)
    return Desk(host, DirectoryTable(settings.tenant, table), sealer, documents)
