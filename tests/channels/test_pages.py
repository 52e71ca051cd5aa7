"""A page that is pulled is read row by row: what somebody typed into one, or one that can't be read, holds up none."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.webhooks.inbox.pulled import pulled_text
from hub.channels.base import MESSAGE_LIMIT_BYTES, NotUnderstood
from hub.channels.registry import CHANNELS, client, inbound
from tests.channels.fakes import FakeSession, FakeTokens
from tests.channels.support import payload, stored

NOW = datetime(2026, 1, 1, tzinfo=UTC)
NOTE = "log \x1b[0;32mI"
PAGES: dict[str, tuple[Any, Any]] = {
    "wechat_store": ("11", lambda rows: {"errcode": 0, "order_id_list": rows, "has_more": False}),
    "douyin": (
        {"order_id": "11", "buyer_words": NOTE},
        lambda rows: {"code": 10000, "data": {"shop_order_list": rows, "total": 3}},
    ),
    "kuaishou": (
        {"orderBaseInfo": {"oid": "11", "remark": NOTE}},
        lambda rows: {"result": 1, "data": {"orderList": rows, "cursor": "nomore"}},
    ),
    "xiaohongshu": (
        {"orderId": "11", "customerRemark": NOTE},
        lambda rows: {"success": True, "error_code": 0, "data": {"orderList": rows, "total": 3}},
    ),
    "youzan": (
        {"full_order_info": {"order_info": {"tid": "11"}, "remark_info": {"buyer_message": NOTE}}},
        lambda rows: {"code": 200, "success": True, "data": {"full_order_info_list": rows, "total_results": 3}},
    ),
    "shopify": (
        {"id": "gid://shopify/Order/11", "note": NOTE},
        lambda rows: {"data": {"orders": {"nodes": rows, "pageInfo": {}}}},
    ),
    "taobao": (
        {"tid": "11", "buyer_message": NOTE},
        lambda rows: {"trades_sold_increment_get_response": {"total_results": 3, "trades": {"trade": rows}}},
    ),
    "jd": (
        {"orderId": "11", "orderRemark": NOTE},
        lambda rows: {
            "jingdong_pop_order_search_responce": {
                "code": "0",
                "searchorderinfo_result": {"apiResult": {"success": True}, "orderInfoList": rows, "orderTotal": 3},
            }
        },
    ),
    "pinduoduo": (
        {"order_sn": "11", "buyer_memo": NOTE},
        lambda rows: {"order_sn_increment_get_response": {"order_sn_list": rows, "total_count": 3}},
    ),
}
"""By marketplace: an order with a note that a buyer typed, and the page that lists such rows."""


def raw(document: Any) -> bytes:
    """JSON as a platform writes it that escapes nothing."""
    return json.dumps(document, ensure_ascii=False).replace("\\u001b", "\x1b").encode()


def made(name: str, *answers: Any) -> Any:
    known = payload(f"{name}_examples")["settings"]
    return client(name).Client(known, FakeTokens(), wall_now=lambda: NOW, session=FakeSession(*answers))


def test_every_marketplace_is_tried() -> None:
    """A new one needs a row here."""
    assert set(PAGES) == {name for name, channel in CHANNELS.items() if channel.market}


@pytest.mark.parametrize("name", PAGES)
def test_one_row_that_cannot_be_read_holds_up_none_of_its_page(name: str) -> None:
    """Raw control characters in a note are read; what is no row, or has no number, is told apart by having none."""
    row, page = PAGES[name]
    answer = raw(page([row, {}, None, row]))
    rows = made(name, answer).page("order", NOW, NOW, "").rows
    assert [row.number for row in rows] == ["11", "", "", "11"]


@pytest.mark.parametrize("name", [name for name in PAGES if name != "wechat_store"])
def test_what_a_buyer_typed_into_a_row_is_kept_without_the_odd_character(name: str) -> None:
    """The rest of the note stands in the row."""
    row, page = PAGES[name]
    (read,) = made(name, raw(page([row]))).page("order", NOW, NOW, "").rows
    assert "log [0;32mI" in json.dumps(read.detail)


@pytest.mark.parametrize("name", [*PAGES, "wechat_kf"])
@pytest.mark.parametrize("row", [7, None, [], {}, "冰柜", {"item": 7}])
def test_a_row_that_cannot_be_read_is_quarantined(name: str, row: Any) -> None:
    """Each channel's reader says so of a row that is none: it is kept, told of, and replayed once it is understood."""
    for entity in ("order", "after_sale", "message"):
        with pytest.raises(NotUnderstood):
            inbound(name).events(stored(name, pulled_text(entity, row)))


def test_customers_are_heard_behind_a_row_that_cannot_be_read() -> None:
    """A page of customer service is all rows that it lists, odd ones too; words are read without odd characters."""
    row = {"msgid": "m1", "open_kfid": "wk1", "msgtype": "text", "text": {"content": NOTE}}
    answer = raw({"errcode": 0, "next_cursor": "c2", "has_more": 0, "msg_list": [row, 7, row]})
    rows, cursor, more = made("wechat_kf", answer).sync("wk1", "c1")
    assert (len(rows), cursor, more) == (3, "c2", False)
    assert rows[0]["text"]["content"] == "log [0;32mI"
    reader: Any = inbound("wechat_kf")
    assert len({reader.row_key(row) for row in rows}) == 2
    assert [reader.welcome_code_of(row) for row in rows] == [""] * 3


@pytest.mark.parametrize("row", [{"text": "x" * MESSAGE_LIMIT_BYTES, "id": "1"}, ["x" * MESSAGE_LIMIT_BYTES]])
def test_a_row_that_no_item_holds_is_kept_without_its_content(row: Any) -> None:
    """It would hold up all behind it."""
    text = pulled_text("review", row)
    assert len(text) < 600
    assert json.loads(text)["row"]["cut"] is True


def test_a_row_of_any_depth_is_kept() -> None:
    """One that nests deeper than anybody reads is cut, too."""
    row: Any = []
    for _ in range(100_000):
        row = [row]
    assert json.loads(pulled_text("message", {"msgid": "m1", "msgtype": "merged_msg", "merged_msg": row})) == {
        "pulled": "message",
        "row": {"msgid": "m1", "msgtype": "merged_msg", "merged_msg": {"cut": True}},
    }
