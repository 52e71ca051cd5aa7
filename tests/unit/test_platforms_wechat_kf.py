"""The double of customer service, asked by the channel's own client."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from hub.channels.client import PlatformGone, PlatformMisconfigured, PlatformRefused, Token
from hub.channels.wechat_kf.client import Client
from hubctl.platforms.wechat_kf import CALLBACK_TOKEN_SECONDS, PAGE_ROWS, SENDS_MAX, WELCOME_SECONDS, Double
from tests.support.doubles import BASE_URL, DoubleSession, session_of

APP = {"corp_id": "ww1", "secret": "kf-secret"}
START = datetime(2026, 1, 1, tzinfo=UTC)


class Hub:
    """A client, the double it talks to, and the double's clock."""

    def __init__(self) -> None:
        self.seconds = START.timestamp()
        self.double = Double((APP,), now=lambda: self.seconds)
        self.session: DoubleSession = session_of(self.double, "wechat_kf")
        options: Any = {"wall_now": lambda: START, "base_url": BASE_URL, "session": self.session}
        self.bare = Client(APP, **options)
        self.client = Client(APP, self, **options)
        self.token: Token = self.bare.fetch_token()

    def get(self, force: bool) -> str:
        if force:
            self.token = self.bare.fetch_token()
        return self.token.value

    def writes(self, count: int = 1, person: str = "wm1") -> str:
        """A customer writes so many times; the callback's token."""
        row = {"open_kfid": "wk1", "external_userid": person, "msgtype": "text", "text": {"content": "hi"}}
        body: Any = self.double.control("messages", [row] * count).body
        return str(body["token"])


@pytest.fixture
def hub() -> Hub:
    return Hub()


def test_pages_are_short_and_the_cursor_ends(hub: Hub) -> None:
    """Fewer rows than asked for, and more to come; at the end the same cursor again brings what is new alone."""
    token = hub.writes(PAGE_ROWS + 1)
    first, cursor, more = hub.client.sync("wk1", "", token)
    second, end, over = hub.client.sync("wk1", cursor, token)
    assert (len(first), more, len(second), over) == (PAGE_ROWS, True, 1, False)
    assert len({row["msgid"] for row in first + second}) == PAGE_ROWS + 1
    assert hub.client.sync("wk1", end) == ([], end, False)
    hub.writes()
    assert len(hub.client.sync("wk1", end)[0]) == 1


def test_a_callbacks_token_lives_for_ten_minutes(hub: Hub) -> None:
    """Then it is refused, and the client does without."""
    token = hub.writes()
    hub.seconds += CALLBACK_TOKEN_SECONDS
    hub.client.sync("wk1", "", token)
    before = len(hub.session.calls)
    hub.seconds += 1
    assert len(hub.client.sync("wk1", "", token)[0]) == 1
    assert len(hub.session.calls) - before == 2


def test_an_account_that_is_not_there_is_somebodys_to_mend(hub: Hub) -> None:
    """95000: the account is unknown, or not this app's."""
    with pytest.raises(PlatformMisconfigured):
        hub.client.sync("wkNONE", "")
    with pytest.raises(PlatformMisconfigured):
        hub.client.send_text("wkNONE", "wm1", "hi", "s1")


def test_five_answers_to_each_word_of_a_customer(hub: Hub) -> None:
    """The sixth is refused (95001) until the customer writes again; one number is sent once."""
    hub.writes()
    for number in range(SENDS_MAX):
        hub.client.send_text("wk1", "wm1", "hi", f"s{number}")
    assert hub.client.send_text("wk1", "wm1", "hi", "s0") == "s0"
    with pytest.raises(PlatformGone) as refused:
        hub.client.send_text("wk1", "wm1", "hi", "s6")
    assert refused.value.facts["errcode"] == 95001
    hub.writes()
    hub.client.send_text("wk1", "wm1", "hi", "s6")
    assert len(hub.double.sent) == SENDS_MAX + 1


def test_what_we_send_is_no_row(hub: Hub) -> None:
    """Rows are what others wrote."""
    hub.writes()
    hub.client.send_text("wk1", "wm1", "hi", "s1")
    assert len(hub.client.sync("wk1", "")[0]) == 1


def test_nobody_is_written_to_who_did_not_write_or_is_answered_by_a_person(hub: Hub) -> None:
    """95018: no word within 48 hours, or a session that a member of staff holds."""
    hub.writes()
    hub.double.control("sessions", {"open_kfid": "wk1", "external_userid": "wm1", "state": 3})
    for person in ("wm1", "wmNEVER"):
        with pytest.raises(PlatformGone) as refused:
            hub.client.send_text("wk1", person, "hi", "s1")
        assert refused.value.facts["errcode"] == 95018
    hub.double.control("sessions", {"open_kfid": "wk1", "external_userid": "wm1", "state": 1})
    hub.seconds += 48 * 3600 + 1
    with pytest.raises(PlatformGone):
        hub.client.send_text("wk1", "wm1", "hi", "s1")


def comes(hub: Hub, code: str) -> None:
    event = {"event_type": "enter_session", "open_kfid": "wk1", "external_userid": "wm1", "welcome_code": code}
    hub.double.control("messages", {"origin": 4, "msgtype": "event", "event": event})


def test_a_greetings_code_is_good_once_and_for_twenty_seconds(hub: Hub) -> None:
    """At twenty seconds it greets, later or again it does not."""
    comes(hub, "W1")
    comes(hub, "W2")
    hub.seconds += WELCOME_SECONDS
    assert hub.client.send_on_event("W1", "您好", "g1") == "g1"
    for code in ("W1", "W2"):
        hub.seconds += 1
        with pytest.raises(PlatformRefused):
            hub.client.send_on_event(code, "您好", f"again{code}")


def test_a_token_that_died_is_renewed(hub: Hub) -> None:
    """One refresh, and the call goes through; a wrong secret has its own word."""
    hub.writes()
    hub.double.expire_tokens()
    assert len(hub.client.sync("wk1", "")[0]) == 1
    wrong = Client(
        {**APP, "secret": "other"},
        wall_now=lambda: START,
        base_url=BASE_URL,
        session=session_of(hub.double, "wechat_kf"),
    )
    with pytest.raises(PlatformMisconfigured):
        wrong.fetch_token()


def test_accounts_are_those_that_were_made(hub: Hub) -> None:
    """Made by order, or by the first message to them."""
    hub.writes()
    hub.double.control("accounts", [{"open_kfid": "wk2"}])
    assert [one["open_kfid"] for one in hub.client.accounts()] == ["wk1", "wk2"]
    assert hub.double.control("weather", {}).status == 404


def test_a_customer_s_unionid_is_told_by_batchget(hub: Hub) -> None:
    """Of who is known it is there, of who is not it is empty: neither is an error."""
    hub.double.control("customers", [{"external_userid": "wm1", "unionid": "oU1"}, {"external_userid": "wm2"}])
    assert [hub.client.union_id(person) for person in ("wm1", "wm2", "wm3")] == ["oU1", "", ""]
