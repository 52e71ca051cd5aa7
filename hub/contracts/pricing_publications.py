"""What was published to the stores, who was told, and who has said that they know (总部方案与签收)."""

from __future__ import annotations

from hub.contracts.base import Contract, Moment


class PublicationTold(Contract):
    """One store: who sells there was told; who has acknowledged it."""

    store: str
    guides: tuple[str, ...]
    acknowledged: tuple[str, ...]


class PublicationReach(Contract):
    """How far a publication has got: guides told and guides who acknowledged, of all stores; rate_percent of those
    told."""

    id: str
    document: str
    number: int
    starts_at: Moment
    stores: int
    told: int
    acknowledged: int
    rate_percent: str


class StorePublication(PublicationTold):
    """The same of one store, and what it is about."""

    id: str
    document: str
    number: int
    starts_at: Moment
