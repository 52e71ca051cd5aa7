"""What Douyin's pushes say, field by field."""

from __future__ import annotations

import pytest

from hub.channels.base import Draft, NotUnderstood
from hub.channels.douyin import inbound as douyin
from hub.contracts.events import OrderTouched
from tests.channels.support import RECEIVED_AT, stored


def test_an_order_is_touched_with_every_digit_of_its_number() -> None:
    """Numbers above 2^53 arrive as text, exact."""
    push = b'{"tag":"101","msg_id":"1","data":{"p_id":4900000000000000001,"shop_id":10001}}'
    (draft,) = douyin.events(stored("douyin", push))
    assert draft.event is not None
    assert draft == Draft(
        OrderTouched(
            id=draft.event.id,
            tenant="demo",
            at=RECEIVED_AT,
            connection_id="con_1",
            channel="douyin",
            shop_id="10001",
            order_no="4900000000000000001",
            message_id="msg_1",
        )
    )


@pytest.mark.parametrize(
    "data", ["[]", '"{}"', '{"p_id":null,"shop_id":1}', '{"p_id":{"a":1},"shop_id":1}', '{"p_id":1.5,"shop_id":1}']
)
def test_a_push_without_a_usable_order_number_is_quarantined(data: str) -> None:
    """No event with an invented number."""
    with pytest.raises(NotUnderstood) as refused:
        douyin.events(stored("douyin", f'{{"tag":"101","data":{data}}}'.encode()))
    assert refused.value.reason == "missing-field"
