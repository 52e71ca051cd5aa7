"""Rehearsed by parameter: what moves money, prices or work answers what would be, and is done only when asked to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from functions.settlement import app
from functions.settlement.tables import shard_of
from tests.support.access import BOSS, Walk, keep_files
from tests.support.access_samples import SAMPLES
from tests.support.examples import with_more
from tests.support.http import token
from tests.support.settlement import posting
from tests.support.settlement_room import handed, till


def amount(answer: Any) -> Any:
    return answer["balance"]


@pytest.mark.parametrize(
    ("room", "method", "path", "shown"),
    [
        ("settlement", "POST", "/settlement/accounts/{kind}/{owner}/credit", amount),
        ("settlement", "POST", "/settlement/accounts/{kind}/{owner}/debit", amount),
        ("settlement", "POST", "/settlement/facts", lambda a: a["results"][0]["state"]),
        ("settlement", "POST", "/settlement/ledger/entries", lambda a: a["lines"]),
        ("tickets", "POST", "/tickets/{ticket_id}/children", lambda a: (a["parent_id"], a["type"], a["state"])),
        ("tickets", "POST", "/forms/{key}/submissions", lambda a: (a["state"], a["form"], a["region"])),
        ("pricing", "POST", "/pricing/quotes", lambda a: (a["total"], a["path"])),
        ("pricing", "POST", "/pricing/competitors", lambda a: [r["offer"]["price"] for r in a["results"]]),
        ("pricing", "POST", "/pricing/pulse", lambda a: [r["offer"]["price"] for r in a["results"]]),
        ("customers", "POST", "/customers", lambda a: (a["id"], a["facts"][0]["name"])),
        ("customers", "PUT", "/customers/{customer_id}/facts/{name}", lambda a: [f["value"] for f in a["facts"]]),
        ("directory", "PUT", "/directory/people/{person_id}", lambda a: (a["name"], a["roles"])),
        ("directory", "PUT", "/directory/stores/{store_id}", lambda a: (a["name"], a["region"])),
        ("directory", "PUT", "/directory/teams/{team}", lambda a: (a["name"], a["region"])),
        ("directory", "PUT", "/directory/rosters/{team}", lambda a: a["shifts"]),
        ("directory", "POST", "/directory/people/{person_id}/freeze", lambda a: a["frozen"]),
        ("settlement", "POST", "/settlement/parties", lambda a: (a["parties"], a["retried"])),
        ("settlement", "POST", "/settlement/reconciliations", lambda a: (a["rows"], a["state"])),
        ("webhooks", "POST", "/webhooks/connections", lambda a: (a["name"], a["state"], a["version"])),
        ("webhooks", "POST", "/webhooks/connections/{connection_id}/drop-previous", lambda a: a["state"]),
        ("webhooks", "POST", "/webhooks/connections/{connection_id}/place", lambda a: (a["region"], a["store_id"])),
        ("webhooks", "POST", "/webhooks/connections/{connection_id}/disable", lambda a: (a["state"], a["version"])),
        ("webhooks", "POST", "/webhooks/connections/{connection_id}/enable", lambda a: (a["state"], a["version"])),
        ("webhooks", "POST", "/webhooks/connections/{connection_id}/delete", lambda a: a["id"]),
        ("outbound", "PATCH", "/webhooks/endpoints/{endpoint_id}", lambda a: (a["events"], a["version"])),
        ("outbound", "POST", "/webhooks/endpoints/{endpoint_id}/disable", lambda a: (a["state"], a["version"])),
    ],
)  # fmt: skip
def test_a_dry_run_answers_what_the_deed_does(room: str, method: str, path: str, shown: Callable[[Any], Any]) -> None:
    """Twice rehearsed, it answers the same, and then the deed does just that."""
    sample = with_more(SAMPLES[room])
    with sample.stage() as ids:
        walk = Walk(sample, ids)
        keep_files(sample.room)
        (route,) = [r for r in sample.room.http_routes if (r.method, r.path) == (method, path)]
        if path.endswith("/debit"):
            credit = next(r for r in sample.room.http_routes if r.path == path.replace("debit", "credit"))
            assert walk.ask(credit, token(sub=BOSS)).status == 200
        first, second = (walk.ask(route, token(sub=BOSS), query={"dry_run": "1"}) for _ in range(2))
        deed = walk.ask(route, token(sub=BOSS))
        assert first.status == deed.status == route.status, first.text
        assert shown(first.json) == shown(second.json) == shown(deed.json)


def test_what_was_only_rehearsed_is_not_taken_for_done() -> None:
    """In one process: a fact is rehearsed twice, with a policy by entry and one by window, a party made known in a
    rehearsal, and then the deed is done. Its entries are listed, its period closes with its party's statement, and who
    was known in the rehearsal alone is a stranger still."""
    tenth = posting({"rule": "percent", "of": "amount", "rate": "0.10"})
    fact = handed("order", 1, amount="100.00")
    with till() as room:
        room.publish("p", {"facts": ["order"], "postings": [tenth]})
        for _ in range(2):
            room.call("POST", "/settlement/facts", {"facts": [fact]}, query={"dry_run": "1"})
        stranger = handed("order", 2, amount="50.00") | {"parties": {"person": "nobody"}}
        assert room.call(
            "POST", "/settlement/parties", {"parties": ["person:nobody"]}, query={"dry_run": "1"}
        ).json == {
            "parties": ["person:nobody"],
            "retried": 0,
        }
        parked = room.call("POST", "/settlement/facts", {"facts": [stranger]}).json["results"][0]
        assert (parked["state"], parked["park_reason"]) == ("parked", "unknown_party")
        foreseen = room.call("POST", "/settlement/parties", {"parties": ["person:nobody"]}, query={"dry_run": "1"})
        assert foreseen.json["retried"] == 1
        assert room.call("POST", "/settlement/facts", {"facts": [stranger]}).json["results"][0]["state"] == "parked"
        room.call("POST", "/settlement/facts", {"facts": [fact]})
        assert room.accounts("payable") == {"payable:person:wang.wei": "-10.00"}
        run = room.call("GET", "/settlement/runs").json["data"]
        assert [each["state"] for each in run] == ["open"]
        assert app.room.desk.entries.parties(run[0]["id"], shard_of("person:wang.wei"), "", 10) == ["person:wang.wei"]
