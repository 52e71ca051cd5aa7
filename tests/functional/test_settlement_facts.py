"""Facts in: once each, parked with their reason where they can't be settled, and settled when they are mended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from hub.contracts.events import PersonChanged, StoreChanged, WorkReported
from tests.support.settlement import posting
from tests.support.settlement_room import WHO, Till, handed, moment, till

PERCENT = posting({"rule": "percent", "of": "amount", "rate": "0.10"})


@pytest.fixture
def room() -> Iterator[Till]:
    with till(in_memory=False) as made:
        made.publish("p", {"facts": ["order", "work"], "postings": [PERCENT]})
        yield made


def parked(room: Till) -> dict[str, tuple[str, str]]:
    rows = room.call("GET", "/settlement/facts/parked").json["data"]
    return {row["id"]: (row["park_reason"], row["pointer"]) for row in rows}


@pytest.mark.parametrize("text", ["1e9", "-0", "-0.00", "NaN", "1.001", "Infinity", "１", "1_000", ""])
def test_an_amount_that_is_none_is_refused_with_its_pointer(room: Till, text: str) -> None:
    """422 names the place, and nothing of the batch is kept."""
    body = {"facts": [handed("order", 1, amount="1.00"), {**handed("order", 2), "amounts": {"amount": text}}]}
    answer = room.call("POST", "/settlement/facts", body)
    assert answer.status == 422
    assert [error["pointer"] for error in answer.json["errors"]] == ["/facts/1/amounts/amount"]
    assert room.entries() == []


@pytest.mark.parametrize(
    "change",
    [
        {"amounts": {"amount": "101.00"}}, {"quantities": {"pieces": "3"}}, {"currency": "USD"},
        {"parties": {**WHO, "person": "li"}}, {"occurred_at": "2026-11-21T09:00:00+08:00"},
        {"components": [{"id": "a", "amounts": {"amount": "60.00"}}]}, {"kind": "order_line"}, {"reverses": "order:7"},
    ],
)  # fmt: skip
def test_a_fact_that_is_told_otherwise_is_refused_not_taken_for_known(room: Till, change: dict[str, Any]) -> None:
    """Settled is settled: who hands it in again with another amount, count, currency, person, day, part or kind hears
    that nothing came of it; with the same figures, however they are written, that it is known."""
    body = {**handed("order", 1, amount="100.00", pieces=2, parties=WHO), "components": [{"id": "a"}]}
    room.call("POST", "/settlement/parties", {"parties": ["person:li"]})
    assert [result["state"] for result in room.hand_in(body)] == ["settled"]
    again = {**body, "amounts": {"amount": "100"}, "quantities": {"pieces": "2.0"},
             "occurred_at": "2026-11-20T01:00:00Z"}  # fmt: skip
    ((known,), (told,)) = room.hand_in(again), room.hand_in({**body, **change})
    assert (known["state"], known["known"]) == ("settled", True)
    assert (told["state"], told["known"], told["pointer"]) == ("refused", True, "/id")
    assert room.accounts("payable") == {"payable:person:wang.wei": "-10.00"}


def test_decimals_that_the_currency_has_not_are_refused(room: Till) -> None:
    """Yen have none."""
    answer = room.call(
        "POST", "/settlement/facts", {"facts": [{**handed("order", 1, amount="1.5"), "currency": "JPY"}]}
    )
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, "/facts/0/amounts/amount")


def test_a_fact_of_somebody_unknown_waits_until_they_are_known(room: Till) -> None:
    """Parked with its place and listed; settled by itself when the directory says who they are."""
    stranger = handed("order", 1, amount="100.00", parties={**WHO, "person": "new.one"})
    (result,) = room.hand_in(stranger)
    assert (result["state"], result["park_reason"], result["pointer"]) == ("parked", "unknown_party", "/parties/person")
    assert parked(room) == {"order:1": ("unknown_party", "/parties/person")}
    room.hear(
        PersonChanged(
            id="evt_p", tenant="demo", at=moment("2026-11-20T09:00:00+08:00"), person_id="new.one", version=1,
            active=True, roles=("engineer",), skills=(), teams=(), region="310101",
        )
    )  # fmt: skip
    assert room.accounts("payable") == {"payable:person:new.one": "-10.00"}
    assert parked(room) == {}


def test_unknown_currencies_and_periods_are_parked_and_mended_by_handing_them_in_again(room: Till) -> None:
    """XXX, and a year from now, wait with their reasons; handed in again with what is right, they are settled."""
    wrong: list[dict[str, Any]] = [
        {**handed("order", 1, amount="100.00"), "currency": "XXX"},
        handed("order", 2, "2027-11-20T09:00:00+08:00", amount="100.00"),
    ]
    room.hand_in(*wrong)
    assert parked(room) == {
        "order:1": ("unknown_currency", "/currency"),
        "order:2": ("unknown_period", "/occurred_at"),
    }
    room.hand_in(handed("order", 1, amount="100.00"), handed("order", 2, amount="100.00"))
    assert room.accounts("payable") == {"payable:person:wang.wei": "-20.00"}
    assert parked(room) == {}


def test_a_refund_before_its_sale_waits_for_it(room: Till) -> None:
    """Listed; when the sale comes, both are posted and come to nothing."""
    room.hand_in(handed("refund", 2, reverses="order:1"))
    assert parked(room) == {"refund:2": ("unknown_sale", "/reverses")}
    room.hand_in(handed("order", 1, amount="100.00"))
    assert (len(room.entries()), room.accounts()) == (2, {})


def test_more_than_was_sold_does_not_go_back(room: Till) -> None:
    """The second half goes; one more is parked, and changes nothing."""
    room.hand_in(handed("order", 1, amount="100.00"))
    backs = [handed("refund", n, refund="50.00", reverses="order:1") for n in (2, 3, 4)]
    results = room.hand_in(*backs)
    assert [result["park_reason"] for result in results] == ["", "", "too_much_back"]
    assert room.accounts() == {}


def test_the_same_id_with_other_figures_is_refused(room: Till) -> None:
    """A fact's id is its identity: what is settled is not settled again otherwise."""
    room.hand_in(handed("order", 1, amount="100.00"))
    (result,) = room.hand_in(handed("order", 1, amount="200.00"))
    assert (result["state"], result["known"]) == ("refused", True)
    assert room.accounts("payable") == {"payable:person:wang.wei": "-10.00"}


