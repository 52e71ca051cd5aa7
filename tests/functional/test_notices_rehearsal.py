"""A notice rule is tried on what really happened, by the steps that tell in life; nothing is written, nobody hears."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from functions.notifications import app
from hub.contracts.events import Event, TicketClosed
from hub.kernel.clock import parse_rfc3339
from tests.support.aws import TENANT
from tests.support.http import token
from tests.support.notices import NoticeHub, notice_hub

KEY = "handed"
T = {"zh": "{ticket_id}", "en": "{ticket_id}"}
RULE: dict[str, Any] = {
    "title": {"zh": "派单", "en": "Handed"},
    "event": "ticket.assigned",
    "audience": {"who": "named"},
    "words": {"title": T, "text": T},
    "priority": "normal",
    "channels": [["wecom"]],
}
OWN = "ticket_assigned"
"""What the hub tells of the same event by itself."""


@pytest.fixture
def hub() -> Iterator[NoticeHub]:
    """Li and Wu, and a rule that tells whoever gets a ticket by WeCom; the hub's own rules are off."""
    with notice_hub() as made:
        made.hire("li")
        made.hire("wu")
        own = made.call("GET", f"/notifications/rules/{OWN}").json["document"]
        made.publish(f"rules/{OWN}", {**own, "enabled": False})
        made.publish(f"rules/{KEY}", RULE)
        yield made


def draft(hub: NoticeHub, key: str, **draft: Any) -> None:
    kept = hub.call("PUT", f"/notifications/rules/{key}/draft", {"document": {**RULE, **draft}})
    assert kept.status == 200, kept.text


def rehearse(hub: NoticeHub, **drafted: Any) -> dict[str, Any]:
    draft(hub, KEY, **drafted)
    return hub.rehearsed(KEY)


def lived(hub: NoticeHub) -> list[tuple[str, str, str]]:
    """What the rule sent in life: (when, channel, to whom), messages that left."""
    rows = [row for row in hub.sends() if row["state"] == "sent" and not row["digest_id"]]
    return sorted((row["sent_at"], row["channel"], row["recipient"]) for row in rows)


def table(hub: NoticeHub) -> list[Any]:
    client = hub.session.client("dynamodb")
    items = client.scan(TableName=f"hub-{TENANT}-notifications")["Items"]
    return sorted((item["pk"]["S"], item["sk"]["S"], repr(sorted(item.items()))) for item in items)


def closed(hub: NoticeHub, event: Any) -> TicketClosed:
    facts = {"id": f"evt_c{event.ticket_id}", "tenant": TENANT, "at": hub.clock.now, "ticket_id": event.ticket_id}
    more = {"ticket_type": "repair", "outcome": "done", "customer_id": "cus_1", "region": "310000", "run": 1}
    return TicketClosed.model_validate({**facts, **more, "assignee": event.assignee})


def test_what_it_says_of_the_rule_in_force_is_what_it_did(hub: NoticeHub) -> None:
    """Day and night, more than a cap lets through: the rehearsal of the rule itself comes to the messages that really
    left, and differs nowhere; twice the same."""
    for number in range(12):
        hub.hear(hub.assigned(f"tkt_{number}", "li" if number % 3 else "wu"))
        hub.later(minutes=97)
    hub.later(hours=12)
    report = rehearse(hub)
    counts = report["counts"]
    assert {name: counts[f"{name}.was"] for name in ("messages", "waited", "unreached")} == {
        name: counts[f"{name}.would_be"] for name in ("messages", "waited", "unreached")
    }
    assert (report["events"], report["largest"]) == (12, [])
    assert counts["messages.was"] == len(lived(hub))
    assert rehearse(hub) == report


def test_a_draft_that_waits_and_is_taken_back(hub: NoticeHub) -> None:
    """Told after an hour unless the ticket is closed by then, by SMS: of four one is closed after half an hour. Three
    messages in place of four, each difference with the link of its ticket."""
    events: list[Event] = []
    for number in range(4):
        events.append(hub.assigned(f"tkt_{number}"))
        hub.hear(events[-1])
        hub.later(minutes=30)
        if number == 2:
            hub.hear(closed(hub, events[-1]))
        hub.later(hours=2)
    cancel = [{"event": "ticket.closed", "same": "ticket_id"}]
    report = rehearse(hub, delay_seconds=3600, cancel_if=cancel, channels=[["sms"]])
    counts = report["counts"]
    assert (counts["messages.wecom.was"], counts["messages.was"], counts["messages.would_be"]) == (4, 4, 3)
    assert counts["messages.sms.would_be"] == 3
    first = report["largest"][0]
    assert (first["link"], len(first["was"]), first["would_be"]) == ("/tickets/tkt_2", 1, [])
    told = {row["ticket_id"]: row["would_be"] for row in report["largest"]}
    sent_at = {ticket: parse_rfc3339(row[0]["sent_at"]) for ticket, row in told.items() if row}
    assert sent_at == {f"tkt_{n}": events[n].at + timedelta(hours=1) for n in (0, 1, 3)}


