"""What a tenant's own mapping must hold before it can be published."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.webhooks.mappings.active import LiveTable
from functions.webhooks.mappings.kind import packaged_mappings
from functions.webhooks.mappings.mappings import check_mapping
from hub.channels.base import NotUnderstood
from hub.channels.mapping import SHOWN_LIMIT, StatusTable, lint, packaged_table

DOUYIN = packaged_table("douyin")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=6,
)
WORDS = st.sampled_from(("order", "after_sale", "fields", "rules", "if", "state", "types", "money", "label"))
NEARLY = st.recursive(
    JSON, lambda inner: st.dictionaries(WORDS, inner, max_size=4) | st.lists(inner, max_size=2), max_leaves=8
)


def changed(*path: Any, to: Any = None) -> dict[str, Any]:
    """Douyin's mapping with one place changed, or taken out."""
    document: dict[str, Any] = deepcopy(dict(DOUYIN.document))
    place: Any = document
    for name in path[:-1]:
        place = place[name]
    if to is None:
        del place[path[-1]]
    else:
        place[path[-1]] = to
    return document


@pytest.mark.parametrize("channel", packaged_mappings())
def test_what_ships_can_be_published_as_it_is(channel: str) -> None:
    """Each marketplace's own mapping passes: what a tenant changes in it is all that can be wrong."""
    assert check_mapping(packaged_table(channel).document, packaged_table(channel)) == []


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        (changed("after_sale"), "/after_sale"),
        (changed("order", "fields", "order_status", to=["1", "2"]), "/order/fields/order_status"),
        (changed("order", "rules", 0, "state", to="sleeping"), "/order/rules/0/state"),
        (changed("order", "rules", 0), "/order/rules"),
        (changed("order", "rules", to={}), "/order/rules"),
        (changed("order", "rules", to=["x"]), "/order/rules"),
        (changed("order", "rules", 0, "label", to=7), "/order/rules"),
        (changed("order", "fields", to=[]), "/order/fields"),
        (changed("order", "fields", "order_status", to="1"), "/order/fields/order_status"),
        (changed("after_sale", "types", "0", to=1), "/after_sale/types/0"),
        (changed("after_sale", "types", "0", to="gift"), "/after_sale/types/0"),
        (changed("after_sale", "types"), "/after_sale/types"),
        (changed("after_sale", "money"), "/after_sale/money"),
        (changed("after_sale", "money", "3"), "/after_sale/money"),
        (changed("order", "fields", "source", to=[]), "/order/fields/source"),
        (changed("order", "rules", 0, "if", to={"order_status": "*"}), "/order/rules/0/if"),
        (changed("order", to="x"), "/order"),
        (changed("channel", to="jd"), "/channel"),
        (changed("schema", to=2), "/schema"),
        (changed("orders", to={}), "/orders"),
        (changed("order", "rules", 0, "state", to={"paid": 1}), "/order/rules/0/state"),
        (changed("version", to=["1"]), "/version"),
    ],
)
def test_what_would_lose_an_order_is_named(document: dict[str, Any], pointer: str) -> None:
    """A wrong place is named by its pointer: a documented code left out, of money too, a state that we do not have, a
    rule that guesses, a wrong form."""
    assert pointer in [problem.pointer for problem in check_mapping(document, DOUYIN)]


def test_a_document_that_maps_nothing_is_told_so_briefly() -> None:
    """Not every combination is named, and too many of them are not even tried."""
    fields = {"a": [str(n) for n in range(70)], "b": [str(n) for n in range(70)]}
    part = {"fields": fields, "rules": [{"if": {"a": "x"}, "state": "paid"}]}
    assert len(lint({"order": part})) == SHOWN_LIMIT
    (problem,) = lint({"order": {**part, "fields": {**fields, "c": ["1", "2"]}}})
    assert problem.pointer == "/order/fields"


@given(st.dictionaries(WORDS, NEARLY, max_size=4))
def test_no_document_breaks_the_check(document: dict[str, Any]) -> None:
    """Whatever JSON is sent, it is told what is wrong with it."""
    assert check_mapping(document, DOUYIN)


def test_an_unknown_status_is_looked_up_once_more() -> None:
    """A table that does not know a status asks for the newest; one that knows it asks nobody; what nobody knows is not
    guessed."""
    rules = [{"if": {"order_status": "冻结"}, "state": "on_hold"}, *DOUYIN.document["order"]["rules"]]
    asked: list[StatusTable] = [StatusTable(changed("order", "rules", to=rules))]
    table = LiveTable(DOUYIN.document, newest=lambda: asked.pop())
    assert table.order_state({"order_status": 2})[0] == "paid"
    assert len(asked) == 1
    assert table.order_state({"order_status": "冻结"})[0] == "on_hold"
    with pytest.raises(NotUnderstood):
        LiveTable(DOUYIN.document, newest=lambda: DOUYIN).order_state({"order_status": "冻结"})
