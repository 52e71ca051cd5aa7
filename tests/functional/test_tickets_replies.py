"""A customer is answered from their ticket, over the channel that they came by, within its windows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from hub.kernel.errors import HubError, Retry
from hub.kernel.platforms import PlatformGone
from hub.store.connection import Connection
from tests.support.http import Answer
from tests.support.tickets import World, as_, world


@dataclass
class Platform:
    """Connections, their clients and their guard in one: what was answered, and what the platform says next."""

    channel: str = "official_account"
    state: str = "enabled"
    sent: list[tuple[str, str, str]] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    failures: list[HubError] = field(default_factory=list)

    def find(self, connection_id: str) -> Connection | None:
        return Connection(connection_id, self.channel, self.state, {}) if self.state else None

    def client(self, _: Connection) -> Platform:
        return self

    @contextmanager
    def guard(self, _: str) -> Iterator[None]:
        yield

    def answer(self, person: str, desk: str, text: str, number: str) -> str:
        self.numbers.append(number)
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append((person, desk, text))
        return f"pm_{len(self.sent)}"


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
def hub(platform: Platform) -> Iterator[World]:
    with world(connections=platform, platforms=platform) as made:
        made.hire("chen", role="supervisor", region="base")
        yield made


def say(hub: World, platform: Platform, number: int = 1) -> str:
    """The customer writes; answers their ticket."""
    said = hub.message("冰柜不制冷", f"msg_{number}", sender_id="oZhang")
    hub.tell(said.model_copy(update={"channel": platform.channel}))
    return str(hub.ticket()["id"])


def reply(hub: World, ticket_id: str, text: str = "工程师两小时内到", **options: Any) -> Answer:
    return hub.call("POST", f"/tickets/{ticket_id}/reply", {"text": text}, **options)


def test_a_reply_goes_out_by_the_way_that_the_customer_came(hub: World, platform: Platform) -> None:
    """To the very person on the very connection; the trail has it, sealed, and that it went out."""
    ticket_id = say(hub, platform)

    assert reply(hub, ticket_id).status == 200

    assert platform.sent == [("oZhang", "", "工程师两小时内到")]
    entries = hub.timeline(ticket_id)["entries"][-2:]
    assert [(e["what"], e["text"]) for e in entries] == [("reply", "工程师两小时内到"), ("reply sent", "")]
    assert "两小时内到" not in str(hub._scan())


def test_the_same_request_sends_once(hub: World, platform: Platform) -> None:
    """Whoever repeats with their key is told what they did, and the customer hears it once."""
    ticket_id = say(hub, platform)
    key = {"key": "reply-0001"}

    first, again = reply(hub, ticket_id, **key), reply(hub, ticket_id, **key)

    assert (first.status, again.status, len(platform.sent)) == (200, 200, 1)


def test_a_dry_run_says_whether_a_reply_could_go_and_sends_nothing(hub: World, platform: Platform) -> None:
    """Within the platform's window it is 200, beyond it the refusal in words; the trail has none of it."""
    ticket_id = say(hub, platform)
    entries = hub.timeline(ticket_id)["entries"]
    assert reply(hub, ticket_id, query={"dry_run": "1"}).status == 200

    hub.clock.advance(hours=48, seconds=1)
    late = reply(hub, ticket_id, query={"dry_run": "1"})

    assert (late.status, platform.sent) == (409, [])
    assert "超过 48 小时" in late.json["detail"]
    assert hub.timeline(ticket_id)["entries"] == entries


def test_five_replies_to_a_message_and_no_more(hub: World, platform: Platform) -> None:
    """The sixth is refused in words before the platform is asked; the customer's next message opens five more."""
    ticket_id = say(hub, platform)
    assert [reply(hub, ticket_id, f"第{n}条").status for n in range(5)] == [200] * 5

    sixth = reply(hub, ticket_id, "第6条")
    assert (sixth.status, len(platform.sent)) == (409, 5)
    assert "已回复 5 条" in sixth.json["detail"]
    assert "5 replies since" in sixth.json["detail"]

    hub.clock.advance(minutes=1)
    say(hub, platform, 2)
    assert reply(hub, ticket_id).status == 200


def test_after_48_hours_no_reply(hub: World, platform: Platform) -> None:
    """At the last moment it goes out, a second later it is refused in words."""
    ticket_id = say(hub, platform)
    hub.clock.advance(hours=48)
    assert reply(hub, ticket_id).status == 200

    hub.clock.advance(seconds=1)
    late = reply(hub, ticket_id)
    assert (late.status, len(platform.sent)) == (409, 1)
    assert "超过 48 小时" in late.json["detail"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"channel": "open"}, "该渠道不能回复客户"),
        ({"state": "disabled"}, "连接已停用或不存在"),
        ({"state": ""}, "连接已停用或不存在"),
    ],
)
def test_what_can_not_be_answered_says_why(hub: World, platform: Platform, change: dict[str, str], words: str) -> None:
    """A channel without a way back, a connection that is disabled or gone."""
    platform.channel = change.get("channel", platform.channel)
    ticket_id = say(hub, platform)
    platform.state = change.get("state", platform.state)

    refused = reply(hub, ticket_id)

    assert (refused.status, platform.numbers) == (409, [])
    assert words in refused.json["detail"]


