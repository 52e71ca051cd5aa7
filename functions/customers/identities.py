"""Who is it? One identity (身份) leads to exactly one customer, however many messages race or come twice.

The identity is an item of its own, put on the condition that it is not there: that put is the arbiter. The customer's
id is made from the identity, so a repeat makes the same one; where an identity was claimed before, its claim wins.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from hub.kernel.errors import Retry
from hub.kernel.ids import hashed_id


@dataclass(frozen=True)
class Identity:
    """A person as one platform names them: `account` is the corp, app or shop within which the name holds."""

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

    def create_customer(self, customer_id: str, identity: Identity, at: datetime) -> None:
        """The customer with its first identity, unless it is there."""

    def claim(self, identity: Identity, customer_id: str, at: datetime) -> bool:
        """Tie the identity to the customer; False when it is tied already, to whomever."""


def resolve_customer(store: IdentityStore, tenant: str, identity: Identity, at: datetime) -> str:
    """The customer behind an identity, made on first sight. `at`: when the identity was first seen.

    The customer is written before the claim, so that a claim always leads somewhere. Raises Retry when a race was
    lost and the winner cannot be read yet.
    """
    known = store.find(identity)
    if known is not None:
        return known
    made = customer_id_of(tenant, identity)
    store.create_customer(made, identity, at)
    if store.claim(identity, made, at):
        return made
    winner = store.find(identity)
    if winner is None:
        raise Retry("the identity is being claimed", channel=identity.channel)
    return winner


def customer_id_of(tenant: str, identity: Identity) -> str:
    """`cus_…`, the same for the same identity for ever."""
    return hashed_id("cus", tenant, identity.channel, identity.account, identity.external_id)


def _escape(part: str) -> str:
    return part.replace("%", "%25").replace("#", "%23")
