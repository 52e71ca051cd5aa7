"""Teams and their rosters (团队、值班表): where a team belongs, and who of it is on duty when."""

from __future__ import annotations

from functions.directory.api.views import checked_team, show_roster
from functions.directory.desk import Desk
from functions.directory.room import ADMINISTRATOR, room
from functions.directory.rosters import check_roster
from hub.contracts.directory import RosterBody, RosterQuery, RosterView, TeamBody, TeamView
from hub.contracts.http import Page, PageQuery
from hub.edge import cursors
from hub.edge.access import Place, Subject
from hub.edge.access.listing import within
from hub.edge.answers import page
from hub.edge.requests import Request
from hub.kernel.errors import NotFound

SCHEDULERS = ("supervisor",)


def find_team(desk: Desk, request: Request) -> Subject:
    """Where a team belongs: in its region, and to those who are in it. One that nobody wrote down is the tenant's."""
    team, asker = checked_team(request.path["team"]), request.principal
    members = (asker.sub,) if team in asker.teams else ()
    try:
        known = desk.directory.team(team)
    except NotFound:
        return Subject(None, (Place(people=members, teams=(team,)),))
    stores = known.stores or ("",)
    return Subject(known, tuple(Place(known.region, store, members, (team,)) for store in stores))


def find_known_team(desk: Desk, request: Request) -> Subject:
    """The same of a team that was written down."""
    subject = find_team(desk, request)
    if subject.thing is None:
        raise NotFound("no such team", team=request.path["team"])
    return subject


@room.http("GET", "/directory/teams", summary="团队列表 · List teams", query=PageQuery, answer=Page[TeamView],
           scope="region")  # fmt: skip
def list_teams(desk: Desk, request: Request) -> Page[TeamView]:
    """The teams of your region that were written down, by key; the list may be two seconds behind. One of which you are
    is found by its key, wherever it is."""
    scope = within(request.reach)
    return page(*desk.directory.teams(scope, request.query.limit, cursors.decode(request.query.cursor)))


@room.http("GET", "/directory/teams/{team}", summary="团队详情 · Show a team", answer=TeamView, scope="region",
           subject=find_known_team)  # fmt: skip
def read_team(desk: Desk, request: Request) -> TeamView:
    """One team, and where it belongs."""
    team: TeamView = request.subject
    return team


@room.http("PUT", "/directory/teams/{team}", summary="保存团队 · Save a team", body=TeamBody, answer=TeamView,
           roles=ADMINISTRATOR, scope="tenant", dry_run="rehearsed")  # fmt: skip
def save_team(desk: Desk, request: Request) -> TeamView:
    """Create or replace a team: its region and stores say who may arrange its duty."""
    return desk.directory.save_team(checked_team(request.path["team"]), request.body)


@room.http("GET", "/directory/rosters", summary="值班表列表 · List rosters", query=PageQuery,
           answer=Page[RosterView], scope="region")  # fmt: skip
def list_rosters(desk: Desk, request: Request) -> Page[RosterView]:
    """The rosters of your region's teams, and who is on duty now; the list may be two seconds behind."""
    scope, start = within(request.reach), cursors.decode(request.query.cursor)
    items, position = desk.directory.rosters(scope, request.query.limit, start)
    return page([show_roster(item, request.now) for item in items], position)


def _past_roster(desk: Desk, request: Request, version: int) -> tuple[RosterView, RosterView] | None:
    roster = desk.directory.roster(request.path["team"])
    past = desk.directory.past(roster, version)
    return (show_roster(past, request.now), show_roster(roster, request.now)) if past else None


@room.http(
    "GET",
    "/directory/rosters/{team}",
    summary="值班表 · Show a roster",
    query=RosterQuery,
    answer=RosterView,
    scope="region",
    subject=find_team,
    past=_past_roster,
)
def read_roster(desk: Desk, request: Request) -> RosterView:
    """A team's roster, and who is on duty now or `?at=` another moment."""
    return show_roster(desk.directory.roster(request.path["team"]), request.query.at or request.now)


def _replay_roster(desk: Desk, request: Request, _made: str) -> RosterView:
    return show_roster(desk.directory.roster(request.path["team"]), request.now)


@room.http("PUT", "/directory/rosters/{team}", summary="保存值班表 · Save a roster", body=RosterBody, answer=RosterView,
           roles=SCHEDULERS, scope="region", subject=find_team, replay=_replay_roster,
           dry_run="rehearsed")  # fmt: skip
def save_roster(desk: Desk, request: Request) -> RosterView:
    """Replace a team's roster; a swap holds at once. For those who reach the team's region, and its own members."""
    check_roster(request.body)
    return show_roster(desk.directory.save_roster(request.path["team"], request.body, request.now), request.now)
