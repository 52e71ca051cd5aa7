"""Who is told, and in which words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.notifications.notices import Notice, notices_of
from functions.notifications.wording import card_of, digest_of
from hub.channels.wecom.cards import TEXT_LIMIT_BYTES, render_card
from hub.contracts.events import RungFired, TicketAssigned, TicketStranded

AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
TICKET = "tkt_01JD3ZK2Q8Z4X5V6B7N8M9P0QR"
VISIT = "vis_01JD3ZK2Q8Z4X5V6B7N8M9P0QS"
PAGE = "https://desk.test/at/{id}"
NOTICE = Notice("snd_1", "ticket.assigned", "evt_1", "li", "wecom", TICKET, "complaint", "urgent", visit_id=VISIT)


def assigned(**more: Any) -> TicketAssigned:
    facts = {"id": "evt_1", "tenant": "demo", "at": AT, "ticket_id": TICKET, "ticket_type": "repair"}
    return TicketAssigned.model_validate({**facts, "priority": "normal", "assignee": "li", **more})


def test_an_assignment_is_told_to_the_assignee_under_one_id() -> None:
    """The send's id derives from event, person and channel, so a redelivery is the same send."""
    (notice,) = notices_of(assigned(visit_id=VISIT))
    assert (notice.recipient, notice.visit_id, notice.kind) == ("li", VISIT, "ticket.assigned")
    assert notices_of(assigned(visit_id=VISIT)) == (notice,)
    assert notices_of(assigned(), channel="sms")[0].id != notice.id
    assert notices_of(assigned(assignee="han"))[0].id != notice.id


def test_a_rung_is_told_to_each_recipient_once() -> None:
    """Whom a ladder names twice hears it once."""
    rung = RungFired(
        id="evt_2",
        tenant="demo",
        at=AT,
        ticket_id=TICKET,
        ticket_type="repair",
        priority="high",
        rung="supervisor",
        due_at=AT,
        recipients=("li", "boss", "li"),
    )
    assert [(n.recipient, n.rung) for n in notices_of(rung)] == [("li", "supervisor"), ("boss", "supervisor")]


def test_a_replayed_event_tells_nobody() -> None:
    """Old news is recorded elsewhere, and wakes no one."""
    assert notices_of(assigned(replay=True)) == ()


def test_a_card_for_a_waiting_visit_has_the_button_that_answers_it() -> None:
    """接单 comes back with the ticket and the visit in the task id."""
    card = render_card(card_of(NOTICE, PAGE))
    assert card["task_id"] == f"{TICKET}@{VISIT}"
    assert card["button_list"] == [{"text": "接单 Accept", "style": 1, "key": "accept"}]
    assert card["card_action"]["url"] == f"https://desk.test/at/{TICKET}"
    assert card["main_title"] == {"title": "紧急工单，请立即处理 Urgent ticket", "desc": "紧急 Urgent · 投诉 Complaint"}


def test_a_card_that_nobody_waits_for_has_no_button() -> None:
    """Its task id is its own, so two notices of one ticket do not collide."""
    card = render_card(card_of(replace(NOTICE, visit_id=""), PAGE))
    assert "button_list" not in card
    assert card["task_id"] == f"{TICKET}@snd_1"


@pytest.mark.parametrize("kind", ["ticket.assigned", "rung.fired"])
@pytest.mark.parametrize("priority", ["low", "normal", "high", "urgent"])
@pytest.mark.parametrize("ticket_type", ["complaint", "after_sales", "made_up_type"])
def test_every_card_fits_and_speaks_both_languages(kind: str, priority: Any, ticket_type: str) -> None:
    """Nothing is cut by WeCom's limits; a type that a tenant made up speaks for itself."""
    card = card_of(replace(NOTICE, kind=kind, priority=priority, ticket_type=ticket_type), PAGE)
    shown = render_card(card)["main_title"]
    assert (shown["title"], shown["desc"]) == (card.title, card.description)
    assert any(ord(letter) > 0x4E00 for letter in card.title)
    assert any(letter.isascii() and letter.isalpha() for letter in card.title)


def test_a_digest_names_each_ticket_once_most_urgent_first() -> None:
    """Two notices of one ticket are one line."""
    night = [
        replace(NOTICE, id="snd_1", ticket_id="tkt_a", priority="normal"),
        replace(NOTICE, id="snd_2", ticket_id="tkt_b", priority="high"),
        replace(NOTICE, id="snd_3", ticket_id="tkt_a", priority="normal", kind="rung.fired"),
    ]
    first, *lines = digest_of(night, PAGE).splitlines()
    assert first == "夜间有 2 件工单等您处理 2 tickets came in overnight"
    assert ["tkt_b" in lines[0], "tkt_a" in lines[1], len(lines)] == [True, True, 2]


@pytest.mark.parametrize("count", [1, 11, 12, 13, 14, 15, 16, 40, 300])
def test_a_digest_of_any_length_fits_and_accounts_for_every_ticket(count: int) -> None:
    """Within 2048 bytes: lines plus those named as left out make the whole night."""
    night = [replace(NOTICE, ticket_id=f"tkt_01JD3ZK2Q8Z4X5V6B7N8M9{i:04}") for i in range(count)]
    text = digest_of(night, "https://a-rather-long-name.desk.example.com/tickets/{id}")
    assert len(text.encode()) <= TEXT_LIMIT_BYTES
    lines = text.splitlines()[1:]
    told = sum("href" in line for line in lines)
    left_out = int(lines[-1].split(" ")[1]) if "href" not in lines[-1] else 0
    assert told + left_out == count


def test_a_card_of_broken_glass_says_who_looked_at_what() -> None:
    """And leads to where that is shown."""
    notice = replace(NOTICE, kind="glass.broken", ticket_id="", visit_id="", priority="high", about="gm/tkt_9?x")
    card = card_of(notice, PAGE)
    assert (card.url, dict(card.fields)) == (
        "https://desk.test/at/tkt_9%3Fx",
        {"何人 Who": "gm", "查看对象 Looked at": "tkt_9?x"},
    )
    assert card.buttons == ()


def test_what_reaches_nobody_else_says_so() -> None:
    """A rung that fell to the administrators, and work that nobody is there for, have words of their own; where no
    administrator is named, those who run the hub hear it."""
    facts = {"id": "evt_3", "tenant": "demo", "at": AT, "ticket_id": TICKET, "ticket_type": "repair"}
    rung = RungFired(**facts, priority="urgent", rung="agent", due_at=AT, recipients=("amy",), fallback=True)
    stranded = TicketStranded(**facts, priority="normal", region="310115", recipients=())

    (told,) = notices_of(rung)
    (work,) = notices_of(stranded, operators=("ops",))

    assert (told.recipient, card_of(told, "").title) == (
        "amy",
        "工单超时，且无人可通知，请处理 Overdue, and nobody else to tell",
    )
    assert (work.recipient, card_of(work, "").title) == ("ops", "工单无人可派，请安排人员 Nobody to give a ticket to")