def test_nothing_is_written_and_nobody_hears(hub: NoticeHub) -> None:
    """Not one item of the table is another than before, and no platform has heard of anything."""
    hub.hear(hub.assigned())
    hub.call("PUT", f"/notifications/rules/{KEY}/draft", {"document": {**RULE, "channels": [["sms"], ["phone"]]}})
    before, arrived = table(hub), hub.arrived()
    report = hub.rehearsed(KEY)
    assert report["counts"]["messages.would_be"] == 2
    jobless = [item for item in table(hub) if "#job#" not in item[0]]
    assert (jobless, hub.arrived()) == (before, arrived)


def test_a_shops_day_takes_less_than_a_thousandth_of_it(hub: NoticeHub) -> None:
    """Six hundred events of a day, told twice over (in force, and as a draft), in under 86 s; of more than are asked
    for the latest."""
    start = hub.clock.now
    for number in range(600):
        hub.clock.now = start + timedelta(seconds=number * 144)
        app.room.desk.journal.keep(hub.assigned(f"tkt_{number:03}", "li" if number % 2 else "wu"))
    began = time.perf_counter()
    report = rehearse(hub, channels=[["sms"]])
    assert time.perf_counter() - began < 86.4
    assert report["events"] == 600
    few = hub.rehearsed(KEY, events=10)
    assert (few["events"], parse_rfc3339(few["since"])) == (10, start + timedelta(seconds=590 * 144))


def test_who_may_and_what_there_has_to_be(hub: NoticeHub) -> None:
    """Who runs the hub; a rule without a draft is 404, one beside it as well, a draft that can't work any more 422."""
    path = f"/notifications/rules/{KEY}/rehearse"
    assert hub.call("POST", path, {"version": 1, "drafts": ["none"]}).status == 404
    assert hub.call("POST", path, {}).status == 404
    assert hub.call("POST", path, {"version": 7}).status == 404
    assert hub.call("POST", path, {"days": 31}).status == 422
    assert hub.call("POST", path, {"version": 1}, as_=token("supervisor")).status == 403


def test_the_same_request_again_is_the_same_job(hub: NoticeHub) -> None:
    """Whoever asks again with the same key is told of the job that there is."""
    draft(hub, KEY)
    path, again = f"/notifications/rules/{KEY}/rehearse", {"headers": {"idempotency-key": "once"}}
    first, second = (hub.call("POST", path, {}, **again) for _ in range(2))
    assert (first.status, first.json["id"]) == (202, second.json["id"])


def test_rules_that_take_each_others_places_are_played_together(hub: NoticeHub) -> None:
    """Two rules tell of the same assignments, and a person hears so often in ten minutes and then gets a digest. By
    itself the rule leaves twice before the digest; beside the other one, as it was in life, once."""
    hub.publish("rules/second", {**RULE, "channels": [["sms"]], "priority": "normal"})
    for number in range(4):
        hub.hear(hub.assigned(f"tkt_{number}"))
    hub.later(hours=1)
    draft(hub, KEY, title={"zh": "新", "en": "New"})
    alone, together = (hub.rehearsed(KEY, others=others)["counts"] for others in (False, True))
    assert alone["rules.handed.was"] == alone["rules.handed.would_be"] == 4
    assert "rules.second.was" not in alone
    assert together["rules.second.was"] == together["rules.handed.was"] == 4
    assert (alone["messages.wecom.was"], alone["digests.was"]) == (3, 1)
    assert (together["messages.wecom.was"], together["messages.sms.was"], together["digests.was"]) == (2, 1, 1)
    assert together["messages.was"] == len(lived(hub)) == 3


def test_several_drafts_are_tried_at_once(hub: NoticeHub) -> None:
    """One rule is to tell by SMS what another told by WeCom, which is switched off: as many messages, by the other
    channel. Tried one by one, each draft would come to something else."""
    hub.publish("rules/second", {**RULE, "enabled": False})
    hub.hear(hub.assigned())
    draft(hub, KEY, enabled=False)
    draft(hub, "second", channels=[["sms"]])
    counts = hub.rehearsed(KEY, drafts=["second"])["counts"]
    assert (counts["messages.wecom.was"], counts["messages.sms.would_be"]) == (1, 1)
    assert (counts["messages.was"], counts["messages.would_be"]) == (1, 1)
    assert hub.rehearsed(KEY)["counts"]["messages.would_be"] == 0


def test_more_events_than_a_slice_are_all_played_once(hub: NoticeHub) -> None:
    """Seven events of one moment and after, three a slice: three slices, each event in one of them, and the ten largest
    as one slice would have them."""
    for number in range(7):
        hub.hear(hub.assigned(f"tkt_{number}", "li" if number % 2 else "wu"))
        hub.later(hours=number % 3)
    draft(hub, KEY, channels=[["sms"]])
    whole = hub.rehearsed(KEY)
    app.room.desk.events_a_slice = 3
    parts = hub.rehearsed(KEY)
    assert (whole["events"], parts["events"], parts["since"]) == (7, 7, whole["since"])
    assert {row["event_id"] for row in parts["largest"]} == {row["event_id"] for row in whole["largest"]}
    assert [row["event_id"] for row in parts["largest"]] == sorted(row["event_id"] for row in parts["largest"])
    assert parts["counts"]["messages.sms.would_be"] == whole["counts"]["messages.sms.would_be"]
