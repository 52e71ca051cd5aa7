"""Who is it? One identity (身份) leads to exactly one record, however many messages race or come twice.

Every name under which a platform knows somebody is a record of its own (`cus_…`, the same for ever), and a customer is
one record or several that were merged (merging.py): so whoever is merged can be split again. The identity is an item of
its own, put on the condition that it is not there: that put is the arbiter. Whoever comes with several (a platform's
name, a UnionID, a phone) ties those that are free in one transaction: all, or none and the decision is made anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import Any, Protocol

from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Retry
from hub.kernel.ids import hashed_id

RACES_LIMIT = 8
"""How often the decision is made anew when somebody else was faster."""
FAMILIES = {"wechat_kf": "wecom"}
"""Channels whose people have the names of another's: a corp's customers are the same for its apps and its desks."""
NAMED_BY_CONNECTION = {"open": "account", "youzan": "kdt_id"}
"""Channels whose sender names people alike for all its shops, and the setting that says within which account."""


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


@dataclass(frozen=True)
class Claim:
    """Whose an identity is. shared: several people have it (a family's phone), so it says nothing any more. fresh: it
    was tied just now."""

    customer_id: str
    shared: bool = False
    fresh: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class Who:
    """Somebody as they came: the record of their name, and the customer that it is part of; "" for nobody. changed:
    more is known of who they are than before."""

    record_id: str
    customer_id: str
    changed: bool = field(default=False, compare=False)


class IdentityStore(Protocol):
    """Where identities and customers are kept. Reads are strongly consistent."""

    def claims(self, identities: Sequence[Identity]) -> dict[Identity, Claim]:
        """The claims of those that are tied."""

    def claim(self, customer_id: str, identities: Sequence[Identity], at: datetime, *, new: bool = False) -> bool:
        """Tie all of the identities to the record, which is made if `new`. False, and nothing is written, when one of
        them is tied already, to whomever."""


def canonical_identity(channel: str, account: str, person_id: str, settings: Mapping[str, Any] | None) -> Identity:
    """The one name of a person, whichever of a family's channels they came by and whatever shop an order names.

    account: the corp, app or shop that the event names. settings: its connection's, None where that is unknown.
    """
    setting = NAMED_BY_CONNECTION.get(channel)
    if setting and settings is not None:
        value = settings.get(setting)
        account = value if isinstance(value, str) else ""
    return Identity(FAMILIES.get(channel, channel), account, person_id)


def former_identity(channel: str, account: str, person_id: str, identity: Identity) -> tuple[Identity, ...]:
    """The name by which an older version knew them: as the event has it, where that is another than `identity`."""
    former = Identity(channel, account, person_id)
    return () if former == identity else (former,)


def resolve_record(
    store: IdentityStore, tenant: str, identities: Sequence[Identity], at: datetime, former: Sequence[Identity] = ()
) -> tuple[str, dict[Identity, Claim]]:
    """The record of a person, made on first sight, and the claims of all that they are known by. `at`: when the person
    was seen.

    identities: what the person is known by, the strongest first; the first is the platform's own name for them, and the
    record is that name's; it gets those that are free. former: older forms of that name: whoever has none of the new
    form yet is whose the old one is. Raises Retry when others keep coming in between.
    """
    for _ in range(RACES_LIMIT):
        claims = store.claims((*identities, *former))
        old = [claims.pop(name) for name in former if name in claims]
        known = claims.get(identities[0]) or next(iter(old), None)
        record_id = known.customer_id if known else customer_id_of(tenant, identities[0])
        free = [identity for identity in dict.fromkeys(identities) if identity not in claims]
        if not free or store.claim(record_id, free, at, new=known is None):
            return record_id, {**claims, **{identity: Claim(record_id, fresh=True) for identity in free}}
    raise Retry("the identity is being claimed", channel=identities[0].channel)


def customer_id_of(tenant: str, identity: Identity) -> str:
    """`cus_…`, the same for the same identity for ever."""
    return hashed_id("cus", tenant, identity.channel, identity.account, identity.external_id)


def _escape(part: str) -> str:
    return part.replace("%", "%25").replace("#", "%23")
