"""C041: seven rules say who gets what, by source, region, product, category and type; each ticket lands as they name it
and says which one it was, and their lint knows what they leave open, where two meet, and which can never decide."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from hub.contracts.events import OccasionResolved
from hub.contracts.orders import OrderLine
from hub.kernel.ids import hashed_id
from tests.support.aws import TENANT
from tests.support.tickets import World, world

T = {"zh": "咨询", "en": "Enquiry"}
NORTHEAST, SOUTH, NORTH = ("210000", "220000", "230000"), ("440000", "450000", "460000"), ("110000", "130000")
FLOW = {
    "key": "enquiry", "title": T, "ladder": "basic", "start": "give",
    "nodes": [
        {"id": "give", "title": T, "kind": "action", "action": "assign", "params": {"role": "agent"}, "next": "answer"},
        {"id": "answer", "title": T, "kind": "human", "assignee": "ticket.assignee", "outcomes": {"done": "closed"}},
        {"id": "closed", "title": T, "kind": "end", "outcome": "done"},
    ],
}  # fmt: skip
TYPE = {"title": T, "urgent_title": T, "flow": "enquiry", "ladder": "basic"}


def rule(name: str, when: dict[str, Any], skill: str, kind: str = "enquiry") -> dict[str, Any]:
    """What a rule says: whose skill it takes."""
    return {"id": name, "when": when, "then": {"type": kind, "priority": "normal", "skill": skill}}


MESSAGES = {
    "key": "intake", "hit": "first",
    "schema": {"text": "text", "channel": "text", "entry": "text", "region": "region"},
    "rules": [
        rule("north-equipment", {"text": {"contains_any": ["设备"]}, "region": {"within": list(NORTH)}},
             "equipment", "repair"),
        rule("douyin", {"channel": {"eq": "douyin"}}, "short_video"),
        rule("website", {"entry": {"eq": "website"}}, "professional"),
        rule("northeast", {"region": {"within": list(NORTHEAST)}}, "northeast"),
        rule("south", {"region": {"within": list(SOUTH)}}, "south"),
    ],
    "default": {"type": "consult", "priority": "normal"},
}  # fmt: skip
ORDERS = {
    "key": "order", "hit": "first", "schema": {"articles": "set", "categories": "set", "services": "number"},
    "rules": [
        rule("product-x", {"articles": {"has": "X-100"}}, "product_x"),
        rule("category", {"categories": {"has": "water"}}, "water"),
    ],
    "default": {"type": "none"},
}  # fmt: skip


@pytest.fixture
def hub() -> Iterator[World]:
    """Groups of agents, two agents and a consultant of their own fields, and engineers of two providers."""
    with world() as made:
        made.hire("chen", role="supervisor", region="base")
        for person, skill, team in (
            ("vivi", "short_video", "short_video_group"), ("pan", "professional", "professionals"),
            ("xiaowang", "northeast", ""), ("xiaoli", "south", ""), ("gu", "product_x", ""),
            ("shui", "water", "water_operations"),
        ):  # fmt: skip
            made.hire(person, role="agent", region="base", skills=(skill,), teams=(team,) if team else ())
        for person, province in (("hebei_provider", "130000"), ("henan_provider", "410000")):
            made.hire(person, region=province, skills=("equipment",), teams=(person,))
        for path, document in (
            ("/flows/enquiry", FLOW), ("/tickets/types/enquiry", TYPE), ("/tickets/rules", MESSAGES),
            ("/tickets/occasion-rules/order", ORDERS),
        ):  # fmt: skip
            answer = made.call("POST", f"{path}/publish", {"document": document})
            assert answer.status == 200, answer.text
        yield made


def bought(hub: World, number: str, line: OrderLine) -> None:
    """A paid order with the installation of what was bought."""
    service = OrderLine(item_no="install", kind="service")
    hub.tell(
        OccasionResolved(
            id=hashed_id("evt", number), tenant=TENANT, at=hub.clock.now, connection_id="con_2", channel="jd",
            account="shop", kind="order", subject_id=number, customer_id=f"cus_{number}", lines=(line, service),
        )
    )  # fmt: skip


def test_each_lands_as_named(hub: World) -> None:
    """Seven tickets arrive by seven ways; each one's explanation names its rule."""
    fixtures: list[tuple[str, dict[str, Any]]] = [
        ("怎么买", {"channel": "douyin"}),
        ("请报价", {"channel": "open", "text_more": {"entry": "website"}}),
        ("沈阳能送吗", {"region": "210106"}),
        ("广州能送吗", {"region": "440106"}),
        ("设备停了", {"region": "130102"}),
    ]
    for number, (text, facts) in enumerate(fixtures):
        hub.say(text, f"msg_{number}", customer_id=f"cus_{number}", sender_id=f"wm{number}", **facts)
        hub.clock.advance(seconds=1)
    bought(hub, "ord_1", OrderLine(item_no="1001", sku="X-100", category="coffee"))
    hub.clock.advance(seconds=1)
    bought(hub, "ord_2", OrderLine(item_no="1002", sku="Y-200", category="water"))

    landed = []
    for ticket_id in reversed(hub.ids()):
        ticket = hub.call("GET", f"/tickets/{ticket_id}", query={"explain": "1"}).json
        landed.append((ticket["explain"]["rule_id"], ticket["team"], ticket["assignee"]))
    assert landed == [
        ("douyin", "short_video_group", "vivi"),
        ("website", "professionals", "pan"),
        ("northeast", "", "xiaowang"),
        ("south", "", "xiaoli"),
        ("north-equipment", "hebei_provider", "hebei_provider"),
        ("product-x", "", "gu"),
        ("category", "water_operations", "shui"),
    ]


def findings(hub: World, *rules: dict[str, Any]) -> list[dict[str, Any]]:
    """What lint says of the table with these rules behind the others."""
    document = {**MESSAGES, "rules": [*MESSAGES["rules"], *rules]}
    answer = hub.call("POST", "/tickets/rules/lint", {"document": document})
    assert answer.status == 200, answer.text
    return list(answer.json["findings"])


def test_lint_knows_what_is_left_open_and_where_two_meet(hub: World) -> None:
    """Some facts that no rule takes, and each pair of which only the order decides; they are warnings, with an example
    each that shows it."""
    found = findings(hub)
    assert {finding["severity"] for finding in found} == {"warning"}
    gaps = [finding["rule"] for finding in found if finding["pointer"] == "/default"]
    assert gaps
    assert all("takes what no rule does" in gap for gap in gaps)
    overlaps = {finding["pointer"]: finding["rule"] for finding in found if finding["pointer"] != "/default"}
    assert "douyin" in overlaps["/rules/2"]
    assert '"channel": "douyin"' in overlaps["/rules/2"]
    assert overlaps.keys() == {"/rules/1", "/rules/2", "/rules/3", "/rules/4"}


def test_a_rule_that_can_never_decide_is_refused(hub: World) -> None:
    """深圳 lies in 华南, whose rule comes first: it cannot be published, and what holds stays as it was."""
    shenzhen = rule("shenzhen", {"region": {"within": "440300"}}, "professional")
    errors = [finding for finding in findings(hub, shenzhen) if finding["severity"] == "error"]
    assert [(error["pointer"], error["rule"]) for error in errors] == [
        ("/rules/5", "can never decide: douyin, website, south take all of it")
    ]
    document = {**MESSAGES, "rules": [*MESSAGES["rules"], shenzhen]}
    refused = hub.call("POST", "/tickets/rules/publish", {"document": document})
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "/document/rules/5")
    kept = hub.call("GET", "/tickets/rules").json["document"]
    assert len(kept["rules"]) == 5
