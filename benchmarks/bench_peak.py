"""C018 with its literal numbers: 5,000 posts of 50 clients while every fifth function dies, 300 tickets worked by 20
users. The scenario in tests/scenarios does the same with fewer."""

from __future__ import annotations

import os
import time

from benchmarks.harness import Ratio
from hub.kernel.clock import StepClock
from tests.support.peak import Peak, busy_room, stats, work_side_by_side
from tests.support.webhooks import NOW, simulated_stack

POSTS, CLIENTS = 5_000, 50
TICKETS, USERS = 300, 20
DEAD_SHARE = 0.003


def run() -> list[Ratio]:
    """Post and drain; open and work. What a function logs as it dies is left out."""
    os.environ.setdefault("POWERTOOLS_LOG_LEVEL", "CRITICAL")
    began = time.monotonic()
    with simulated_stack(clock=StepClock(NOW)) as stack:
        peak = Peak(stack)
        peak.post_all(POSTS, CLIENTS)
        peak.drain()
        counts = stats()
    seconds = time.monotonic() - began
    print(f"      answers {dict(peak.answers)}")
    print(f"      {peak.lambdas.calls} functions ran, {peak.lambdas.died} died; {counts}; {seconds:.0f} s")
    settled = counts["processed"] + counts["quarantined"] + counts["dead"]
    return [
        Ratio(f"posts answered with success, of {POSTS}", peak.answers[200] / POSTS, 1, True),
        Ratio("messages accepted, of those posted", counts["accepted"] / POSTS, 1, True),
        Ratio("messages settled, of those accepted", settled / counts["accepted"], 1, True),
        Ratio("messages dead, of those accepted", counts["dead"] / counts["accepted"], DEAD_SHARE, False),
        Ratio(f"updates lost, of {TICKETS} tickets worked by {USERS} users", _lost_updates(), 0, False),
    ]


def _lost_updates() -> int:
    """Comments and completions that were answered with success and stand nowhere."""
    with busy_room() as hub:
        for number in range(TICKETS):
            hub.say("冰柜不制冷", f"msg_{number}", customer_id=f"cus_{number}", region="310101")
        ids = hub.ids()
        answers = work_side_by_side(hub, ids, USERS)
        done = [entry["what"] for ticket_id in ids for entry in hub.timeline(ticket_id)["entries"]]
    said = sum(answers["comment"][status] for status in (200, 201)) + answers["complete"][200]
    return said - done.count("comment") - done.count("completed")
