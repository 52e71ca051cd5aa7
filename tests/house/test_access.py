"""Access is decided by declarations: no personal field and no amount without a class, no route without a scope."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from importlib import import_module
from typing import Any, Literal, get_args, get_origin

from pydantic import AwareDatetime, BaseModel

from hub.edge.access.fields import fields_of, mark_of
from hubctl.reference import ROOMS
from tests.support.contracts import all_contracts

LOOKS_CLASSIFIED = re.compile(
    r"name|phone|mobile|tel$|address|mail|wechat|wecom|id_card|id_number|bank|birth|contact|buyer|sender|person|people"
    r"|customer|recipient|member|text|subject|words|note|comment|message|content|amount|price|cost|fee|total|minor|earn"
    r"|salary|commission|margin|reason|secret|token|key|password|settings|facts|profile|detail|fields|document|value"
    r"|link|external|union|reduction|threshold|refund|requested|pending|confirmed|location|gender|age$"
)
"""Names under which people, words, amounts or keys usually stand."""

PLAIN: dict[str, str] = {
    "an id of ours, which says nothing by itself": """
        content_ref customer_id SubmitQuery.customer message_id TimelineEntry.subject_id PlatformNoticed.subject_id
        OccasionResolved.subject_id""",
    "one of us: colleagues know each other": """
        ContactView.member_id PersonBody.name PersonView.name PersonBody.wecom_userid PersonView.wecom_userid
        PersonChanged.person_id PersonChanged.wecom_userid RungFired.recipients Shift.person_id SendView.recipient
        RehearsedSend.recipient
        CardTapped.member_id ContactChanged.member_id PlatformNoticed.member_id StaffChanged.member_id
        StaffChanged.new_member_id EarningsView.person_id
        TicketStranded.recipients PricesPublished.recipients WorkReported.person_id RecurringShift.person_id
        ShiftSwap.person_id ProvisionalView.person_id
        LinkBody.person_id LinkView.person_id LocalSignIn.person_id SessionView.person_id SignedOut.person_id
        MeView.name AudienceDocument.people
        SignatureView.person DelegateNode.person AddSigners.people TicketNoticed.recipients TriedView.recipients
        GlassBroken.person_id GlassView.person_id Assign.person_id RungView.recipients VerdictView.person_id
        PlannedVisit.person CandidateView.person_id GuestView.person ExpertMentioned.person_id""",
    "a name or a key that we chose for a thing": """
        FactView.name KeyBody.name KeyView.name StoreBody.name TeamBody.name TeamView.name StoreView.name
        TicketClockView.name
        ChannelView.name ConnectionView.name NewConnection.name SettingField.name FlowRef.key
        FlowTold.name EndpointCalled.name CancelTicket.reason MoveTicket.reason PlanView.reason NoticeDifference.link
        ActionView.name CardTapped.key RuleTraceView.note CopiesView.key DocumentHead.key
        PricesPublished.document PublicationReach.document StorePublication.document DocumentView.key DraftView.key
        PublicationView.key""",
    "what a figure is added up by: a store, a region, a service, one of us": "CubeRow.name ProfitRow.name",
    "minutes until somebody is there": "CandidateView.total",
    "what a book comes to: whoever reads it keeps it": "AccountSum.amount",
    "what a customer has with us, and is told": "AccountMove.amount IssuedPart.amount",
    "the one answer that carries a secret, to whoever just made it": """
        NewKeyView.api_key TokenView.access_token SessionView.access_token SessionView.refresh_token LinkView.link
        NewEndpointView.secret""",
    "what an integrator registers of their own receiver, and what it said": """
        NewEndpoint.secret RotateSecret.secret NewEndpoint.headers NewEndpoint.filter
        EndpointPatch.filter EndpointView.filter EndpointView.public_key AttemptView.request_headers
        AttemptView.answer_headers DeliveryView.key DeliveryView.reason EndpointView.reason""",
    "an event as the endpoint, and whoever asks, may see it: projected before": "DeliveryDetail.body",
    "a field or an answer as whoever asks may see it: projected before": """
        FieldDifference.now FieldDifference.seen BatchResult.body""",
    "the declaration of an event, and a sample made of it": "EventTypeView.json_schema EventTypeView.sample",
    "what a customer is asked for, pays or gets back: they were told": """
        OrderEntry.amount OrderPaid.amount_minor OrderDepositPaid.amount_minor OrderDepositPaid.total_minor
        OrderFinished.amount_minor RefundPaid.amount_minor RefundPaid.refunded_minor OrderLine.amount_minor
        TicketOrderLineView.amount
        Discount.amount_minor OrderTerms.shipping_minor
        OrderView.amount AfterSaleChanged.requested_minor
        AfterSaleChanged.refunded_minor AfterSaleView.requested AfterSaleView.refunded NewPromotion.threshold
        NewPromotion.reduction NewPromotion.per_buyer PathStep.price QuoteView.price QuoteView.total
        CataloguePrice.list_price CataloguePrice.price FactorView.price FactorView.value OfferView.price
        QuoteLineView.list_price QuoteLineView.price QuoteLineView.total RedemptionView.total
        Matter.amount_minor OccasionResolved.amount_minor
        CartChanged.amount_minor ShopperMoved.amount_minor PromotionReached.amount_minor
        OrderResolved.amount_minor OpenTicket.amount TicketView.amount ToldOrder.amount ToldLine.amount""",
    "what its asker brings or names, and a file's own name": """
        FileView.name JobResult.name NewExport.query NewImport.content BatchItem.body FieldDifference.yours""",
    "a document that people bend: rules, not people": """
        ActionView.params
        ChangeView.now ChangeView.was ConflictView.below ConflictView.overlay ConflictView.was DocumentView.document
        DocumentView.facts DocumentView.overlay SmsDocument.params DraftView.document LintDocument.document
        NoticeRule.when CancelDocument.when NoticeSettings.costs
        PublishDocument.document AreaShape.polygon
        BulkChange.value TableFile.content_base64 TableFile.file_name TableUpload.content_base64 GuardDocument.costs
        GuardDocument.min_margin_percent PriceFactor.values PriceRow.price
        PriceSheet.prices StrategyDocument.terms StrategyKindView.example StrategyKindView.terms
        UseLimits.per_customer""",
    "hangs in a competitor's window": "CompetitorPrice.price CompetitorPriced.amount_minor",
    "what a marketplace promotes to everybody": """
        PromotionChanged.threshold_minor PromotionChanged.reduction_minor MirroredPromotionView.threshold
        MirroredPromotionView.reduction""",
    "why something was refused, in words of ours": """
        FieldProblem.detail ProblemAnswer.detail ProblemInChinese.detail ProblemAnswer.facts SendView.reason
        MessageView.reason PromotionView.reason MassReplay.reason CopyResult.reason""",
    "a count of messages, or a proof that sums are zero": """
        Counts.pending Figures.pending LedgerSummary.imbalance_minor BulkView.changed_prices JobView.total""",
    "a currency, and numbers and choices that a ticket's type declares; texts lie sealed apart": """
        amount_currency Matter.fields TicketView.fields VisitView.answers""",
    "what a party and finance say to each other of a line of a statement": "LineDispute.reason DisputeView.reason",
    "what class an answer is of, and what a form asks": """
        SubmissionView.classes TicketView.text_classes VisitView.text_classes FormSchema.json_schema""",
    "where somebody came from, by keys and ids of the platform": "attribution FeedTouched.feed",
    "filters by ids of ours and of colleagues": """
        SendQuery.recipient TicketQuery.customer TicketQuery.message CouponQuery.customer IssueCoupons.customers
        QuoteRequest.customer_level""",
    "lies in a field that is classified as a whole": "Reason.facts",
    "a form's fields for the bucket, signed: they let in the one file that its sender named": "UploadForm.fields",
    "what kind of file it is": "UploadView.content_type",
    "opens the customer's page, which shows nothing classified": "TicketView.link Received.link",
    "a flow as its readers see it: nodes, parameters, a picture": """
        InsertNode.node InsertedView.document DiagramView.text TryAction.params TriedView.changes""",
    "what a flow grants, which its document says": "FlowTold.amount_minor",
    "what a rehearsal or a migration says of tickets: their ids and nodes, who has them, times and counts": """
        JobView.report RowView.detail""",
    "numbers, amounts and choices that a flow exchanges with the tenant's own systems": """
        EndpointCalled.fields FlowAnswered.fields""",
}
"""Reason → the fields that are plain for it: `Model.field`, or a field's name wherever it stands."""

