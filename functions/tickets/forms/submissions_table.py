"""Submissions in the room's table, and how often what was handed in was refused.

…#submission#<id>    submission                 listed by place and form
…#figures#<form>     <day>#<form version>       submitted, drafts, invalid: counted before the writes
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from functions.tickets.forms.submission import PUBLIC, Submission
from functions.tickets.tables import Items
from hub.kernel.clock import parse_rfc3339
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import NotFound
from hub.kernel.positions import no_such_cursor
from hub.store.lists import ListQuery, Within, list_keys, read_list
from hub.store.table import Put

DAYS_SHOWN = 62


@dataclass(frozen=True)
class SubmissionTable:
    """The submissions of one tenant."""

    items: Items

    def find(self, submission_id: str) -> tuple[Submission, int]:
        """A submission, and the version that it was read at. Raises NotFound."""
        record = self.items.find(f"submission#{submission_id}", "submission")
        if record is None:
            raise NotFound("no such submission", submission=submission_id)
        return record.read(Submission), record.version

    def save(self, submission: Submission, version: int) -> Put:
        """The write that makes it so, unless somebody was faster."""
        keys = list_keys(
            self.items.tenant,
            _list_of(submission.form),
            submission.id,
            submission.made_at,
            region=submission.region,
            store=submission.store_id,
            person="" if submission.made_by == PUBLIC else submission.made_by,
        )
        return self.items.next(f"submission#{submission.id}", "submission", submission, version, **keys)

    def page(
        self,
        form: str,
        within: Within,
        now: datetime,
        limit: int,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        position: Mapping[str, Any] | None = None,
    ) -> tuple[list[tuple[Submission, int]], Mapping[str, Any] | None]:
        """A form's submissions within a scope, newest first; may be two seconds behind. Raises Invalid for a cursor of
        another list."""
        first = self._first_day(form)
        if first is None:
            if position:
                raise no_such_cursor()
            return [], None
        since = max(since, first) if since else first
        query = ListQuery(self.items.tenant, _list_of(form), within, now, limit, since, until, position)
        page = read_list(self.items.table, query)
        rows = [(Submission.model_validate(item["body"]), int(item["version"])) for item in page.items]
        return rows, page.position

    def _first_day(self, form: str) -> datetime | None:
        """The day before the first that was counted: nothing was handed in earlier, whatever the zone; None where
        nothing ever was."""
        page = self.items.table.query(self.items.key(f"figures#{form}"), limit=1, consistent=True)
        days = [parse_rfc3339(f"{item['sk'].partition('#')[0]}T00:00:00Z") for item in page.items]
        return days[0] - timedelta(days=1) if days else None

    def count(self, form: str, day: str, version: int, name: str) -> None:
        """One more that was submitted, kept as a draft, or invalid: counted before it is written, so that lists know
        how far back they reach. A repeat counts twice: these are figures, no books."""
        key = self.items.key(f"figures#{form}"), f"{day}#{version:08d}"
        self.items.table.update(key, "ADD #name :one", {":one": 1}, names={"#name": name})

    def figures(self, form: str) -> list[dict[str, Any]]:
        """The last days by version: day, form_version, submitted, invalid."""
        page = self.items.table.query(
            self.items.key(f"figures#{form}"), limit=DAYS_SHOWN, newest_first=True, consistent=True
        )
        return [
            {
                "day": item["sk"].partition("#")[0],
                "form_version": int(item["sk"].partition("#")[2]),
                "submitted": int(item.get("submitted", 0)),
                "invalid": int(item.get("invalid", 0)),
            }
            for item in page.items
        ]


def _list_of(form: str) -> str:
    return f"form-{form}"
