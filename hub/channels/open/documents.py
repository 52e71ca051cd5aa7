"""What an integrator may tell us: one form, `{"type", "occurred_at", "data"}`, and the data of each type.

The JSON schema in docs/open-webhook.schema.json is made from these models, and so is every reason for a quarantine.
Ids are text, money is decimal text with a currency beside it, times are RFC 3339 with an offset.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import Field, TypeAdapter, ValidationError, model_validator

from hub.channels.open.fields import (
    Entry,
    Id,
    Label,
    Long,
    OptionalId,
    OptionalPersonKey,
    ParcelNo,
    PersonKey,
    Places,
    Platform,
    Short,
    Whole,
)
from hub.channels.open.market_data import CartData, CompetitorData, PromotionData
from hub.channels.open.order_data import AfterSaleData, OrderData
from hub.channels.open.order_data import KnownAfterSaleState as KnownAfterSaleState
from hub.channels.open.order_data import KnownAfterSaleType as KnownAfterSaleType
from hub.channels.open.order_data import KnownOrderState as KnownOrderState
from hub.channels.parsing import tidy_json
from hub.contracts.base import Contract, Moment
from hub.kernel.errors import Problem

PROBLEMS_LIMIT = 20
NOT_JSON = "must be JSON in UTF-8"
RULES = {
    "missing": "must be given",
    "extra_forbidden": "must not be there: no such field",
    "string_type": "must be a text, in quotes",
    "int_type": "must be a whole number, without quotes",
    "dict_type": "must be an object",
    "model_type": "must be an object",
}
"""What pydantic finds, in our words."""

_NO_DIGIT = re.compile(r"[^0-9]")


class Person(Contract):
    """Somebody as the sender knows them. Everything but `id` is personal data and is kept apart from events."""

    id: PersonKey
    phone: Annotated[str, Field(pattern=r"^(\+?[0-9][0-9 ()-]{4,22}[0-9])?$", examples=["+8613800000000"])] = ""
    email: Annotated[str, Field(pattern=r"^([^@\s]{1,64}@[^@\s]{1,190})?$")] = ""
    name: Short = ""
    union_id: OptionalId = Field(default="", description="their WeChat UnionID, where you know it")

    @model_validator(mode="after")
    def _id_says_nothing_personal(self) -> Self:
        digits = _NO_DIGIT.sub("", self.phone)
        if self.id in (self.email, self.name) or (digits and digits == _NO_DIGIT.sub("", self.id)):
            raise ValueError("id must be your own number for the person, not their phone, e-mail or name")
        return self


class Where(Contract):
    """Where they need you, if you know: it counts before anything else that could say so."""

    region: Annotated[str, Field(pattern=r"^([1-8][0-9]{5})?$", examples=["310115"])] = Field(
        default="", description="行政区划代码 (GB/T 2260) of a province, city or district"
    )
    store_id: OptionalId = Field(default="", description="your store, by the id that the hub has for it")
    address: Short = Field(default="", description="where to come to; the region is read off it where you give none")


class MessageData(Where):
    """Somebody wrote or called (客户来讯)."""

    person: Person
    entry: Entry
    kind: Literal["text", "call", "email", "image", "voice", "video", "file", "link"] = "text"
    text: Long = Field(default="", description="what they wrote or said; the body of an e-mail, the notes of a call")
    subject: Short = ""
    url: Annotated[str, Field(max_length=2000)] = Field(
        default="", description="where the picture, recording or file is"
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.text or self.subject or self.url):
            raise ValueError("must have text, subject or url")
        return self


class TouchpointData(Contract):
    """Somebody met you without writing (触点)."""

    person_id: PersonKey
    kind: Literal[
        "followed", "scanned", "menu_clicked", "link_viewed", "page_viewed", "located", "entered", "card_action"
    ]
    object_id: Short = ""
    attribution: Places = Field(default={})


class LeadData(Where):
    """Somebody left their details (线索)."""

    lead_no: Id
    person: Person
    text: Long = ""
    fields: Annotated[dict[Label, Short], Field(max_length=50)] = Field(default={}, description="the form as filled in")
    attribution: Places = Field(default={})


class ReviewData(Contract):
    """A buyer judged what they bought (评价)."""

    review_no: Id
    text: Long = ""
    rating: Annotated[int, Field(strict=True, ge=1, le=5)] | None = None
    order_no: OptionalId = ""
    shop_id: OptionalId = ""
    item_no: OptionalId = ""
    person_id: OptionalPersonKey = ""
    platform: Platform = ""


class CouponData(Contract):
    """A person's coupon (优惠券) changed."""

    person_id: PersonKey
    platform: Platform = ""
    coupon_id: Id
    code: OptionalId = ""
    change: Literal["claimed", "used", "given", "deleted", "viewed", "expired", "invalidated", "changed"]


class MemberData(Contract):
    """A person's membership (会员) changed."""

    person_id: PersonKey
    change: Literal["joined", "left", "level_changed", "points_changed", "updated"]
    level: Short = ""
    points: Whole | None = None


