"""Files of tickets in the room's table: what may be uploaded, and what was.

…#upload#<id>     upload      bound to one ticket and one visit from the start
…#ticket#<id>     file#<id>   what was uploaded, beside its ticket
"""

from contextlib import suppress
from datetime import datetime

from functions.tickets.tables import Items
from functions.tickets.ticket.ticket import Stored
from hub.contracts.base import Moment
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import NotFound
from hub.store.table import NEW, Lost, Write

FILES_LIMIT = 100
"""So many files a ticket has."""
KEPT_SECONDS = 2 * 86_400
"""An upload that nobody finishes is forgotten."""


class Upload(Stored):
    """One file: for which ticket and visit ("" for the ticket as a whole), and what it has to be."""

    id: str
    ticket_id: str
    visit_id: str = ""
    node: str = ""
    content_type: str
    size_bytes: int
    sha256: str
    made_by: str
    made_at: Moment
    done_at: Moment | None = None

    @property
    def name(self) -> str:
        """Where it lies in the bucket: below its ticket and its visit."""
        return f"{self.ticket_id}/{self.visit_id or 'ticket'}/{self.id}"


@dataclass(frozen=True)
class UploadTable:
    """The uploads of one tenant."""

    items: Items

    def find(self, upload_id: str) -> tuple[Upload, int]:
        """An upload, and the version that it was read at. Raises NotFound."""
        record = self.items.find(f"upload#{upload_id}", "upload")
        if record is None:
            raise NotFound("no such upload", upload=upload_id)
        return record.read(Upload), record.version

    def open(self, upload: Upload, wall_now: datetime) -> None:
        """Keep what may be uploaded. Again changes nothing."""
        expires_at = int(wall_now.timestamp()) + KEPT_SECONDS
        item = self.items.item(f"upload#{upload.id}", "upload", upload, version=1, expires_at=expires_at)
        with suppress(Lost):
            self.items.table.put(item, NEW)

    def finish(self, upload: Upload, version: int) -> tuple[Write, ...]:
        """The writes by which it is one of its ticket's files: once."""
        done = self.items.next(f"upload#{upload.id}", "upload", upload, version)
        return done, self.items.new(f"ticket#{upload.ticket_id}", f"file#{upload.id}", upload)

    def files(self, ticket_id: str) -> list[Upload]:
        """The files of a ticket, the oldest first."""
        records = self.items.all_of(f"ticket#{ticket_id}", "file#", FILES_LIMIT + 1)
        return [record.read(Upload) for record in records]
