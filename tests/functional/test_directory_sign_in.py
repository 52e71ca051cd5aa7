"""Signing in: by WeCom, by a link, on one machine; staying in, and getting out for good."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from functions.directory import app
from hub.kernel.clock import StepClock
from hubctl.platforms.app import Platforms
from hubctl.serving import Server, claim_port
from tests.support.aws import account
from tests.support.hosts import install
from tests.support.http import Answer, call, token

PAGE = "https://desk.example.com/signed-in"
APP = {"corp_id": "ww1", "secret": "app-secret", "agent_id": "1000002", "receive_ids": ["ww1"]}
LI = {"name": "李雷", "roles": ["agent"], "region": "310000", "wecom_userid": "lilei"}


@dataclass
class Stage:
    """A directory with three people, WeCom's double beside it, and a clock."""

    clock: StepClock
    platforms: str

    def ask(self, method: str, path: str, body: Any = None, as_: str = "", **options: Any) -> Answer:
        return call(app.room, method, path, body, as_=as_, **options)

    def come_back(self, userid: str, url: str) -> dict[str, str]:
        """Somebody opens the sign-in page in WeCom; what the front end gets in its query."""
        requests.post(f"{self.platforms}/_control/wecom/at_the_door", json={"userid": userid}, timeout=5)
        response = requests.get(url, allow_redirects=False, timeout=5)
        assert response.status_code == 302
        return {name: values[0] for name, values in parse_qs(urlsplit(response.headers["location"]).query).items()}

    def sign_in(self, userid: str = "lilei") -> dict[str, Any]:
        start = self.ask("GET", "/auth/wecom", query={"redirect_uri": PAGE}).json
        answer = self.ask("POST", "/auth/login", self.come_back(userid, start["url"]))
        assert answer.status == 200, answer.text
        session: dict[str, Any] = answer.json
        return session

    def me(self, access_token: str) -> Answer:
        return self.ask("GET", "/auth/me", as_=access_token)


@contextmanager
def served(platforms: Platforms) -> Iterator[str]:
    server = Server("platforms", platforms, claim_port()).start()
    try:
        yield server.url
    finally:
        server.stop()


@pytest.fixture(name="stage")
def _stage(shared: Stage) -> Stage:
    """Each test begins ten seconds ago: tokens are read by the clock of the machine, and may not come from later."""
    shared.clock.now = datetime.now(UTC) - timedelta(seconds=10)
    return shared


@pytest.fixture(scope="module", name="shared")
def _shared() -> Iterator[Stage]:
    with served(Platforms({"wecom": [APP]})) as url, account("directory") as session:
        clock = StepClock(datetime.now(UTC))
        settings = {"platforms_url": url, "allowed_origins": "https://desk.example.com"}
        install(app.room, session, clock, **settings)
        parameter = {"channel": "wecom", "state": "enabled", "settings": APP}
        session.client("ssm").put_parameter(
            Name="/hub/demo/connections/con_1", Value=json.dumps(parameter), Type="SecureString"
        )
        bare = {**LI, "wecom_userid": ""}
        for person_id, body in (("li", LI), ("mei", bare), ("wei", bare)):
            assert call(app.room, "PUT", f"/directory/people/{person_id}", body).status == 200
        yield Stage(clock, url)


def test_a_member_signs_in_by_wecom(stage: Stage) -> None:
    """To WeCom's page, back with a code, and in, as the person whose userid it is, with the rights of now."""
    session = stage.sign_in()
    assert (session["person_id"], session["token_type"], session["expires_in"]) == ("li", "Bearer", 900)
    me = stage.me(session["access_token"]).json
    assert (me["sub"], me["name"], me["kind"], me["roles"], me["region"]) == (
        "li", "李雷", "person", ["agent"], "310000",
    )  # fmt: skip


