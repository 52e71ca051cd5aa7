"""A front end as a stranger would write it: a page of another origin, in a real browser, with nothing but fetch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from functions.tickets import app
from tests.support.browser import DESK, browsing
from tests.support.gateway import gateway
from tests.support.tickets import World, as_, world

BODY = {"type": "repair", "customer_id": "cus_1", "region": "310101", "priority": "high", "subject": "冷柜结霜"}
PAGE = b"""<!doctype html><meta charset=utf-8><title>Desk</title><ul id=list></ul><script>
const log = [];
async function ask(method, path, body, headers = {}) {
  const answer = await fetch(HUB + path, {method, body: body && JSON.stringify(body),
    headers: {Authorization: 'Bearer ' + TOKEN, 'Content-Type': 'application/json', ...headers}});
  const text = await answer.text();
  return {status: answer.status, etag: answer.headers.get('ETag'), id: answer.headers.get('X-Request-Id'),
    body: text ? JSON.parse(text) : null};
}
</script>"""


@contextmanager
def front_end() -> Iterator[str]:
    """The origin of a front end that serves one page."""

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/" else 404)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(PAGE if self.path == "/" else b"")

        def log_message(self, *_: Any) -> None:
            """Nothing on the test's output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module", name="desk")
def _desk() -> Iterator[tuple[World, str, Any]]:
    """A hub with one ticket at its first node, and a page of an origin that the tenant named."""
    with world() as hub, front_end() as origin, gateway(app.room) as url, browsing(DESK) as visit:
        hub.hire("li")
        hub.call("POST", "/tickets", BODY, as_=as_("agent", sub="amy"))
        host = app.room.host
        settings = host.settings.model_copy(update={"allowed_origins": origin})
        app.room.install(type(host)(settings, host.clock, host.client, host.room, host.make_idempotency), app.room.desk)
        visit.page.goto(origin)
        visit.page.evaluate(f"globalThis.HUB = '{url}'; globalThis.TOKEN = '{as_('engineer', sub='li')}'")
        yield hub, url, visit.page


def test_it_lists_follows_and_completes(desk: tuple[World, str, Any]) -> None:
    """The list by the reach of who looks; one ticket by its tag, 304 for as long as nothing happens; a node, held
    against the version that was seen, and once; and a refusal that it can read."""
    hub, _, page = desk
    (ticket,) = page.evaluate("ask('GET', '/tickets?state=open')")["body"]["data"]
    path = f"/tickets/{ticket['id']}"
    seen = page.evaluate(f"ask('GET', '{path}')")
    again = page.evaluate(f"ask('GET', '{path}', null, {{'If-None-Match': '{_quoted(seen['etag'])}'}})")
    assert (seen["status"], again["status"], again["body"]) == (200, 304, None)
    assert seen["id"]

    complete = f"{path}/nodes/accept/complete"
    held = f"{{'If-Match': '{_quoted(seen['etag'])}', 'Idempotency-Key': 'tap-1'}}"
    done = page.evaluate(f"ask('POST', '{complete}', {{outcome: 'accepted'}}, {held})")
    assert (done["status"], done["body"]["version"] > seen["body"]["version"]) == (200, True)
    hub.settle()

    late = page.evaluate(f"ask('POST', '{path}/comment', {{text: 'x'}}, {{'If-Match': '{_quoted(seen['etag'])}'}})")
    assert (late["status"], late["body"]["zh"]["detail"]) == (409, "其间已被更改，请刷新后重试")
    moved = page.evaluate(f"ask('GET', '{path}', null, {{'If-None-Match': '{_quoted(seen['etag'])}'}})")
    assert (moved["status"], [v["node"] for v in moved["body"]["visits"] if not v["left_at"]]) == (200, ["service"])


def test_a_page_of_another_origin_reads_nothing(desk: tuple[World, str, Any]) -> None:
    """The browser keeps the answer from it, though it has a token."""
    _, url, page = desk
    token = page.evaluate("TOKEN")
    with front_end() as stranger, browsing_of(page) as other:
        other.goto(stranger)
        asked = (
            f"fetch('{url}/tickets', {{headers: {{Authorization: 'Bearer {token}'}}}}).then(a => a.status, e => e.name)"
        )
        assert other.evaluate(asked) == "TypeError"


@contextmanager
def browsing_of(page: Any) -> Iterator[Any]:
    """One more page of the same browser."""
    other = page.context.browser.new_context().new_page()
    try:
        yield other
    finally:
        other.close()


def _quoted(etag: str) -> str:
    return etag.replace("'", "\\'")
