"""What was published to the stores, who was told of it, and who has said that they know (总部方案与签收)."""

from hub.contracts.base import Contract, Moment


class StoreReach(Contract):
    """One store: who sells there was told; who has acknowledged it."""

    store: str
    guides: tuple[str, ...]
    acknowledged: tuple[str, ...]


class PublicationReach(Contract):
    """How far a publication has got, of all stores: the guides who were told of it, those who acknowledged it, and how
    many of a hundred these are."""

    id: str
    document: str
    number: int
    starts_at: Moment
    stores: int
    guides: int
    acknowledged: int
    rate_percent: str


class StorePublication(StoreReach):
    """The same of one store, and what it is about."""

    id: str
    document: str
    number: int
    starts_at: Moment
