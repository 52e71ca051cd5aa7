"""Work that awaits acceptance: shown, posted when its ticket is accepted, void when it is not; in any order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.http import token
from tests.support.settlement import posting
from tests.support.settlement_room import Till, handed, moment, till

TENTH = {"rule": "percent", "of": "amount", "rate": "0.10"}
JOB = {"ticket": "tkt_1"}
PAY = "payable:person:wang.wei"


@pytest.fixture
def room() -> Iterator[Till]:
    """10 % of a visit once it is accepted, 1.00 of it at once."""
    later = posting(TENTH, on_acceptance=True, purpose="commission")
    with till("2026-11-20T09:00:00+08:00", in_memory=False) as made:
        at_once = posting({"rule": "flat", "amount": "1.00"}, purpose="visit")
        assert made.publish("p", {"facts": ["visit"], "postings": [later, at_once]}).status == 200
        made.clock.now = moment("2026-11-21T12:00:00+08:00")
        yield made


def visit(number: int = 1, **more: Any) -> dict[str, Any]:
    return handed("visit", number, "2026-11-20T10:00:00+08:00", amount="300.00", about=JOB, **more)


def verdict(outcome: str, number: int = 9) -> dict[str, Any]:
    at = f"2026-11-21T1{number % 2}:00:00+08:00"
    return handed("acceptance", number, at, about={**JOB, "outcome": outcome})


def earned(room: Till) -> Any:
    who = token("engineer", sub="wang.wei")
    return room.call("GET", "/settlement/earnings/wang.wei", as_=who, query={"period": "2026-11"}).json


def test_it_is_shown_and_posted_with_its_acceptance(room: Till) -> None:
    """30.00 await beside 1.00 that is pending; accepted the next day they count from then, and say by which fact. Said
    again, or handed in again, nothing is posted twice."""
    (result,) = room.hand_in(visit())
    assert (result["entries"], result["provisional"]) == (1, 1)
    (total,) = earned(room)["totals"]
    assert (total["awaiting"], total["pending"], total["total"]) == ("30.00", "1.00", "1.00")
    assert {line["amount"]: line["state"] for line in earned(room)["lines"]} == {"30.00": "awaiting", "1.00": "pending"}
    assert room.accounts(PAY) == {PAY: "-1.00"}
    room.hand_in(verdict("done"))
    room.hand_in(verdict("done"), verdict("done", 11), visit())
    (total,) = earned(room)["totals"]
    assert (total["awaiting"], total["pending"]) == ("0.00", "31.00")
    (commission,) = (entry for entry in room.entries() if entry["purpose"] == "commission")
    assert (commission["period"], commission["reason"]["facts"]["accepted_by"]) == ("2026-11-21", "acceptance:9")


def test_rejected_it_is_void_and_what_was_done_again_counts(room: Till) -> None:
    """Nothing is posted and nothing awaits any more; a second visit after that is accepted, the first stays void."""
    room.hand_in(visit())
    room.hand_in(verdict("rejected", 8))
    assert (room.accounts(PAY), earned(room)["totals"][0]["awaiting"]) == ({PAY: "-1.00"}, "0.00")
    again = {**visit(2), "occurred_at": "2026-11-21T10:30:00+08:00"}
    room.hand_in(again)
    assert earned(room)["totals"][0]["awaiting"] == "30.00"
    room.hand_in(verdict("done", 11), visit(1))
    assert room.accounts(PAY) == {PAY: "-32.00"}


def test_an_acceptance_that_comes_first_is_followed_at_once(room: Till) -> None:
    """Whichever is heard of first, the end is the same."""
    room.hand_in(verdict("done"))
    room.hand_in(visit())
    assert (room.accounts(PAY), earned(room)["totals"][0]["awaiting"]) == ({PAY: "-31.00"}, "0.00")


def test_what_goes_back_while_it_awaits_shares_its_fate(room: Till) -> None:
    """A third back: 20.00 when it is accepted, nothing when it is not."""
    back = handed("refund", 5, "2026-11-20T11:00:00+08:00", refund="100.00", reverses="visit:1")
    room.hand_in(visit(), back)
    assert earned(room)["totals"][0]["awaiting"] == "20.00"
    room.hand_in(verdict("done"))
    assert room.accounts(PAY) == {PAY: "-20.67"}


def test_a_posting_over_a_period_awaits_nothing(room: Till) -> None:
    """Refused at its place: a window is worked out over what has occurred."""
    tiers = [{"above": "0", "rate": "0.05"}]
    steps = {"rule": "cumulative_tier", "of": "amount", "border": "upper", "reach": "slice", "tiers": tiers}
    both = posting(steps, window={"party": "person", "period": "month"}, on_acceptance=True)
    refused = room.publish("q", {"facts": ["visit"], "postings": [both]})
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "/document/postings/0/on_acceptance")
