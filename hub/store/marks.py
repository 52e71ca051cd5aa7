"""A request's mark (幂等标记): that it has been done, written in the very transaction that does it.

While a request rides (`riding_with`), its mark goes along with the first transaction on its room's table that is
carried out. Single writes beside it carry none: they are what may be done twice. Whoever comes second meets the mark,
not the change: `Repeated`, which no room catches.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from hub.kernel.dataclass import dataclass
from hub.kernel.errors import HubError
from hub.store.writes import Key, Update


class Repeated(HubError):
    """The request that this is has been done already: its repeat is told what came of it."""

    code = "repeated"


@dataclass
class Ride:
    """The mark of one request. key: the item that its Idempotency-Key claimed. tried: a transaction that carried it was
    sent, whatever came of that; carried: one went through."""

    table: str
    key: Key
    tried: bool = False
    carried: bool = False

    def write(self, resource_id: str) -> Update:
        """The mark, which can be set once. resource_id: what came of it, for whoever repeats."""
        self.tried = True
        unmarked = "attribute_not_exists(resource_id)"
        return Update(self.key, "SET resource_id = :made", {":made": resource_id}, unmarked)


_RIDING: ContextVar[Ride | None] = ContextVar("riding", default=None)


@contextmanager
def riding_with(ride: Ride) -> Iterator[Ride]:
    """Inside, in this thread, the first transaction on the ride's table carries its mark."""
    before = _RIDING.set(ride)
    try:
        yield ride
    finally:
        _RIDING.reset(before)


def ride_on(table: str) -> Ride | None:
    """The ride that a transaction on this table has to take along; None without one, or once it is carried."""
    ride = _RIDING.get()
    return ride if ride is not None and ride.table == table and not ride.carried else None
