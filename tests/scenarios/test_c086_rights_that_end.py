"""C086: a right that was given for seven days is over a second later, though its item is still stored."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from functions.directory import app as directory
from functions.settlement import app as settlement
from hub.kernel.clock import StepClock, rfc3339
from tests.support.aws import account
from tests.support.hosts import host_of, install
from tests.support.http import call, token

EVERYBODY = ("amy", "li", "zhao")
SEVEN_DAYS = timedelta(days=7)


def test_the_launch_is_everybodys_for_seven_days() -> None:
    """Granted to all until T0 + 7 d: 403 before it is granted, 200 up to T0 + 6 d 23:59:59, 403 at +7 d and a second
    later, with the grants still lying in the table."""
    start = datetime.now(UTC).replace(microsecond=0)
    clock = StepClock(start)
    with account("settlement") as session:
        install(settlement.room, session, clock)
        directory.room.install(host_of(directory.room, session, clock, table="hub-demo-directory"))

        def answers() -> set[int]:
            """What everybody hears who asks for what finance reads."""
            path = "/settlement/ledger/entries"
            return {call(settlement.room, "GET", path, as_=token("agent", sub=who)).status for who in EVERYBODY}

        for who in EVERYBODY:
            person = {"name": who, "roles": ["agent"], "region": "base"}
            assert call(directory.room, "PUT", f"/directory/people/{who}", person).status == 200
        assert answers() == {403}
        for who in EVERYBODY:
            grant = {"role": "finance", "starts_at": rfc3339(start), "ends_at": rfc3339(start + SEVEN_DAYS)}
            assert call(directory.room, "POST", f"/directory/people/{who}/grant", grant).status == 200
        heard = []
        for seconds in (-1, 0, 1):
            clock.now = start + SEVEN_DAYS + timedelta(seconds=seconds)
            heard.append(answers())
        assert heard == [{200}, {403}, {403}]
        stored = session.client("dynamodb").scan(TableName="hub-demo-directory")["Items"]
        assert {item["pk"]["S"] for item in stored if "finance" in str(item)} >= {
            item["pk"]["S"] for item in stored if item["sk"]["S"] == "person"
        }
