"""What an integrator's body says, in contract events and facts. Pure.

Who a person is (phone, e-mail, name) and what they wrote becomes content; events carry ids. An order or after-sale is
told whole, so it becomes facts at once and nothing is read again.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hub.channels.base import Draft, NotUnderstood, StoredMessage
from hub.channels.facts import AfterSaleFacts, OrderFacts
from hub.channels.mapping import AFTER_SALE_RANKS, ORDER_RANKS
from hub.channels.open import documents as documents
from hub.channels.reading import distinct_numbers, envelope
from hub.contracts.events import (
    CartChanged,
    CompetitorPriced,
    ConsentChanged,
    CouponChanged,
    LeadCaptured,
    LogisticsChanged,
    MemberChanged,
    MessageReceived,
    NoticeReceipted,
    PromotionChanged,
    ReviewPosted,
    SupplyChanged,
    TouchpointCaptured,
)
from hub.kernel.errors import Problem

AHEAD_LIMIT = timedelta(hours=1)
"""A sender's clock may be ahead of ours, but not by as much as a wrong offset puts it."""


def events(message: StoredMessage) -> list[Draft]:
    """The one thing that a body says. Raises NotUnderstood: bad-json, unmapped-type, bad-form (field: JSON pointer).

    Of two tellings the later one holds, so one from the future would hold against all that is true until then.
    """
    document = documents.read_document(message.plaintext)
    if isinstance(document, list):
        raise _not_understood(document[0])
    if document.occurred_at > message.received_at + AHEAD_LIMIT:
        raise _not_understood(Problem("/occurred_at", "must not lie in the future: is its offset right?"))
    return [_draft(message, document)]


def check(body: bytes) -> list[Problem]:
    """What is wrong with a body, by JSON pointer; empty when it would be understood."""
    document = documents.read_document(body)
    return document if isinstance(document, list) else []


def _not_understood(problem: Problem) -> NotUnderstood:
    if problem.pointer == "/type":
        return NotUnderstood("unmapped-type")
    if problem.rule == documents.NOT_JSON:
        return NotUnderstood("bad-json")
    return NotUnderstood("bad-form", field=problem.pointer, rule=problem.rule)


def _draft(message: StoredMessage, document: documents.Document) -> Draft:
    match document:
        case documents.MessageCreated():
            return _message(message, document)
        case documents.Lead():
            return _lead(message, document)
        case documents.ReviewCreated():
            return _review(message, document)
        case documents.OrderUpdated():
            return Draft(facts=_order(message, document))
        case documents.AfterSaleUpdated():
            return Draft(facts=_after_sale(message, document))
        case documents.CompetitorUpdated() | documents.PromotionUpdated() | documents.CartUpdated():
            return Draft(_market_event(message, document))
        case _:
            return Draft(_plain_event(message, document))


def _plain_event(message: StoredMessage, document: documents.Plain) -> Any:
    """The event of a type whose data are its fields, word for word."""
    match document:
        case documents.Touchpoint():
            return TouchpointCaptured(
                **_platform(message, document, "touchpoint.captured"), **document.data.model_dump()
            )
        case documents.CouponUpdated():
            return CouponChanged(**_platform(message, document, "coupon.changed"), **document.data.model_dump())
        case documents.MemberUpdated():
            return MemberChanged(**_platform(message, document, "member.changed"), **document.data.model_dump())
        case documents.ConsentUpdated():
            return ConsentChanged(**_platform(message, document, "consent.changed"), **document.data.model_dump())
        case documents.LogisticsUpdated():
            data = document.data.model_dump() | {"shop_id": document.data.shop_id or message.account}
            return LogisticsChanged(**_platform(message, document, "logistics.changed"), **data)
        case documents.Receipt():
            data = {"notice_channel": document.data.channel, **document.data.model_dump(exclude={"channel"})}
            return NoticeReceipted(**_platform(message, document, "notice.receipted"), **data)
        case documents.StockUpdated() | documents.ProductionUpdated():
            return SupplyChanged(**_platform(message, document, "supply.changed"), **document.data.model_dump())


