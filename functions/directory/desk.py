"""What the room's handlers work with."""

from __future__ import annotations

from datetime import datetime, timedelta

from functions.directory.directory_table import DirectoryTable
from functions.directory.sign_in.sessions_table import SessionTable
from functions.directory.sign_in.wecom import WecomDoor
from functions.directory.tables import MODELS
from hub.documents.documents import Documents
from hub.edge.host import Host
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Forbidden, NotFound
from hub.platforms.clients import platforms_of
from hub.store.model import bind
from hub.store.sealing import Sealer
from hub.store.secrets import ConnectionSecrets
from hub.store.table import Table


@dataclass
class Desk:
    """host: signing keys, principals and the bus, as the edge has them. sealer: seals people's names. sessions: who is
    signed in. wecom: the app by which people sign in."""

    host: Host
    directory: DirectoryTable
    sealer: Sealer
    documents: Documents
    sessions: SessionTable
    wecom: WecomDoor

    @property
    def is_local(self) -> bool:
        """Whether this is a hub on one machine, with doubles of the platforms."""
        return bool(self.host.settings.platforms_url)

    def wall_now(self) -> datetime:
        """Real time, by which tokens live."""
        return self.host.clock.wall_now()

    def wall_after(self, **delta: float) -> datetime:
        """Real time, so much later."""
        return self.wall_now() + timedelta(**delta)

    def known_person(self, person_id: str) -> str:
        """The id of one of the directory's people. Raises Forbidden for anybody else."""
        try:
            return str(self.directory.person(person_id).person_id)
        except NotFound:
            raise Forbidden("the directory knows nobody of this name", person=person_id) from None

    def person_of_member(self, userid: str) -> str:
        """Who of the directory's people this member of the corp is. Raises Forbidden for nobody, and for several."""
        people = self.directory.members(userid)
        if len(people) != 1:
            raise Forbidden("the directory knows nobody of this name", member=userid)
        return str(people[0].person_id)


def build_desk(host: Host) -> Desk:
    """The room's desk on this host."""
    settings = host.settings
    bind(settings.table, *MODELS)
    sealer = Sealer(host.client("kms"), settings.key_id, settings.tenant)
    table = Table(settings.table, host.client("dynamodb"))
    documents = Documents(table, settings.tenant, host.now, None)
    secrets = ConnectionSecrets(host.client("ssm"), settings.tenant, host.clock.wall_now)
    wecom = WecomDoor(secrets, platforms_of(host), settings.platforms_url)
    sessions = SessionTable(settings.tenant, table)
    return Desk(host, DirectoryTable(settings.tenant, table), sealer, documents, sessions, wecom)
