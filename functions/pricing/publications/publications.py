"""Publications (总部方案下发): which stores a published document concerns, and who there is to know of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from functions.pricing.places.places import Store
from hub.contracts import events
from hub.contracts.pricing_publications import PublicationReach, StorePublication
from hub.documents.versions import Line, Pointer
from hub.kernel.dataclass import dataclass
from hub.kernel.ids import derived_id, hashed_id
from hub.kernel.regions import covers, is_region


@dataclass(frozen=True, slots=True)
class StoreNotice:
    """One store of a publication."""

    id: str
    document: str
    number: int
    starts_at: datetime
    store: str
    region: str
    guides: tuple[str, ...]
    acknowledged: tuple[str, ...] = ()


def notices_for(line: Line, pointer: Pointer, stores: Iterable[Store]) -> list[StoreNotice]:
    """Each store that a move of a document's pointer concerns, and that somebody sells in."""
    publication = hashed_id("pub", line.kind, line.key, line.scope, str(pointer.revision))
    starts = next((switch.start for switch in pointer.plan if switch.number == pointer.head), pointer.moved_at)
    return [
        StoreNotice(publication, f"{line.kind}/{line.key}", pointer.head, starts, store.id, store.region, store.guides)
        for store in stores
        if store.guides and _concerns(line.scope, store)
    ]


def event_of(notice: StoreNotice, tenant: str, at: datetime) -> events.PricesPublished:
    """What the bus hears of one store."""
    return events.PricesPublished(
        id=derived_id("evt", at, "prices.published", notice.id, notice.store),
        tenant=tenant,
        at=at,
        publication_id=notice.id,
        document=notice.document,
        number=notice.number,
        starts_at=notice.starts_at,
        region=notice.region,
        store_id=notice.store,
        recipients=notice.guides,
    )


def reach_of(rows: list[StoreNotice]) -> PublicationReach:
    """All stores of a publication together."""
    guides, known = sum(len(row.guides) for row in rows), sum(len(row.acknowledged) for row in rows)
    rate = (Decimal(known) * 100 / guides).quantize(Decimal("0.1")) if guides else Decimal(0)
    first = rows[0]
    return PublicationReach(
        id=first.id,
        document=first.document,
        number=first.number,
        starts_at=first.starts_at,
        stores=len(rows),
        guides=guides,
        acknowledged=known,
        rate_percent=f"{rate:f}",
    )


def show_notice(notice: StoreNotice) -> StorePublication:
    """One store's."""
    return StorePublication(
        id=notice.id,
        document=notice.document,
        number=notice.number,
        starts_at=notice.starts_at,
        store=notice.store,
        guides=notice.guides,
        acknowledged=notice.acknowledged,
    )


def _concerns(scope: str, store: Store) -> bool:
    """Whether what is published in a scope holds in a store."""
    return covers(scope, store.region) if is_region(scope) else scope.removeprefix("store:") == store.id