def test_minutes_are_priced_by_the_rates_of_their_day_and_place(room: Till) -> None:
    """90 minutes and 12 km at 60.00 and 2.00, whatever was typed; in 深圳 at 100.00 from an overlay."""
    pay = [posting({"rule": "percent", "of": name, "rate": "1"}, purpose=name) for name in ("labour", "travel")]
    room.publish("work", {"facts": ["work"], "postings": pay})
    rows = {"rows": {"standard": {"hour": "100.00"}}}
    assert room.publish("", rows, kind="rates", scope="440300").status == 200
    for number, region in enumerate(("310101", "440304")):
        room.hear(
            WorkReported(
                id=f"evt_{number}", tenant="demo", at=moment("2026-11-20T09:00:00+08:00"), ticket_id="tkt_1",
                visit_id=f"vis_{number}", run=1, node="service", kind="human", region=region, person_id=f"p{number}",
                outcome="done", labour_minutes=90, travel_km=12, labour_minor=99900,
            )
        )  # fmt: skip
    assert room.accounts("payable") == {"payable:person:p0": "-114.00", "payable:person:p1": "-174.00"}


def test_what_a_draft_would_have_paid_is_told_beside_what_was_paid(room: Till) -> None:
    """10 % paid 30.00 this month; a draft of 12 % would have paid 36.00, and nothing is posted for asking."""
    room.hand_in(*(handed("order", n, amount="100.00") for n in range(3)))
    steps = {"rule": "percent", "of": "amount", "rate": "0.12"}
    body = {"policy": {"facts": ["order"], "postings": [posting(steps)]}, "against": "p"}
    answer = room.call("POST", "/settlement/what-if", body).json
    rows = {row["account"]: (row["draft"], row["today"], row["difference"]) for row in answer["rows"]}
    assert rows["payable:person:wang.wei"] == ("-36.00", "-30.00", "-6.00")
    assert (answer["facts"], answer["complete"], len(room.entries())) == (3, True, 3)


def test_a_store_has_a_policy_of_its_own_once_the_directory_told_where_it_lies(room: Till) -> None:
    """Its scope is unknown before (404); then its overlay holds for its facts alone, and it may be named."""
    steps = {"postings": [posting({"rule": "percent", "of": "amount", "rate": "0.20"})]}
    assert room.publish("p", steps, scope="s9").status == 404
    told = {"id": "evt_s", "tenant": "demo", "at": moment("2026-11-20T09:00:00+08:00"), "store_id": "s9"}
    room.hear(StoreChanged.model_validate({**told, "version": 2, "region": "310101"}))
    room.hear(StoreChanged.model_validate({**told, "version": 1, "region": "440304"}))
    assert room.publish("p", steps, scope="s9").status == 200
    there = {**WHO, "store": "s9"}
    room.hand_in(handed("order", 1, amount="100.00", parties=there), handed("order", 2, amount="100.00"))
    assert sorted(entry["lines"][0]["amount"] for entry in room.entries()) == ["10.00", "20.00"]
