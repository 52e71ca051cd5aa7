"""Status mappings over HTTP: what is active, what is wrong with a document, publishing one, going back."""

from __future__ import annotations

from functions.webhooks.desk import Desk
from functions.webhooks.mappings.mappings import check_mapping, rules_count
from functions.webhooks.mappings.mappings_table import mapped_channels
from functions.webhooks.room import INTEGRATORS, WATCHERS, room
from hub.channels.mapping import StatusTable, packaged_table
from hub.contracts.http import Page
from hub.contracts.webhooks_reconcile import (
    MappingCheck,
    MappingProblem,
    MappingRevert,
    MappingSummary,
    MappingView,
    NewMapping,
)
from hub.edge.requests import Request
from hub.kernel.errors import Invalid, Problem


@room.http(
    "GET",
    "/webhooks/mappings",
    answer=Page[MappingSummary],
    roles=WATCHERS,
    scope="tenant",
    summary="状态映射列表 · Each marketplace's active mapping of statuses",
)
def list_mappings(desk: Desk, request: Request) -> Page[MappingSummary]:
    """One a marketplace."""
    return Page[MappingSummary](data=tuple(_summary(name, desk.mappings.active(name)) for name in mapped_channels()))


@room.http(
    "GET",
    "/webhooks/mappings/{channel}",
    answer=MappingView,
    roles=WATCHERS,
    scope="tenant",
    summary="状态映射 · The active mapping as a document, and its versions",
)
def read_mapping(desk: Desk, request: Request) -> MappingView:
    """The document can be changed and sent back as it is."""
    return _view(desk, request.path["channel"])


@room.http(
    "POST",
    "/webhooks/mappings/{channel}/check",
    body=NewMapping,
    answer=MappingCheck,
    roles=INTEGRATORS,
    scope="tenant",
    summary="检查映射 · What is wrong with a document; nothing is published",
)
def check(desk: Desk, request: Request) -> MappingCheck:
    """Each documented code must still find a state."""
    problems = _problems(desk, request)
    return MappingCheck(
        usable=not problems,
        rules=0 if problems else rules_count(StatusTable(request.body.document)),
        problems=tuple(MappingProblem(pointer=each.pointer, rule=each.rule) for each in problems),
    )


@room.http(
    "POST",
    "/webhooks/mappings/{channel}/publish",
    body=NewMapping,
    answer=MappingView,
    roles=INTEGRATORS,
    scope="tenant",
    summary="发布映射 · Publish a document as the next version; what waited for it is read again",
)
def publish(desk: Desk, request: Request) -> MappingView:
    """In force within a minute everywhere, and at once for a status that was unknown."""
    if problems := _problems(desk, request):
        raise Invalid("mapping", problems=problems)
    channel, by = request.path["channel"], request.principal.sub
    desk.mappings.publish(channel, request.body.document, by, request.now)
    return _view(desk, channel)


@room.http(
    "POST",
    "/webhooks/mappings/{channel}/revert",
    body=MappingRevert,
    answer=MappingView,
    roles=INTEGRATORS,
    scope="tenant",
    summary="回退映射 · Make an earlier version active again",
)
def revert(desk: Desk, request: Request) -> MappingView:
    """Versions never change: only which one is active does."""
    channel, by = request.path["channel"], request.principal.sub
    desk.mappings.revert(channel, request.body.version, by, request.now)
    return _view(desk, channel)


def _problems(desk: Desk, request: Request) -> list[Problem]:
    channel = request.path["channel"]
    desk.mappings.active(channel)
    problems = check_mapping(request.body.document, packaged_table(channel))
    return [Problem(f"/document{each.pointer}", each.rule) for each in problems]


def _summary(channel: str, table: StatusTable) -> MappingSummary:
    return MappingSummary(
        channel=channel,
        version=table.version,
        packaged_version=packaged_table(channel).version,
        rules=rules_count(table),
    )


def _view(desk: Desk, channel: str) -> MappingView:
    table = desk.mappings.active(channel)
    versions = tuple(desk.mappings.versions(channel))
    return MappingView(**dict(_summary(channel, table)), document=dict(table.document), versions=versions)
