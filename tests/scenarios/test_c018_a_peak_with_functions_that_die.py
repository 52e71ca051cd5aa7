"""C018: a peak at the door while every fifth function dies: nothing accepted is lost, and no update of a ticket either.

Here 500 posts of 50 clients, and 20 tickets worked by 20 users; the literal 5,000 posts and 300 tickets are
`python -m benchmarks peak`, by the very same code.
"""

from __future__ import annotations

from hub.kernel.clock import StepClock
from tests.support.peak import Peak, busy_room, stats, work_side_by_side
from tests.support.webhooks import NOW, simulated_stack

POSTS, CLIENTS = 500, 50
TICKETS, USERS = 20, 20


def test_fifty_clients_post_while_every_fifth_function_dies() -> None:
    """Every post is answered with success in the end; accepted = processed + quarantined + dead, and of a thousand
    three at most are dead: here none is."""
    with simulated_stack(clock=StepClock(NOW)) as stack:
        peak = Peak(stack)
        peak.post_all(POSTS, CLIENTS)
        peak.drain()
        counts = stats()
    assert peak.answers[200] == POSTS
    assert peak.lambdas.died >= peak.lambdas.calls * 0.15
    assert counts["accepted"] == counts["processed"] + counts["quarantined"] + counts["dead"] == POSTS
    assert (counts["pending"], counts["dead"], peak.dead_letters) == (0, 0, 0)


def test_tickets_worked_by_twenty_users_lose_no_update() -> None:
    """Of each ticket all three comments stand, and of two who accept it at once exactly one did; the other hears
    so."""
    with busy_room() as hub:
        for number in range(TICKETS):
            hub.say("冰柜不制冷", f"msg_{number}", customer_id=f"cus_{number}", region="310101")
        ids = hub.ids()
        answers = work_side_by_side(hub, ids, USERS)
        trails = [hub.timeline(ticket_id) for ticket_id in ids]
    assert len(ids) == TICKETS
    assert answers["comment"] == {200: TICKETS * 3} or answers["comment"] == {201: TICKETS * 3}
    assert answers["complete"] == {200: TICKETS, 409: TICKETS}
    for trail in trails:
        done = [entry["what"] for entry in trail["entries"]]
        assert (done.count("comment"), done.count("completed"), trail["intact"]) == (3, 1, True)