def test_the_address_is_wecom_s_own_as_its_manual_says(stage: Stage) -> None:
    """App, agent, page and state, in the app or by scanning a code."""
    start = stage.ask("GET", "/auth/wecom", query={"redirect_uri": PAGE}).json
    for url in (start["url"], start["scan_url"]):
        query = parse_qs(urlsplit(url).query)
        assert (query["appid"], query["agentid"], query["redirect_uri"], query["state"]) == (
            ["ww1"], ["1000002"], [PAGE], [start["state"]],
        )  # fmt: skip
    assert start["url"].endswith("#wechat_redirect")


def test_a_code_opens_once(stage: Stage) -> None:
    """Whoever reads it over somebody's shoulder comes too late."""
    start = stage.ask("GET", "/auth/wecom", query={"redirect_uri": PAGE}).json
    back = stage.come_back("lilei", start["url"])
    assert [stage.ask("POST", "/auth/login", back).status for _ in range(2)] == [200, 401]


def test_nobody_comes_in_by_a_state_that_is_not_ours_or_is_over(stage: Stage) -> None:
    """A forged one, one for another purpose, and one from ten minutes ago."""
    start = stage.ask("GET", "/auth/wecom", query={"redirect_uri": PAGE}).json
    back = stage.come_back("lilei", start["url"])
    refresh_token = stage.sign_in()["refresh_token"]
    for state in (f"{back['state'][:-1]}x", "x", refresh_token):
        assert stage.ask("POST", "/auth/login", {**back, "state": state}).status == 401
    stage.clock.advance(minutes=10)
    assert stage.ask("POST", "/auth/login", back).status == 401


def test_nobody_is_told_to_a_page_that_is_not_the_tenant_s(stage: Stage) -> None:
    """A page of another origin would get the code."""
    for page in ("https://desk.example.com.evil.example/", "http://desk.example.com/", "https://evil.example/"):
        refused = stage.ask("GET", "/auth/wecom", query={"redirect_uri": page})
        assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "query:redirect_uri")


def test_who_is_not_in_the_directory_stays_out(stage: Stage) -> None:
    """A member of the corp whom nobody entered: 403; one whose userid is their id comes in."""
    start = stage.ask("GET", "/auth/wecom", query={"redirect_uri": PAGE}).json
    assert stage.ask("POST", "/auth/login", stage.come_back("stranger", start["url"])).status == 403
    assert stage.sign_in("mei")["person_id"] == "mei"


def test_a_session_is_renewed_by_each_refresh_token_once(stage: Stage) -> None:
    """The next one goes on; who brings an old one ends the session for both who hold it."""
    first = stage.sign_in()
    second = stage.ask("POST", "/auth/refresh", {"refresh_token": first["refresh_token"]})
    assert (second.status, second.json["id"]) == (200, first["id"])
    assert stage.me(second.json["access_token"]).status == 200
    stage.clock.advance(minutes=2)
    assert stage.ask("POST", "/auth/refresh", {"refresh_token": first["refresh_token"]}).status == 401
    assert stage.ask("POST", "/auth/refresh", {"refresh_token": second.json["refresh_token"]}).status == 401


def test_an_answer_that_got_lost_is_given_again(stage: Stage) -> None:
    """Within a minute the same refresh token is answered with the very same next one."""
    first = stage.sign_in()
    answers = [stage.ask("POST", "/auth/refresh", {"refresh_token": first["refresh_token"]}) for _ in range(2)]
    assert [answer.status for answer in answers] == [200, 200]
    assert len({answer.json["refresh_token"] for answer in answers}) == 1


def test_a_session_that_nobody_uses_is_over_in_a_week_and_any_in_thirty_days(stage: Stage) -> None:
    """Renewing moves its end, and not beyond the month."""
    idle, busy = stage.sign_in(), stage.sign_in()
    began = stage.clock.now
    for _ in range(5):
        stage.clock.advance(days=6)
        busy = stage.ask("POST", "/auth/refresh", {"refresh_token": busy["refresh_token"]}).json
        if "refresh_token" not in busy:
            break
    assert (busy["status"], (stage.clock.now - began).days) == (401, 30)
    assert stage.ask("POST", "/auth/refresh", {"refresh_token": idle["refresh_token"]}).status == 401


