"""The reference page in a real browser: whole, able to try a call, and asking nobody else for anything."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from functions.directory import app
from tests.support.aws import account
from tests.support.browser import DESK, browsing
from tests.support.gateway import gateway
from tests.support.hosts import install
from tests.support.http import Context, call, http_event, token


@pytest.fixture(scope="module", name="url")
def _url() -> Iterator[str]:
    with account("directory") as session:
        install(app.room, session)
        with gateway(app.room) as url:
            yield url


def test_a_call_can_be_tried_on_the_page(url: str) -> None:
    """Every room stands there; with a token a call is made and its answer shown; no address but the hub's is asked, and
    the browser has nothing to complain of."""
    with browsing(DESK) as visit:
        visit.page.goto(f"{url}/docs#/directory/directory_read_me")
        visit.page.wait_for_selector(".opblock-tag")
        visit.page.click("button.authorize")
        visit.page.fill(".auth-container input", token(sub="boss"))
        visit.page.click(".auth-btn-wrapper .authorize")
        visit.page.click(".auth-btn-wrapper .btn-done")
        operation = visit.page.locator("#operations-directory-directory_read_me")
        operation.locator(".execute").click()
        shown = operation.locator(".live-responses-table .response-col_description pre").first
        assert '"sub": "boss"' in shown.inner_text()
        assert {urlsplit(address).netloc for address in visit.requests if not address.startswith("data:")} == {
            urlsplit(url).netloc
        }
        assert [said for said in visit.complaints if not said.startswith("Deprecated:")] == []  # its own to its makers


def test_what_the_page_is_made_of_is_the_hub_s_own(url: str) -> None:
    """Its files and no others, typed; the page without scripts stays, and runs none."""
    page = call(app.room, "GET", "/docs", as_="")
    assert "script-src 'self';" in page.headers["content-security-policy"]
    types = {
        name: call(app.room, "GET", f"/docs/{name}", as_="").headers["content-type"].partition(";")[0]
        for name in ("start.js", "swagger-ui.css", "swagger-ui-bundle.js", "plain")
    }
    assert types == {
        "start.js": "text/javascript",
        "swagger-ui.css": "text/css",
        "swagger-ui-bundle.js": "text/javascript",
        "plain": "text/html",
    }
    assert call(app.room, "GET", "/docs/room.py", as_="").status == 404
    assert app.room(http_event("GET", "/docs/..%2Froom.py"), Context())["statusCode"] == 404