class LogisticsData(Contract):
    """A parcel moved (物流)."""

    order_no: Id
    tracking_no: ParcelNo
    shop_id: OptionalId = ""
    carrier: Short = ""
    state: Literal["created", "collected", "in_transit", "delivering", "delivered", "returned", "failed"]
    person_id: OptionalPersonKey = ""


class StockData(Contract):
    """What is there of an article (库存)."""

    item_no: Id
    site: OptionalId = Field(default="", description="the warehouse or store, '' for all")
    quantity: Whole


class ProductionData(Contract):
    """When more of an article will be there (生产进度)."""

    item_no: Id
    site: OptionalId = ""
    quantity: Whole | None = None
    expected_at: Moment


class ReceiptData(Contract):
    """A notice of the hub's arrived, or did not (回执): an SMS by its gateway's report, a call by whether it was
    answered. number: what the hub sent with it (`call_id` of a call, `OutId` of an SMS), or the platform's own number
    (`BizId`, `SerialNo`)."""

    channel: Literal["sms", "phone", "email"]
    number: Id
    state: Literal["delivered", "failed"]


class ConsentData(Contract):
    """What a person allows you changed (授权)."""

    person_id: PersonKey
    change: Literal["unfollowed", "messages_refused", "messages_allowed", "revoked", "erasure_asked", "data_asked"]
    scope: Short = ""


class _Said(Contract):
    occurred_at: Moment


class MessageCreated(_Said):
    type: Literal["message.created"]
    data: MessageData


class Touchpoint(_Said):
    type: Literal["touchpoint.captured"]
    data: TouchpointData


class Lead(_Said):
    type: Literal["lead.captured"]
    data: LeadData


class OrderUpdated(_Said):
    type: Literal["order.updated"]
    data: OrderData


class AfterSaleUpdated(_Said):
    type: Literal["after_sale.updated"]
    data: AfterSaleData


class ReviewCreated(_Said):
    type: Literal["review.created"]
    data: ReviewData


class CouponUpdated(_Said):
    type: Literal["coupon.updated"]
    data: CouponData


class MemberUpdated(_Said):
    type: Literal["member.updated"]
    data: MemberData


class LogisticsUpdated(_Said):
    type: Literal["logistics.updated"]
    data: LogisticsData


class StockUpdated(_Said):
    type: Literal["stock.updated"]
    data: StockData


class ProductionUpdated(_Said):
    type: Literal["production.updated"]
    data: ProductionData


class CompetitorUpdated(_Said):
    type: Literal["competitor.updated"]
    data: CompetitorData


class PromotionUpdated(_Said):
    type: Literal["promotion.updated"]
    data: PromotionData


class CartUpdated(_Said):
    type: Literal["cart.updated"]
    data: CartData


class Receipt(_Said):
    type: Literal["notice.receipted"]
    data: ReceiptData


class ConsentUpdated(_Said):
    type: Literal["consent.updated"]
    data: ConsentData


Plain = (
    Touchpoint
    | CouponUpdated
    | MemberUpdated
    | LogisticsUpdated
    | StockUpdated
    | ProductionUpdated
    | ConsentUpdated
    | Receipt
)
"""What is an event as it stands: ids and enums only."""
Market = CompetitorUpdated | PromotionUpdated | CartUpdated
"""The same, with amounts."""
Document = MessageCreated | Lead | OrderUpdated | AfterSaleUpdated | ReviewCreated | Plain | Market
TYPES: tuple[str, ...] = tuple(get_args(model.model_fields["type"].annotation)[0] for model in get_args(Document))
_PROSE = re.compile(r"^(?:Value error, |(Input|String) should )")
_ADAPTER: TypeAdapter[Document] = TypeAdapter(Annotated[Document, Field(discriminator="type")])


def read_document(body: bytes) -> Document | list[Problem]:
    """The document in a body, or what is wrong with it: "" names the whole body, "/type" an unknown type."""
    try:
        return _ADAPTER.validate_json(tidy_json(body))
    except (ValueError, RecursionError) as failure:
        if not isinstance(failure, ValidationError):
            return [Problem("", NOT_JSON)]
        errors = failure.errors(include_url=False, include_input=False, include_context=False)[:PROBLEMS_LIMIT]
        return [_problem(item["type"], item["loc"], item["msg"]) for item in errors]


def json_schema() -> dict[str, Any]:
    """The JSON schema (2020-12) of a body."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "scrm-hub open webhook",
        **_ADAPTER.json_schema(ref_template="#/$defs/{model}"),
    }


def _problem(kind: str, loc: tuple[int | str, ...], rule: str) -> Problem:
    """pydantic's words as ours. Of a located error the first part is the type that the body names itself."""
    if kind == "json_invalid":
        return Problem("", NOT_JSON)
    if kind.startswith("union_tag"):
        return Problem("/type", "must be one of: " + ", ".join(TYPES))
    pointer = "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in loc[1:] if part != "[key]")
    return Problem(pointer, RULES.get(kind) or _PROSE.sub(lambda match: "must " if match[1] else "", rule))
