"""Who is told, and in which words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from functions.notifications.sends.notices import Notice
from functions.notifications.sends.wording import card_of, digest_message, digest_of, message_of
from hub.channels.wecom.cards import TEXT_LIMIT_BYTES, render_card

TICKET = "tkt_01JD3ZK2Q8Z4X5V6B7N8M9P0QR"
VISIT = "vis_01JD3ZK2Q8Z4X5V6B7N8M9P0QS"
PAGE = "https://desk.test/at/{id}"
NOTICE = Notice("snd_1", "ticket.assigned", "evt_1", "li", "wecom", TICKET, "complaint", "urgent", visit_id=VISIT)


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
    assert first == "有 2 件事等您处理 2 things wait for you"
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
    """A rung that fell to the administrators, and work that nobody is there for, have words of their own."""
    rung = replace(NOTICE, kind="rung.fired", fallback=True)
    stranded = replace(NOTICE, kind="ticket.stranded", priority="normal")
    assert card_of(rung, "").title == "工单超时，且无人可通知，请处理 Overdue, and nobody else to tell"
    assert card_of(stranded, "").title == "工单无人可派，请安排人员 Nobody to give a ticket to"


@pytest.mark.parametrize("kind", ["ticket.assigned", "rung.fired", "rung.unreached", "ticket.stranded"])
def test_a_card_says_the_same_where_there_are_no_cards(kind: str) -> None:
    """For SMS, letters and calls: its title on one line, and what stands on it."""
    message = message_of(replace(NOTICE, kind=kind, about="li"), "https://hub.test/tickets/{id}")
    assert message.card is not None
    assert message.title == message.card.title
    assert (TICKET in message.text, message.url) == (True, f"https://hub.test/tickets/{TICKET}")


def test_a_digest_for_other_channels_has_no_tags() -> None:
    """Links are WeCom's; elsewhere the ticket's number stands for itself."""
    message = digest_message([replace(NOTICE, ticket_id="tkt_a")], {}, "https://hub.test")
    assert ("<a" in message.markup, "<" in message.text, "tkt_a" in message.text) == (True, False, True)
