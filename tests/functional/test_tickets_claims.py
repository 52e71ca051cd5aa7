"""Claims: what a customer asked for lately is counted in the very write that hangs on it."""

from __future__ import annotations

from functions.tickets import app
from functions.tickets.ticket.ticket import Case, Claim, Move
from tests.support.tickets import T0, world

KIND = "compensation"


def claim(case: Case) -> Move:
    """One claim more of cus_1."""
    claims = app.room.desk.tickets.claims("cus_1", KIND)
    more = (*claims.claims, Claim(ticket_id=case.ticket.id, at=T0))
    return Move(case.ticket, claims=claims.but(claims=more))


def test_of_two_claims_at_once_the_second_is_decided_anew() -> None:
    """While one ticket decides, another one's claim is written: the first sees it, and both count, once."""
    with world(publish=()) as hub:
        body = {"type": "repair", "customer_id": "cus_1", "region": "310101"}
        first, second = (str(hub.call("POST", "/tickets", body).json["id"]) for _ in range(2))
        tickets, turns = app.room.desk.tickets, list[str]()

        def slowly(case: Case) -> Move:
            turns.append(case.ticket.id)
            move = claim(case)
            if len(turns) == 1:
                tickets.change(second, T0, claim)
            return move

        tickets.change(first, T0, slowly)
        counted = [each.ticket_id for each in tickets.claims("cus_1", KIND).claims]
        assert (turns, counted) == ([first, first], [second, first])
