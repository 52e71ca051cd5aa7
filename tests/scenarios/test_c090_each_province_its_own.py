"""C090: a dealer reads its own province's statements and no other's; a serial that was sold to one province and is
activated in another is a case of which each party sees its own half."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.http import token
from tests.support.settlement import posting
from tests.support.settlement_room import Till, handed, moment, till

REBATE = posting(
    {"rule": "percent", "of": "amount", "rate": "0.03"}, purpose="rebate", debit="expense:rebate",
    credit="payable:dealer:{dealer}",
)  # fmt: skip
JIANGSU = {"dealer": "js", "region": "320106"}
ZHEJIANG = {"dealer": "zj", "region": "330106"}
JS = token("finance", sub="js.boss", stores=("js",), region="320000")
ZJ = token("finance", sub="zj.boss", stores=("zj",), region="330000")
AT = "2026-11-20T10:00:00+08:00"


@pytest.fixture(scope="module")
def room() -> Iterator[Till]:
    """One order of each dealer, and the day closed province by province."""
    with till("2026-11-01T00:00:00+08:00") as made:
        day = {"every": "day"}
        made.set_calendar(day, r320000=day, r330000=day)
        made.publish("rebates", {"facts": ["order"], "postings": [REBATE]})
        made.call("POST", "/settlement/parties", {"parties": ["dealer:js", "dealer:zj"]})
        made.clock.now = moment("2026-11-20T12:00:00+08:00")
        made.hand_in(
            handed("order", 1, AT, amount="1000.00", parties=JIANGSU, about={"serial": "SN-1"}),
            handed("order", 2, AT, amount="2000.00", parties=ZHEJIANG, about={"serial": "SN-2"}),
        )
        made.clock.now = moment("2026-11-21T06:00:00+08:00")
        for province in ("320000", "330000"):
            made.close(f"{province}.2026-11-20")
        yield made


def shown(room: Till, path: str, who: str) -> Any:
    return room.call("GET", path, as_=who)


def test_a_dealer_does_not_find_another_provinces_statement(room: Till) -> None:
    """Its own is there with its 3 %; the other's is 404 by id, by its lines and its file, and in no list."""
    (own,) = shown(room, "/settlement/statements", JS).json["data"]
    (other,) = shown(room, "/settlement/statements", ZJ).json["data"]
    assert (own["party"], own["totals"][0]["total"]) == ("dealer:js", "30.00")
    assert (other["party"], other["totals"][0]["total"]) == ("dealer:zj", "60.00")
    path = f"/settlement/statements/{other['id']}"
    assert [shown(room, f"{path}{part}", JS).status for part in ("", "/lines", "/file", "/disputes")] == [404] * 4
    assert shown(room, f"/settlement/statements/{own['id']}", JS).status == 200
    assert shown(room, "/settlement/statements?party=dealer:zj", JS).json["data"] == []
    assert shown(room, f"/settlement/statements/{other['id']}", JS).json["title"] == shown(
        room, "/settlement/statements/stl_01M8QHV7M079W7JSC5CKW5K7XF", JS
    ).json["title"]  # fmt: skip


def test_a_serial_that_went_astray_is_a_case_of_two_halves(room: Till) -> None:
    """Sold to Jiangsu, activated in Zhejiang: each party finds that it happened and nothing of the other; headquarters
    sees both. One that stays at home is none; said twice, it is one case."""
    activated = handed("activation", 1, "2026-11-20T11:00:00+08:00", parties=ZHEJIANG, about={"serial": "SN-1"})
    at_home = handed("activation", 2, "2026-11-20T11:00:00+08:00", parties=ZHEJIANG, about={"serial": "SN-2"})
    room.hand_in(activated, at_home)
    room.hand_in(activated)
    (sold,) = shown(room, "/settlement/conflicts", JS).json["data"]
    (found,) = shown(room, "/settlement/conflicts", ZJ).json["data"]
    assert (sold["kind"], sold["half"], sold["serial"], sold["region"]) == (
        "channel_conflict", "sold", "SN-1", "320106",
    )  # fmt: skip
    assert (found["id"], found["half"], found["fact_id"]) == (sold["id"], "activated", "activation:1")
    path = f"/settlement/conflicts/{sold['id']}"
    halves = [{half["half"] for half in shown(room, path, who).json["halves"]} for who in (JS, ZJ, token())]
    assert halves == [{"sold"}, {"activated"}, {"sold", "activated"}]
    assert "zj" not in shown(room, path, JS).text
    assert "js" not in shown(room, path, ZJ).text
    south = token("finance", sub="gd.boss", stores=("gd",), region="440000")
    assert shown(room, path, south).status == 404


def test_the_order_in_which_both_are_heard_of_does_not_matter(room: Till) -> None:
    """The activation comes first, its sale later: the case is there as soon as both are. Sold on to Zhejiang before it
    was activated, there is none."""
    early = handed("activation", 3, "2026-11-20T11:00:00+08:00", parties=ZHEJIANG, about={"serial": "SN-3"})
    late = handed("order", 3, AT, amount="10.00", parties=JIANGSU, about={"serial": "SN-3"})
    onward = handed("order", 5, "2026-11-20T10:30:00+08:00", amount="9.00", parties=ZHEJIANG, about={"serial": "SN-4"})
    first = handed("order", 4, AT, amount="10.00", parties=JIANGSU, about={"serial": "SN-4"})
    room.hand_in(early, first, onward)
    room.hand_in(handed("activation", 4, "2026-11-20T11:00:00+08:00", parties=ZHEJIANG, about={"serial": "SN-4"}))
    assert "SN-3" not in shown(room, "/settlement/conflicts", JS).text
    room.hand_in(late)
    serials = [half["serial"] for half in shown(room, "/settlement/conflicts", JS).json["data"]]
    assert sorted(serials) == ["SN-1", "SN-3"]
