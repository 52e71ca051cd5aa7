"""C078: behind `lock` a coupon is issued: lock → issue_coupon → stock_check → sms → ship, wired, nothing to find fault
with, the picture anew, published as the next version in one call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.support.tickets import World, world

T = {"zh": "节点", "en": "Node"}
PROMO: dict[str, Any] = {
    "key": "promo",
    "title": {"zh": "大促发货", "en": "Promotion"},
    "ladder": "basic",
    "start": "lock",
    "nodes": [
        {"id": "lock", "kind": "human", "title": T, "outcomes": {"locked": "ship", "none_left": "closed"}},
        {"id": "ship", "kind": "human", "title": T, "outcomes": {"shipped": "closed"}},
        {"id": "closed", "kind": "end", "title": T, "outcome": "done"},
    ],
}
TYPE = {"title": T, "urgent_title": T, "flow": "promo", "ladder": "basic"}


@pytest.fixture
def hub() -> Iterator[World]:
    with world(publish=()) as made:
        made.hire("chen", role="supervisor", region="base")
        assert made.call("POST", "/flows/promo/publish", {"document": PROMO}).json["version"] == 1
        assert made.call("POST", "/tickets/types/promo/publish", {"document": TYPE}).status == 200
        yield made


def picture(hub: World, **query: str) -> Any:
    answer = hub.call("GET", "/flows/promo/diagram", query=query)
    assert answer.status == 200
    return answer.json


def test_a_block_is_put_in_and_the_rest_stays_wired(hub: World) -> None:
    """One call: the chain of the block stands between the two, lint finds nothing, it is version 2, and a ticket walks
    it."""
    body = {"after": "lock", "edge": "locked", "node": "issue_coupon"}
    rehearsed = hub.call("POST", "/flows/promo/insert?dry_run=1", body).json
    assert (rehearsed["version"], hub.call("GET", "/flows/promo").json["version"]) == (2, 1)
    inserted = hub.call("POST", "/flows/promo/insert", body).json
    assert inserted["version"] == 2
    assert inserted["findings"] == []
    by_id = {node["id"]: node for node in inserted["document"]["nodes"]}
    assert by_id["lock"]["outcomes"] == {"locked": "issue_coupon", "none_left": "closed"}
    assert [by_id[each]["next"] for each in ("issue_coupon", "stock_check", "sms")] == ["stock_check", "sms", "ship"]
    assert inserted["order"] == ["lock", "issue_coupon", "stock_check", "sms", "ship", "closed"]

    ticket = hub.call("POST", "/tickets", {"type": "promo", "customer_id": "cus_1", "region": "310101"}).json["id"]
    hub.call("POST", f"/tickets/{ticket}/nodes/lock/complete", {"outcome": "locked"})
    passed = [visit["node"] for visit in hub.ticket(ticket)["visits"]]
    assert passed == ["lock", "issue_coupon", "stock_check", "sms", "ship"]
    assert {event.name for event in hub.told("flow.told")} == {"coupon_issued", "stock_check", "sms"}


def test_the_picture_follows(hub: World) -> None:
    """SVG and Mermaid show the new nodes; with counts, how many tickets wait where."""
    hub.call("POST", "/flows/promo/insert", {"after": "lock", "edge": "locked", "node": "issue_coupon"})
    for _ in range(3):
        hub.clock.advance(seconds=1)
        hub.call("POST", "/tickets", {"type": "promo", "customer_id": "cus_1", "region": "310101"})
    hub.call("POST", f"/tickets/{hub.ids()[0]}/nodes/lock/complete", {"outcome": "locked"})

    shown = picture(hub, counts="1")
    drawn = ElementTree.fromstring(shown["text"])  # noqa: S314 - our own
    space = "{http://www.w3.org/2000/svg}"
    assert {g.attrib["id"] for g in drawn.iter(f"{space}g")} == {
        *("lock", "issue_coupon", "stock_check", "sms", "ship", "closed")
    }
    assert (shown["counts"], shown["counted"], shown["more"]) == ({"lock": 2, "ship": 1}, 3, False)
    words = picture(hub, format="mermaid")["text"]
    assert 'lock -->|"locked"| issue_coupon' in words
    assert "sms --> ship" in words
    first = picture(hub, format="mermaid", version="1")["text"]
    assert 'lock -->|"locked"| ship' in first


def test_what_can_not_be_put_in_is_refused_with_its_place(hub: World) -> None:
    """A node that is not there, a way out that has to be said, and what is no node: each by its pointer."""

    def pointer(**body: Any) -> str:
        answer = hub.call("POST", "/flows/promo/insert", body)
        assert answer.status == 422
        return str(answer.json["errors"][0]["pointer"])

    assert pointer(after="nowhere", node="issue_coupon") == "/after"
    assert pointer(after="lock", node="issue_coupon") == "/edge"
    assert pointer(after="lock", edge="locked", node="dance") == "/node"
    odd = {"id": "odd", "kind": "wait", "title": T, "seconds": -1}
    assert pointer(after="ship", node=odd) == "/document/nodes/2/seconds"
    assert hub.call("GET", "/flows/promo").json["version"] == 1


def test_an_action_that_is_called_as_a_block_is_put_in_where_that_is_said(hub: World) -> None:
    """`issue_coupon` is a block and an action: by itself the block; among actions the one that gives the customer a
    coupon, with its parameters; among blocks there is no `tag`."""
    asked = {"after": "ship", "node": "issue_coupon", "publish": False}
    coupon = {"campaign": "autumn", "strategy": "off_10"}
    whole = hub.call("POST", "/flows/promo/insert?dry_run=1", {**asked, "among": "actions", "parameters": coupon}).json
    assert whole["order"] == ["lock", "ship", "issue_coupon", "closed"]
    (node,) = [node for node in whole["document"]["nodes"] if node["id"] == "issue_coupon"]
    assert (node["action"], node["params"]) == ("issue_coupon", coupon)
    block = hub.call("POST", "/flows/promo/insert?dry_run=1", {**asked, "among": "blocks"}).json
    assert block["order"] == ["lock", "ship", "issue_coupon", "stock_check", "sms", "closed"]
    for among, node in (("blocks", "tag"), ("actions", "supervisor_approval")):
        refused = hub.call("POST", "/flows/promo/insert", {**asked, "node": node, "among": among})
        assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "/node")
    lacking = hub.call("POST", "/flows/promo/insert", {**asked, "among": "actions", "publish": True})
    assert (lacking.status, lacking.json["errors"][0]["pointer"]) == (422, "/document/nodes/2/params/campaign")


def test_a_draft_takes_one_node_after_the_other(hub: World) -> None:
    """Without publishing, each insertion builds on the draft; lint names what is hardly meant; one call publishes it
    all, and the export of a flow is a document that can be published anew."""
    hub.call("POST", "/flows/promo/insert", {"after": "ship", "node": "tag", "publish": False})
    second = hub.call("POST", "/flows/promo/insert", {"after": "tag", "node": "supervisor_approval", "publish": False})
    assert second.json["order"] == ["lock", "ship", "tag", "supervisor_approval", "closed"]
    assert hub.call("GET", "/flows/promo").json["version"] == 1
    assert hub.call("POST", "/flows/promo/publish", {}).json["version"] == 2

    exported = hub.call("GET", "/flows/promo").json["document"]
    copy = {**exported, "key": "promo_two"}
    assert hub.call("POST", "/flows/promo_two/publish", {"document": copy}).json["version"] == 1
    loose = {**PROMO, "ladder": None}
    findings = hub.call("POST", "/flows/promo/lint", {"document": loose}).json["findings"]
    assert [finding["pointer"] for finding in findings] == ["/nodes/0", "/nodes/1"]
