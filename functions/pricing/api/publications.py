"""How far a publication has got (签收率), and a guide's word that they know."""

from __future__ import annotations

from functions.pricing.desk import Desk
from functions.pricing.publications.publications import StoreNotice, reach_of, show_notice
from functions.pricing.room import MANAGERS, room
from hub.contracts.pricing_publications import PublicationReach, StorePublication
from hub.edge.access import Place, Subject
from hub.edge.requests import Request


@room.http("GET", "/pricing/publications/{publication_id}", summary="方案签收率 · How far a publication has got",
           answer=PublicationReach, roles=MANAGERS, scope="whole")  # fmt: skip
def show_publication(desk: Desk, request: Request) -> PublicationReach:
    """Of all stores that it concerns: who was notice, and who has acknowledged it."""
    return reach_of(desk.publications.all(request.path["publication_id"]))


def noticed_store(desk: Desk, request: Request) -> Subject:
    """A publication in the store of the path: the store's, and theirs who were notice."""
    notice = desk.publications.get(request.path["publication_id"], request.path["store_id"])
    return Subject(notice, (Place(notice.region, notice.store, people=notice.guides),))


@room.http("GET", "/pricing/publications/{publication_id}/stores/{store_id}",
           summary="门店签收 · A publication in a store", answer=StorePublication, scope="store",
           subject=noticed_store)  # fmt: skip
def show_in_store(desk: Desk, request: Request) -> StorePublication:
    """Who was told there, and who has acknowledged it."""
    return show_notice(request.subject)


@room.http("POST", "/pricing/publications/{publication_id}/stores/{store_id}/acknowledge",
           summary="签收方案 · A guide says that they know", answer=StorePublication, scope="store",
           subject=noticed_store)  # fmt: skip
def acknowledge(desk: Desk, request: Request) -> StorePublication:
    """By whoever was notice, for themselves; again changes nothing."""
    notice: StoreNotice = request.subject
    return show_notice(desk.publications.acknowledge(notice, request.principal.sub))