def test_signing_out_ends_this_session_alone(stage: Stage) -> None:
    """The other goes on."""
    here, there = stage.sign_in(), stage.sign_in()
    assert stage.ask("POST", "/auth/logout", {"refresh_token": here["refresh_token"]}).json == {"person_id": "li"}
    statuses = [stage.ask("POST", "/auth/refresh", {"refresh_token": s["refresh_token"]}).status for s in (here, there)]
    assert statuses == [401, 200]


def test_signing_out_everywhere_ends_all_at_once(stage: Stage) -> None:
    """Each access token at its next request, each session at its next renewal; signing in anew opens again."""
    here, there = stage.sign_in("wei"), stage.sign_in("wei")
    stage.clock.advance(seconds=1)
    assert stage.ask("POST", "/auth/logout-everywhere", as_=here["access_token"]).json == {"person_id": "wei"}
    assert [stage.me(session["access_token"]).status for session in (here, there)] == [401, 401]
    assert stage.ask("POST", "/auth/refresh", {"refresh_token": there["refresh_token"]}).status == 401
    stage.clock.advance(seconds=1)
    assert stage.me(stage.sign_in("wei")["access_token"]).status == 200


def test_who_is_frozen_stays_in_nowhere(stage: Stage) -> None:
    """Neither a token nor a session nor a new sign-in, and the session is dead after the thaw as well."""
    session = stage.sign_in("mei")
    stage.clock.advance(seconds=1)
    assert call(app.room, "POST", "/directory/people/mei/freeze").status == 200
    start = stage.ask("GET", "/auth/wecom", query={"redirect_uri": PAGE}).json
    assert stage.me(session["access_token"]).status == 403
    assert stage.ask("POST", "/auth/login", stage.come_back("mei", start["url"])).status == 403
    assert call(app.room, "POST", "/directory/people/mei/thaw").status == 200
    assert stage.ask("POST", "/auth/refresh", {"refresh_token": session["refresh_token"]}).status == 401


def test_a_link_signs_one_person_in_once(stage: Stage) -> None:
    """Made by an administrator for somebody without WeCom; used up by the first who uses it, not by looking."""
    made = call(app.room, "POST", "/auth/links", {"person_id": "li", "hours": 1})
    assert made.status == 201
    link = {"link": made.json["link"]}
    first = stage.ask("POST", "/auth/login/link", link)
    assert (first.status, first.json["person_id"]) == (200, "li")
    assert stage.ask("POST", "/auth/login/link", link).status == 401
    late = {"link": call(app.room, "POST", "/auth/links", {"person_id": "li", "hours": 1}).json["link"]}
    stage.clock.advance(hours=1)
    assert stage.ask("POST", "/auth/login/link", late).status == 401
    assert call(app.room, "POST", "/auth/links", {"person_id": "nobody"}).status == 403


def test_only_a_hub_on_one_machine_lets_anybody_in(stage: Stage) -> None:
    """There is no such path on a hub that reaches the platforms themselves."""
    assert stage.ask("POST", "/auth/login/local", {"person_id": "li"}).status == 200
    host = app.room.host
    on_aws = host.settings.model_copy(update={"platforms_url": ""})
    app.room.install(type(host)(on_aws, host.clock, host.client, host.room, host.make_idempotency))
    refused = stage.ask("POST", "/auth/login/local", {"person_id": "li"})
    app.room.install(host)
    assert (refused.status, refused.json["detail"]) == (404, "no such path")


def test_a_front_end_hears_what_its_user_may(stage: Stage) -> None:
    """Operations by role, and the classes of fields that they see and write."""
    agent = stage.ask("GET", "/auth/may", as_=token("agent", sub="amy", region="310000")).json
    boss = stage.ask("GET", "/auth/may", as_=token()).json
    assert "tickets_open_by_hand" in agent["operations"]
    assert "directory_make_key" not in agent["operations"]
    assert set(agent["operations"]) < set(boss["operations"])
    assert (agent["sees"]["contact"], agent["sees"]["cost"]) == ("full", "hidden")
