"""C120: one event by four channels is four sends of one notification, and a sender that dies sends none twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from functions.notifications import app
from functions.notifications.gateways.carrier import Carrier, Posted
from tests.support.notices import NoticeHub, notice_hub

FOUR = [["wecom"], ["sms"], ["dingtalk"], ["phone"]]
RULE = {
    "title": {"zh": "派单，四个渠道", "en": "By four channels"},
    "event": "ticket.assigned",
    "audience": {"who": "named"},
    "channels": FOUR,
}


@pytest.fixture
def hub() -> Iterator[NoticeHub]:
    """A rule of the tenant's says four channels; an SMS costs 0.045."""
    with notice_hub() as made:
        made.hire("li")
        made.publish("rules/ticket_assigned", RULE)
        settings = made.call("GET", "/notifications/settings").json["document"]
        made.publish("settings", {**settings, "costs": {"sms": "0.045", "phone": "0.12"}})
        yield made


def test_four_sends_of_one_notification(hub: NoticeHub) -> None:
    """Each platform gets one; the four have one notification_id, ids of their own, and what they cost."""
    event = hub.assigned()
    hub.hear(event)
    hub.hear(event)
    sends = hub.sends()
    assert hub.arrived() == {"wecom": 1, "sms": 1, "dingtalk": 1, "phone": 1}
    assert sorted((send["channel"], send["state"], send["cost"]) for send in sends) == [
        ("dingtalk", "sent", "0"),
        ("phone", "sent", "0.12"),
        ("sms", "sent", "0.045"),
        ("wecom", "sent", "0"),
    ]
    assert (len({send["notification_id"] for send in sends}), len({send["id"] for send in sends})) == (1, 4)


class Killed(BaseException):
    """The function dies here: nothing after runs."""


@dataclass
class Dying:
    """The way out, whose process dies after so many platforms took a message, before anything is written of it."""

    carrier: Carrier
    left: int

    def usable(self, channels: Any, address: Any) -> Any:
        return self.carrier.usable(channels, address)

    def send(self, channel: str, address: Any, message: Any, send_id: str, claim: Callable[[], None]) -> Posted:
        posted = self.carrier.send(channel, address, message, send_id, claim)
        self.left -= 1
        if self.left == 0:
            raise Killed
        return posted


@pytest.mark.parametrize("after", [1, 2, 3, 4])
def test_sent_then_dead_then_again(hub: NoticeHub, after: int) -> None:
    """Whichever platform was the last before the death: each channel has it once. Where the platform knows a repeat the
    send ends as sent, where it knows none as unknown, and is not repeated by itself."""
    event, desk = hub.assigned(), app.room.desk
    app.room.install(app.room.host, replace(desk, carrier=Dying(desk.carrier, after)))
    with pytest.raises(Killed):
        hub.hear(event)
    app.room.install(app.room.host, desk)
    for _ in range(3):
        hub.hear(event)
    last = FOUR[after - 1][0]
    states = {send["channel"]: send["state"] for send in hub.sends()}
    assert hub.arrived() == {"wecom": 1, "sms": 1, "dingtalk": 1, "phone": 1}
    assert states == {
        channel: "unknown" if channel == last and channel in ("sms", "dingtalk") else "sent" for [channel] in FOUR
    }


def test_an_address_that_is_refused_stops_none_of_the_others(hub: NoticeHub) -> None:
    """The number is dead: that one has failed, says why, and is not tried for ever."""
    hub.double("phone").verdicts[hub.phones["li"]] = 422
    event = hub.assigned()
    for _ in range(3):
        hub.hear(event)
    states = {send["channel"]: (send["state"], send["reason"], send["attempt"]) for send in hub.sends()}
    assert states == {
        "wecom": ("sent", "", 1),
        "sms": ("sent", "", 1),
        "dingtalk": ("sent", "", 1),
        "phone": ("failed", "phone-gone", 1),
    }
