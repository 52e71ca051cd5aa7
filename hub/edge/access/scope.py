"""Where a thing belongs and how far a principal reaches (数据范围). Pure: value in, value out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Literal

from hub.edge.auth import ADMINISTRATOR, Principal
from hub.kernel import regions
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Forbidden

Scope = Literal["public", "tenant", "whole", "region", "store", "own"]
"""What a route's things hang on. public: nobody signs in. tenant: what all of the tenant shares. whole: what tells of
all regions at once, read by who reaches all of it. region, store: things that lie in one. own: things of people, for
themselves and those who oversee them."""

Level = Literal["tenant", "region", "store", "team", "own"]
Way = Literal["break_glass", "own", "scope", "guest"]
WAYS: tuple[Way, ...] = ("break_glass", "own", "scope", "guest")
"""How a principal comes to a thing, the one that shows most first."""


@dataclass(frozen=True)
class Place:
    """Where a thing belongs. people: whose own it is (assignee, party, recipient). node: the step of the flow at which
    it stands. thing: its own id, by which guests and those who broke the glass find it."""

    region: str = regions.BASE
    store: str = ""
    people: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    node: str = ""
    thing: str = ""


@dataclass(frozen=True)
class Subject:
    """A thing that a request is about, and every place that it belongs to: one is enough to reach it. opened: whoever
    asks breaks its glass for this one answer (穿透), and may."""

    thing: Any
    places: tuple[Place, ...]
    opened: bool = False


@dataclass(frozen=True)
class Reach:
    """What a principal reaches. Level tenant: everything; region: what lies in `region`; store: what lies in `stores`;
    team: what is of `teams` in `region`; own: nothing but their own. On top of each: their own things, those they are
    a guest of now, and those whose glass they broke."""

    person: str
    level: Level
    region: str = regions.BASE
    stores: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    guest_of: frozenset[str] = frozenset()
    glass_of: frozenset[str] = frozenset()

    def covers(self, place: Place) -> bool:
        """Whether a thing that belongs there is within reach."""
        return self.way(place) is not None

    def may_change(self, place: Place) -> bool:
        """Whether a thing that belongs there is theirs to work with, not only to look at for now."""
        return bool(self.person and self.person in place.people) or self._in_scope(place)

    def way(self, place: Place) -> Way | None:
        """How a thing that belongs there is reached; None when it is not."""
        if place.thing and place.thing in self.glass_of:
            return "break_glass"
        if self.person and self.person in place.people:
            return "own"
        if self._in_scope(place):
            return "scope"
        return "guest" if place.thing and place.thing in self.guest_of else None

    def nearest(self, places: Iterable[Place]) -> Place | None:
        """Of a thing's places the one by which most is seen; None when none is within reach."""
        reached = [(WAYS.index(way), place) for place in places if (way := self.way(place)) is not None]
        return min(reached, key=lambda pair: pair[0])[1] if reached else None

    def own(self) -> Reach:
        """The same principal as far as only their own things go."""
        return replace(self, level="own")

    def through(self, places: Iterable[Place]) -> Reach:
        """The same principal before things whose glass is broken."""
        return replace(self, glass_of=self.glass_of | {place.thing for place in places if place.thing})

    def _in_scope(self, place: Place) -> bool:
        if self.level == "tenant":
            return True
        if self.level == "store":
            return bool(place.store) and place.store in self.stores
        if self.level == "own" or not regions.covers(self.region, place.region):
            return False
        return self.level == "region" or any(team in self.teams for team in place.teams)


def reach_of(principal: Principal) -> Reach:
    """How far a principal reaches, by what the directory holds of them now. Who has stores is bound to them; an
    administrator never is, nor to teams."""
    level: Level = principal.level or ("store" if principal.stores else "region")
    if ADMINISTRATOR in principal.roles:
        level = "region"
    if level == "region" and principal.region == regions.BASE:
        level = "tenant"
    return Reach(
        person=principal.sub,
        level=level,
        region=principal.region,
        stores=principal.stores,
        teams=principal.teams,
        guest_of=frozenset(principal.guest_of),
        glass_of=frozenset(principal.glass_of),
    )


def require_role(principal: Principal, roles: tuple[str, ...]) -> None:
    """Raises Forbidden unless the principal holds one of `roles`."""
    if not principal.has(*roles):
        raise Forbidden("your role does not allow this", needs="|".join(roles), yours="|".join(principal.roles))
