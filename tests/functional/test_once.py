"""Done once (幂等): the mark is written with the change, and whoever repeats is told what they did."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

import pytest

from functions.tickets import app
from hub.edge.routes import replay_of
from hub.store.sealing import Sealer
from tests.support.aws import ROOMS
from tests.support.http import Answer, call
from tests.support.tickets import World, world
from tests.support.wire import REFUSAL, SILENCE, faulty


@pytest.fixture
def hub() -> Iterator[World]:
    with world() as made:
        made.hire("li")
        made.say("冰柜不制冷")
        yield made


@dataclass
class Crowd:
    """A sealer in whose place, after a request has claimed its key and before it writes, the next one comes."""

    inner: Sealer
    ask: Any
    left: int
    answers: list[Answer]

    def seal(self, text: str, context: str) -> str:
        if self.left:
            self.left -= 1
            self.answers.append(self.ask())
        return self.inner.seal(text, context)

    def unseal(self, sealed: str, context: str) -> str:
        return self.inner.unseal(sealed, context)


def test_twenty_comments_at_once_with_one_key_write_one(hub: World) -> None:
    """All twenty have claimed the key before the first of them writes: one comment, and all hear that it is written."""
    ticket_id = hub.ids()[0]
    answers: list[Answer] = []

    def ask() -> Answer:
        return call(app.room, "POST", f"/tickets/{ticket_id}/comment", {"text": "已联系"}, key="k1")

    desk = app.room.desk
    app.room.install(app.room.host, replace(desk, sealer=Crowd(desk.sealer, ask, 19, answers)))  # type: ignore[arg-type]
    answers.append(ask())
    assert [answer.status for answer in answers] == [200] * 20
    assert [entry["what"] for entry in hub.timeline(ticket_id)["entries"]].count("comment") == 1
    assert [answer.headers.get("idempotency-replayed") for answer in answers].count("true") == 19
    shown = call(app.room, "GET", f"/tickets/{ticket_id}").json["version"]
    assert {answer.json["version"] for answer in answers} == {shown}  # as the change left it, not as they had read it


@pytest.mark.parametrize("kind", [REFUSAL, SILENCE])
def test_a_change_that_meets_itself_is_a_success(hub: World, kind: str) -> None:
    """The write was done and nobody said so: the same request hears 200 of its own success, and so does its repeat."""
    ticket_id = hub.ids()[0]

    def complete() -> Answer:
        path = f"/tickets/{ticket_id}/nodes/accept/complete"
        return call(app.room, "POST", path, {"outcome": "accepted"}, key="k1")

    with faulty() as wire:
        call(app.room, "POST", f"/tickets/{ticket_id}/comment", {"text": "x"}, key="k0")
    at = wire.calls.index("TransactWriteItems")
    with faulty(at, kind):
        first = complete()
    again = complete()
    assert (first.status, again.status, again.headers["idempotency-replayed"]) == (200, 200, "true")
    assert [entry["what"] for entry in hub.timeline(ticket_id)["entries"]].count("completed") == 1


def test_rules_published_twice_with_one_key_have_one_version(hub: World) -> None:
    """The repeat is told the version that its first call made."""
    document = call(app.room, "GET", "/tickets/rules").json["document"]
    document["rules"][0]["note"] = "改过"
    body = {"document": document}
    first, again = (call(app.room, "POST", "/tickets/rules/publish", body, key="k1") for _ in range(2))
    assert [answer.json["version"] for answer in (first, again)] == [1, 1]
    assert len(call(app.room, "GET", "/tickets/rules/history").json["data"]) == 1


DOES_NO_HARM_AGAIN = {
    "check_order", "make_token", "queue_promotions", "replay_messages", "start_settlement_run", "test_connection",
    "quote", "post_entry", "break_glass", "copy_ticket_type", "copy_ladder", "report_position",
    *("copy_policy", "copy_calendar", "check_up"),
    *("copy_approval_matrix", "copy_form", "copy_settlement_policy", "copy_settlement_rates", "copy_campaign"),
    *("end_upload", "end_their_upload", "link", "migrate", "try_action", "insert"),
    *("reconcile", "show_what_if", "try_template"),
    *("nudge", "rehearse_offer", "import_table", "keep_sheet", "select_stores", "hear_competitor", "hear_pulse"),
    *("issue", "scan", "tell_purchase", "tell_stock"),
    *("redeem_coupon", "redeem_quote", "release_quote"),
    *("make_link", "refresh", "sign_in", "sign_in_by_link", "sign_in_locally", "sign_out", "sign_out_everywhere"),
}  # fmt: skip
"""Handlers that answer a repeat by running again: they change nothing a second time, or their ids are derived."""


@pytest.mark.parametrize("name", ROOMS)
def test_each_change_knows_how_to_answer_its_repeat(name: str) -> None:
    """By the route that shows it, by its own way, or because it may run again; lint and compare change nothing."""
    routes = import_module(f"functions.{name}.app").room.http_routes
    changing = [route for route in routes if route.method in ("POST", "PUT", "PATCH")]
    silent = {route.handler.__name__ for route in changing if replay_of(route, routes) is None}
    assert {name for name in silent if not name.startswith(("lint_", "compare_"))} <= DOES_NO_HARM_AGAIN