def test_a_ticket_of_no_message_has_no_way_back(hub: World) -> None:
    """Opened by hand: there is nobody to write to."""
    body = {"type": "consult", "customer_id": "cus_1", "region": "310101"}
    ticket_id = hub.call("POST", "/tickets", body).json["id"]

    refused = reply(hub, ticket_id)

    assert refused.status == 409
    assert "没有可回复的渠道" in refused.json["detail"]


def test_the_platforms_no_is_told_and_costs_no_reply(hub: World, platform: Platform) -> None:
    """Who does not follow any more can't be written to: refused in words, with the platform's code, and not counted."""
    ticket_id = say(hub, platform)
    platform.failures = [PlatformGone("official_account") for _ in range(6)]

    refused = [reply(hub, ticket_id) for _ in range(6)]

    assert {answer.status for answer in refused} == {409}
    assert "平台拒绝了这条回复" in refused[0].json["detail"]
    assert hub.timeline(ticket_id)["entries"][-1]["detail"]["reason"] == "official_account-gone"
    assert reply(hub, ticket_id).status == 200


def test_what_passes_may_be_sent_again_under_the_same_number(hub: World, platform: Platform) -> None:
    """503 where the platform does not take it just now; the same request sends it under the number that it had."""
    ticket_id = say(hub, platform)
    platform.failures = [Retry("busy")]
    key = {"key": "reply-0002"}

    assert reply(hub, ticket_id, **key).status == 503
    assert reply(hub, ticket_id, **key).status == 200

    assert (len(platform.sent), len(set(platform.numbers))) == (1, 1)


def test_a_desk_of_customer_service_answers_as_itself(hub: World, platform: Platform) -> None:
    """微信客服 has several accounts on one connection: the one that was written to answers."""
    platform.channel = "wechat_kf"
    said = hub.message("冰柜不制冷", sender_id="wmZhang", text_more={"open_kfid": "wk1"})
    hub.tell(said.model_copy(update={"channel": "wechat_kf"}))

    assert reply(hub, hub.ticket()["id"]).status == 200
    assert platform.sent == [("wmZhang", "wk1", "工程师两小时内到")]


def test_who_may_not_see_the_ticket_does_not_answer(hub: World, platform: Platform) -> None:
    """Outside one's region it is not there."""
    ticket_id = say(hub, platform)
    assert reply(hub, ticket_id, as_=as_("agent", sub="gz", region="440000")).status == 404
    assert platform.sent == []


T = {"zh": "回复时效", "en": "Replies"}
POLICY = {
    "title": T,
    "clocks": [
        {"id": "first", "title": T, "measures": "first_reply", "seconds": 7200, "ladder": "basic"},
        {"id": "next", "title": T, "measures": "next_reply", "seconds": 3600, "ladder": "node"},
    ],
}


def test_who_waits_for_an_answer_has_a_clock(hub: World, platform: Platform) -> None:
    """Answered after 20 minutes the first clock is kept and nothing is told of it; who writes again waits for the next
    answer from their first word on, an hour; unanswered, the reminder comes at half an hour and the limit passes."""
    replies = {"title": T, "urgent_title": T, "flow": "nothing", "ladder": "complaint", "policy": "replies"}
    assert hub.call("POST", "/tickets/policies/replies/publish", {"document": POLICY}).status == 200
    for key in ("repair", "consult"):
        assert hub.call("POST", f"/tickets/types/{key}/publish", {"document": replies}).status == 200
    ticket_id = say(hub, platform)
    hub.clock.advance(minutes=20)
    reply(hub, ticket_id)
    hub.clock.advance(minutes=5)
    say(hub, platform, 2)
    hub.clock.advance(minutes=5)
    say(hub, platform, 3)
    clocks = {clock["id"]: (clock["state"], clock["due_at"]) for clock in hub.ticket(ticket_id)["clocks"]}
    assert clocks["first"] == ("kept", None)
    assert clocks["next.1"] == ("running", "2026-11-20T19:25:00Z")

    hub.let_pass(hub.clock.now + timedelta(minutes=54, seconds=59))
    assert [event.clock for event in hub.told("rung.fired")] == ["next.1"]
    hub.let_pass(hub.clock.now + timedelta(seconds=1))
    assert [(event.clock, event.measures) for event in hub.told("sla.breached")] == [("next.1", "next_reply")]
    reply(hub, ticket_id)
    (late,) = [clock for clock in hub.ticket(ticket_id)["clocks"] if clock["id"] == "next.1"]
    assert (late["state"], late["consumed_seconds"]) == ("missed", 3600)
