"""Status mappings over HTTP: what is active, what is wrong with a document, publishing one, going back."""

from __future__ import annotations

from functions.webhooks.mappings.mappings import check_mapping, rules_count
from functions.webhooks.mappings.mappings_table import mapped_channels
from functions.webhooks.room import INTEGRATORS, WATCHERS, room, tools
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
    summary="状态映射列表 · Each marketplace's active mapping of statuses",
)
def list_mappings(request: Request) -> Page[MappingSummary]:
    """One a marketplace."""
    return Page[MappingSummary](data=tuple(_summary(name, tools().mappings.active(name)) for name in mapped_channels()))


@room.http(
    "GET",
    "/webhooks/mappings/{channel}",
    answer=MappingView,
    roles=WATCHERS,
    summary="状态映射 · The active mapping as a document, and its versions",
)
def read_mapping(request: Request) -> MappingView:
    """The document can be changed and sent back as it is."""
    return _view(request.path["channel"])


@room.http(
    "POST",
    "/webhooks/mappings/{channel}/check",
    body=NewMapping,
    answer=MappingCheck,
    roles=INTEGRATORS,
    summary="检查映射 · What is wrong with a document; nothing is published",
)
def check(request: Request) -> MappingCheck:
    """Each documented code must still find a state."""
    problems = _problems(request)
    return MappingCheck(
        usable=not problems,
        rules=0 if problems else rules_count(StatusTable(request.body.document)),
        problems=tuple(MappingProblem(pointer=one.pointer, rule=one.rule) for one in problems),
    )


@room.http(
    "POST",
    "/webhooks/mappings/{channel}/publish",
    body=NewMapping,
    answer=MappingView,
    roles=INTEGRATORS,
    summary="发布映射 · Publish a document as the next version; what waited for it is read again",
)
def publish(request: Request) -> MappingView:
    """In force within a minute everywhere, and at once for a status that was unknown."""
    if problems := _problems(request):
        raise Invalid("mapping", problems=problems)
    channel, by = request.path["channel"], request.principal.sub
    tools().mappings.publish(channel, request.body.document, by, request.now)
    return _view(channel)


@room.http(
    "POST",
    "/webhooks/mappings/{channel}/revert",
    body=MappingRevert,
    answer=MappingView,
    roles=INTEGRATORS,
    summary="回退映射 · Make an earlier version active again",
)
def revert(request: Request) -> MappingView:
    """Versions never change: only which one is active does."""
    channel, by = request.path["channel"], request.principal.sub
    tools().mappings.revert(channel, request.body.version, by, request.now)
    return _view(channel)


def _problems(request: Request) -> list[Problem]:
    channel = request.path["channel"]
    tools().mappings.active(channel)
    found = check_mapping(request.body.document, packaged_table(channel))
    return [Problem(f"/document{one.pointer}", one.rule) for one in found]


def _summary(channel: str, table: StatusTable) -> MappingSummary:
    return MappingSummary(
        channel=channel,
        version=table.version,
        packaged_version=packaged_table(channel).version,
        rules=rules_count(table),
    )


def _view(channel: str) -> MappingView:
    table = tools().mappings.active(channel)
    versions = tuple(tools().mappings.versions(channel))
    return MappingView(**dict(_summary(channel, table)), document=dict(table.document), versions=versions)