SPEAKS_FOR_ITSELF = (bool, datetime, date, AwareDatetime, type(None))


def test_every_field_that_looks_personal_is_classified_or_plain_for_a_reason() -> None:
    """A contract's field with a telling name, or one that may hold anything, has a class or a reason to have none."""
    plain = {name for fields in PLAIN.values() for name in fields.split()}
    open_fields = {where for where, name in _unmarked() if where not in plain and name not in plain}
    assert open_fields == set()


def test_no_reason_is_given_for_what_is_not_there() -> None:
    """Each entry of the list of plain fields is one that would otherwise have to be classified."""
    known = {spelling for pair in _unmarked() for spelling in pair}
    assert {name for fields in PLAIN.values() for name in fields.split()} - known == set()


def test_every_route_says_its_scope() -> None:
    """A route that doesn't could let anybody in."""
    assert [(route.method, route.path) for _, route in _routes() if route.scope is None and not route.public] == []


def _unmarked() -> Iterator[tuple[str, str]]:
    """(`Model.field`, field) of what needs a reason; the model is the one that declares it."""
    for model in all_contracts():
        for name, field in fields_of(model).items():
            if mark_of(model, name) is None and _may_hold_something(name, field.annotation):
                owner = next(cls for cls in reversed(model.__mro__) if name in vars(cls).get("__annotations__", ()))
                yield f"{owner.__name__}.{name}", name


def _may_hold_something(name: str, annotation: Any) -> bool:
    parts = list(_parts(annotation))
    if any(isinstance(part, type) and issubclass(part, BaseModel) for part in parts if part is not Any):
        return False
    if Any in parts or (get_origin(annotation) is dict and str in get_args(annotation)[1:]):
        return True
    return bool(LOOKS_CLASSIFIED.search(name)) and not all(part in SPEAKS_FOR_ITSELF for part in parts)


def _parts(annotation: Any) -> Iterator[Any]:
    """The types at the leaves of an annotation; a choice out of a list is none."""
    if get_origin(annotation) is Literal:
        return
    arguments = [part for part in get_args(annotation) if isinstance(part, type) or get_origin(part) or part is Any]
    if not arguments:
        yield annotation
    for argument in arguments:
        yield from _parts(argument)


def _routes() -> Iterator[tuple[str, Any]]:
    for name in ROOMS:
        for route in import_module(f"functions.{name}.app").room.http_routes:
            yield name, route
