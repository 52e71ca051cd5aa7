"""What the room keeps of patrols: the reviews of each store that wait for its next inspection, and what an inspection
was opened for.

    …#review#<rev_…>           patrol#<key>     that a patrol has heard of the review, for ever
    …#patrol#<key>#<store>     review#<rev_…>   one that waits: it goes with the ticket that counts it
                               patrol           when the store is looked after next
    …#ticket#<id>              issues           what the ticket lists
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from functions.tickets.tables import LOOK, Items, Record
from functions.tickets.ticket.ticket import Stored
from hub.contracts.base import Moment
from hub.kernel.errors import Conflict
from hub.store.due import due_keys
from hub.store.table import Delete, Lost, Put, Update

PATROL = "patrol"
REVIEWS_LIMIT = 2000
"""So many reviews of a store are counted for one morning; what is more waits for the next."""
AT_ONCE = 90
"""So many are taken off by one transaction."""


class Heard(Stored):
    """A review that names issues."""

    review_id: str
    at: Moment
    region: str
    issues: tuple[str, ...]


class Ranked(Stored):
    """An issue as a ticket lists it. reviews: the ids of those that name it, the first ones."""

    issue: str
    title_zh: str
    title_en: str
    count: int
    reviews: tuple[str, ...]


class Ranking(Stored):
    """What an inspection was opened for, the most frequent first."""

    issues: tuple[Ranked, ...]


def note_review(items: Items, key: str, store_id: str, review: Heard, opens_at: datetime) -> None:
    """Have a review wait for the store's next inspection; one that was heard of before is not counted again. Raises
    Retry."""
    pk = place_key(key, store_id)
    due = due_keys(items.tenant, LOOK, pk, opens_at)
    change = "SET " + ", ".join(f"{name} = if_not_exists({name}, :{name})" for name in due) + " ADD version :one"
    values = {f":{name}": value for name, value in due.items()} | {":one": 1}
    try:
        items.write(
            items.new(f"review#{review.review_id}", f"{PATROL}#{key}", review),
            Put(items.item(pk, f"review#{review.review_id}", review)),
            Update((items.key(pk), PATROL), change, values),
        )
    except Lost as lost:
        if lost.index != 0:
            raise


def waiting_at(items: Items, key: str, store_id: str) -> list[Heard]:
    """The reviews of a store that wait."""
    return [record.read(Heard) for record in items.all_of(place_key(key, store_id), "review#", REVIEWS_LIMIT)]


def take_off(items: Items, key: str, store_id: str, counted: Sequence[Heard]) -> None:
    """They wait no more. Taken off twice, they are off."""
    pk = items.key(place_key(key, store_id))
    for begin in range(0, len(counted), AT_ONCE):
        items.write(*(Delete((pk, f"review#{review.review_id}")) for review in counted[begin : begin + AT_ONCE]))


def look_again(items: Items, key: str, store_id: str, seen: Record, at: datetime | None) -> None:
    """Have the sweep look after a store at a moment, or not at all; a review that came since it was seen decides that
    anew, and it stays due."""
    where = (items.key(place_key(key, store_id)), PATROL)
    as_seen, values = "version = :seen", {":seen": seen.version}
    try:
        if at is None:
            items.write(Delete(where, as_seen, values))
        else:
            due = due_keys(items.tenant, LOOK, place_key(key, store_id), at)
            change = "SET " + ", ".join(f"{name} = :{name}" for name in due)
            items.write(Update(where, change, values | {f":{name}": v for name, v in due.items()}, as_seen))
    except Conflict:
        return


def put_ranking(items: Items, ticket_id: str, issues: Iterable[Ranked]) -> Put:
    """The write that keeps with a ticket what it lists."""
    return Put(items.item(f"ticket#{ticket_id}", "issues", Ranking(issues=tuple(issues))))


def ranking_of(items: Items, ticket_id: str) -> Ranking:
    """What a ticket lists."""
    record = items.find(f"ticket#{ticket_id}", "issues")
    return record.read(Ranking) if record else Ranking(issues=())


def place_key(key: str, store_id: str) -> str:
    """The partition of a patrol's store."""
    return f"{PATROL}#{key}#{store_id}"
