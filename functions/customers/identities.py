"""Who is it? One identity (身份) leads to exactly one customer, however many messages race or come twice.

The identity is an item of its own, put on the condition that it is not there: that put is the arbiter. Whoever comes
with several (a platform's name, a UnionID, a phone) ties those that are free in one transaction: all, or none and the
decision is made anew. An identity that is another customer's already stays theirs: customers are not merged here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from hub.kernel.errors import Retry
from hub.kernel.ids import hashed_id

RACES_LIMIT = 8
"""How often the decision is made anew when somebody else was faster."""


@dataclass(frozen=True)
class Identity:
    """A person as one platform names them: `account` is the corp, app or shop within which the name holds, "" for what
    holds everywhere."""

    channel: str
    account: str
    external_id: str

    @property
    def key(self) -> str:
        """The identity as one text; "#" inside a part is escaped, so that two identities never share a key."""
        return "#".join(_escape(part) for part in (self.channel, self.account, self.external_id))


class IdentityStore(Protocol):
    """Where identities and customers are kept. Reads are strongly consistent."""

    def find(self, identity: Identity) -> str | None:
        """The id of the customer that this identity was claimed for."""

    def claim(self, customer_id: str, identities: Sequence[Identity], at: datetime, *, new: bool = False) -> bool:
        """Tie all of the identities to the customer, who is made if `new`. False, and nothing is written, when one of
        them is tied already, to whomever."""


def resolve_customer(store: IdentityStore, tenant: str, identities: Sequence[Identity], at: datetime) -> str:
    """The customer behind a person, made on first sight. `at`: when the person was seen.

    identities: what the person is known by, the strongest first; the first is the platform's own name for them. The
    customer of the strongest one that is tied wins, and gets those that are free. Raises Retry when others keep coming
    in between.
    """
    for _ in range(RACES_LIMIT):
        held = {identity: store.find(identity) for identity in identities}
        known = next((customer_id for customer_id in held.values() if customer_id), None)
        customer_id = known or customer_id_of(tenant, identities[0])
        free = [identity for identity, holder in held.items() if holder is None]
        if not free or store.claim(customer_id, free, at, new=known is None):
            return customer_id
    raise Retry("the identity is being claimed", channel=identities[0].channel)


def customer_id_of(tenant: str, identity: Identity) -> str:
    """`cus_…`, the same for the same identity for ever."""
    return hashed_id("cus", tenant, identity.channel, identity.account, identity.external_id)


def _escape(part: str) -> str:
    return part.replace("%", "%25").replace("#", "%23")
