"""The gate of a route: is the thing that this is about within the principal's reach, and may they do this to it?

Asked before the handler runs, and before a repeat is answered from what the first call made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel

from hub.edge.access.parameters import hidden_parameters, unwritable_fields
from hub.edge.access.policy import Policy
from hub.edge.access.projector import UNSAID, Viewer
from hub.edge.access.scope import Place, Reach, Scope, Subject, reach_of
from hub.edge.auth import Principal
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Forbidden, Invalid, NotFound

SUPERVISORS = ("supervisor",)


@dataclass(frozen=True)
class Found:
    """What a request is about: the thing, where it belongs as its viewer reaches it (None: it says nowhere), and how
    far they reach for this one answer where that is further than otherwise."""

    thing: Any = None
    place: Place | None = None
    reach: Reach | None = None


def reach_in(scope: Scope | None, principal: Principal, overseers: tuple[str, ...]) -> Reach:
    """How far the principal reaches on a route: of people's own things only their own, unless they oversee others."""
    reach = reach_of(principal)
    return reach.own() if scope == "own" and not principal.has(*overseers) else reach


def require_scope(scope: Scope | None, method: str, reach: Reach) -> None:
    """Raises Forbidden for who would change what all of the tenant shares, or read what tells of all regions at once,
    and does not reach all of it."""
    if reach.level == "tenant":
        return
    if scope == "tenant" and method != "GET":
        raise Forbidden("this is the whole tenant's: only who reaches all of it may change it", yours=reach.level)
    if scope == "whole":
        raise Forbidden("this tells of all regions: only who reaches all of them may read it", yours=reach.level)


def find_subject(
    find: Callable[[], Place | Subject] | None,
    method: str,
    reach: Reach,
    ids: Mapping[str, str],
    *,
    guests: bool = False,
) -> Found:
    """The thing behind the ids of a path, if it is within reach. find: the thing and its places, or only the place of
    what a body asks to make. guests: who is a guest of the thing may do this to it.

    Raises NotFound, the same for what is out of reach as for what never was; Forbidden for a place out of reach that
    the caller named, and for changes by those who may only look.
    """
    if find is None:
        return Found()
    try:
        subject = find()
    except NotFound:
        raise _nothing(ids) from None
    opened = isinstance(subject, Subject) and subject.opened
    if isinstance(subject, Subject) and opened:
        reach = reach.through(subject.places)
    place = reach.nearest((subject,) if isinstance(subject, Place) else subject.places)
    if place is None and isinstance(subject, Place):
        raise Forbidden("outside your reach", region=subject.region, store=subject.store)
    if place is None:
        raise _nothing(ids)
    if method != "GET" and not reach.may_change(place) and not (guests and reach.way(place) == "guest"):
        raise Forbidden("you may look at this, not change it", **ids)
    return Found(None if isinstance(subject, Place) else subject.thing, place, reach if opened else None)


def require_fields(
    query: type[BaseModel] | None,
    sent: Mapping[str, str],
    body: Any,
    viewer: Viewer,
    policy: Policy,
    place: Place | None,
) -> None:
    """Raises Invalid for a parameter that asks about a field which the viewer may not see, Forbidden for a field of
    the body that is not theirs to write; each by its name."""
    where = place or UNSAID
    roles = viewer.roles_at(where)
    hidden = hidden_parameters(query, sent, policy, policy.verdicts(roles, where.node, viewer.terminal))
    if hidden:
        raise Invalid("some parameters ask about what you may not see", problems=hidden)
    if isinstance(body, BaseModel):
        writable = policy.writable(roles, where.node, viewer.terminal)
        refused = unwritable_fields(body, writable, policy)
        if refused:
            raise Forbidden("some fields are not yours to write", fields=" ".join(p.pointer for p in refused))


def _nothing(ids: Mapping[str, str]) -> NotFound:
    return NotFound("no such thing, or not yours to see", **ids)