def _market_event(message: StoredMessage, document: documents.Market) -> Any:
    """The event of a type whose data are its fields, amounts in minor units."""
    match document:
        case documents.CompetitorUpdated():
            return CompetitorPriced(**_platform(message, document, "competitor.priced"), **document.data.facts)
        case documents.PromotionUpdated():
            data = document.data.facts | {"shop_id": document.data.shop_id or message.account}
            return PromotionChanged(**_platform(message, document, "promotion.changed"), **data)
        case documents.CartUpdated():
            data = document.data.facts | {"shop_id": document.data.shop_id or message.account}
            return CartChanged(**_platform(message, document, "cart.changed"), **data)


def _message(message: StoredMessage, document: documents.MessageCreated) -> Draft:
    data = document.data
    event = MessageReceived(
        **envelope(message, "message.received"),
        message_id=message.message_id,
        account=message.account,
        sender_id=data.person.id,
        kind=data.kind,
        content_ref=message.message_id,
    )
    words = {"text": data.text, "subject": data.subject, "url": data.url, **_where(data)}
    content = {"schema": 1, "kind": data.kind, "entry": data.entry, **_without_blanks(words), **_person(data.person)}
    return Draft(event, content | {"source_time": str(int(document.occurred_at.timestamp()))})


def _lead(message: StoredMessage, document: documents.Lead) -> Draft:
    data = document.data
    event = LeadCaptured(
        **_platform(message, document, "lead.captured"),
        lead_no=data.lead_no,
        person_id=data.person.id,
        attribution=data.attribution,
        content_ref=message.message_id,
    )
    words = _without_blanks({"text": data.text, "fields": dict(data.fields), **_where(data)})
    return Draft(event, {"schema": 1, "kind": "lead", **words, **_person(data.person)})


def _review(message: StoredMessage, document: documents.ReviewCreated) -> Draft:
    data = document.data
    event = ReviewPosted(
        **_platform(message, document, "review.posted"),
        **data.model_dump(exclude={"text", "shop_id"}),
        shop_id=data.shop_id or message.account,
        content_ref=message.message_id,
    )
    return Draft(event, {"schema": 1, "kind": "review", "text": data.text})


def _order(message: StoredMessage, document: documents.OrderUpdated) -> OrderFacts:
    data = document.data
    deposit_minor = data.deposit_minor if data.state == "pending_payment" else 0
    return OrderFacts(
        order_no=data.order_no,
        shop_id=data.shop_id or message.account,
        state=data.state,
        state_rank=ORDER_RANKS[data.state] + bool(deposit_minor),
        amount_minor=data.amount_minor,
        currency=data.currency,
        updated_at=document.occurred_at,
        buyer_id=data.buyer_id,
        paid_at=data.paid_at if data.state != "pending_payment" else None,
        deposit_minor=deposit_minor,
        attribution=data.attribution,
        note=data.note,
        tracking_nos=distinct_numbers(data.tracking_nos),
        terms=data.terms,
    )


def _after_sale(message: StoredMessage, document: documents.AfterSaleUpdated) -> AfterSaleFacts:
    data = document.data
    return AfterSaleFacts(
        after_sale_no=data.after_sale_no,
        order_no=data.order_no,
        shop_id=data.shop_id or message.account,
        type=data.kind,
        state=data.state,
        state_rank=AFTER_SALE_RANKS[data.state],
        money=data.money,
        updated_at=document.occurred_at,
        requested_minor=data.requested_minor,
        refunded_minor=data.refunded_minor,
        currency=data.currency,
        buyer_id=data.buyer_id,
        tracking_no=data.tracking_no,
        deadline_at=data.deadline_at,
        reason=data.reason,
        lines=data.order_lines,
    )


def _platform(message: StoredMessage, document: documents.Document, kind: str) -> dict[str, Any]:
    return {**envelope(message, kind), "account": message.account, "source_at": document.occurred_at}


def _person(person: documents.Person) -> dict[str, Any]:
    """What the sender knows of the person, for those who find out who it is."""
    return {"person": person.model_dump(exclude_defaults=True)}


def _where(data: documents.Where) -> dict[str, str]:
    return {"region": data.region, "store_id": data.store_id, "address": data.address}


def _without_blanks(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value}
