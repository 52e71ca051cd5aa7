"""The customer's page in a real browser, on a phone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from functions.tickets import app
from tests.support.browser import Visit, browsing
from tests.support.gateway import gateway
from tests.support.tickets import World, as_, world

BODY = {"type": "repair", "customer_id": "cus_1", "region": "310101", "priority": "high", "subject": "冷柜结霜"}
PICTURES = os.environ.get("HUB_PICTURES", "")
"""A folder to leave pictures of the pages in, for whoever wants to look."""


@pytest.fixture(scope="module", name="place")
def _place() -> Iterator[tuple[World, Any, str]]:
    with world() as hub:
        hub.hire("li")
        ticket = hub.call("POST", "/tickets", BODY, as_=as_("agent", sub="amy")).json
        hub.clock.advance(minutes=5)
        hub.call("POST", f"/tickets/{ticket['id']}/nodes/accept/complete", {"outcome": "accepted"})
        with gateway(app.room) as url:
            yield hub, ticket, url


def look(visit: Visit, name: str) -> None:
    if PICTURES:
        visit.page.screenshot(path=str(Path(PICTURES) / f"{name}.png"), full_page=True)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_customer_sees_how_far_their_matter_is(place: tuple[World, Any, str], scheme: str) -> None:
    """On a phone: done, going on and to come, times as they say them, nothing asked of anybody else, no complaint."""
    _, ticket, url = place
    with browsing(color_scheme=scheme) as visit:
        response = visit.page.goto(f"{url}{ticket['link']}")
        assert (response.status, visit.page.title()) == (200, "维修 · Repair")
        assert visit.page.locator("li.done b").all_inner_texts() == ["已受理", "已派工", "工程师已接单"]
        assert visit.page.locator("li.now b").all_inner_texts() == ["维修完成"]
        assert visit.page.locator("li.done time").first.inner_text().startswith("今天凌晨2:00")
        assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert visit.page.evaluate("getComputedStyle(document.querySelector('header')).borderRadius") == "18px"
        look(visit, f"progress-{scheme}")
        assert (visit.requests, visit.complaints) == ([f"{url}{ticket['link']}"], [])


def test_a_link_that_is_gone_says_so_kindly(place: tuple[World, Any, str]) -> None:
    """A page in both languages, 404, and no word of what was looked for."""
    _, _, url = place
    with browsing() as visit:
        response = visit.page.goto(f"{url}/t/nothing-was-here")
        assert response.status == 404
        assert "这个链接已失效" in visit.page.inner_text("h1")
        assert "nothing-was-here" not in visit.page.content()
        look(visit, "gone")


def test_a_card_leads_to_a_page_and_not_to_a_refusal(place: tuple[World, Any, str]) -> None:
    """While the tenant named no front end: what it is about by its id, and where to look."""
    _, ticket, url = place
    with browsing() as visit:
        assert visit.page.goto(f"{url}/t/for/{ticket['id']}").status == 200
        assert ticket["id"] in visit.page.inner_text("header")
        look(visit, "elsewhere")
        assert visit.complaints == []


def test_the_link_is_for_nobody_else(place: tuple[World, Any, str]) -> None:
    """The page is kept by no cache, found by no search, framed by no other, and its address told to none."""
    hub, ticket, _ = place
    page = hub.call("GET", ticket["link"], as_="", headers={"accept": "text/html"})
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert (page.headers["cache-control"], page.headers["referrer-policy"], page.headers["x-robots-tag"]) == (
        "no-store", "no-referrer", "noindex",
    )  # fmt: skip
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert hub.call("GET", ticket["link"], as_="").headers["content-type"] == "application/json"
