"""A notice goes out once, however its sender dies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.notifications.gateways.senders import SAME_AGAIN as KNOWS_REPEATS
from functions.notifications.sends.bundling import FINAL, send_together
from functions.notifications.sends.delivery import (
    ATTEMPTS_LIMIT,
    SAME_AGAIN,
    Claim,
    Outcome,
    Send,
    Terms,
    delay,
    deliver,
)
from functions.notifications.sends.lines import Post, send_line
from functions.notifications.sends.notices import Notice
from hub.kernel.errors import Refuse, Retry
from tests.support.sends import MemorySends

NIGHT = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
MORNING = NIGHT + timedelta(hours=6)
OWNERS = count(1)


class Crash(BaseException):
    """The function dies here: nothing after runs."""


@dataclass
class Said:
    """What the platform answered."""

    platform_id: str = "m1"
    refused: str = ""
    cost: str = "0"


@dataclass
class Platform:
    """Plays a script, one word a call: ok, retry (not taken), refuse, invalid, die (taken, then our function dies).
    Like WeCom, it tells nobody the same words twice."""

    script: list[str] = field(default_factory=list)
    taken: list[tuple[str, ...]] = field(default_factory=list)

    def post(self, claim: Claim, *told: str) -> Said:
        claim()
        word = self.script.pop(0) if self.script else "ok"
        if word == "retry":
            raise Retry("busy")
        if word == "refuse":
            raise Refuse("no such member")
        if told not in self.taken:
            self.taken.append(told)
        if word == "die":
            raise Crash
        return Said(refused="unreachable" if word == "invalid" else "")


def notice(send_id: str = "snd_1", recipient: str = "li") -> Notice:
    return Notice(
        send_id, "ticket.assigned", "evt_1", recipient, "wecom", "tkt_1", "repair", "normal",
        notification_id="ntf_1", since="2026-11-20T18:00:00Z",
    )  # fmt: skip


def attempt(sends: MemorySends, platform: Platform, owner: str = "a", now: datetime = NIGHT) -> Send | None:
    """One delivery of the event, as the queue makes it."""
    try:
        return deliver(sends, notice(), now, lambda claim: platform.post(claim, "snd_1"), owner)
    except (Retry, Crash):
        return sends.read("snd_1")


def test_a_redelivered_event_sends_nothing_twice() -> None:
    """The second delivery finds it sent."""
    sends, platform = MemorySends(), Platform()
    first, second = attempt(sends, platform), attempt(sends, platform)
    assert first == second
    assert (first and (first.state, first.platform_id), platform.taken) == (("sent", "m1"), [("snd_1",)])


def test_a_crash_after_the_call_is_sent_again_in_the_same_words_and_told_once() -> None:
    """The platform drops a body that it has seen, so the repeat is safe, and the send ends as sent."""
    sends, platform = MemorySends(), Platform(["die"])
    states = [last.state for owner in "abc" if (last := attempt(sends, platform, owner))]
    assert (states, platform.taken) == (["claimed", "sent", "sent"], [("snd_1",)])


def test_a_crash_between_claim_and_call_loses_nothing() -> None:
    """The claim is written, the function dies, nothing went out: the next delivery sends it."""
    sends, platform = MemorySends(), Platform()

    def die(claim: Claim) -> Said:
        claim()
        raise Crash

    with pytest.raises(Crash):
        deliver(sends, notice(), NIGHT, die, "a")
    last = attempt(sends, platform, "b")
    assert last is not None
    assert (last.state, last.attempt, platform.taken) == ("sent", 2, [("snd_1",)])


def test_what_has_to_be_looked_up_fails_before_anything_is_claimed() -> None:
    """A crash before the claim leaves no trace; a Retry is remembered, and the next delivery sends."""
    sends, platform = MemorySends(), Platform()

    def fail(error: BaseException) -> None:
        def post(_: Claim) -> Said:
            raise error

        with pytest.raises(type(error)):
            deliver(sends, notice(), NIGHT, post, "a")

    fail(Crash())
    assert sends.kept == {}
    fail(Retry("no token"))
    assert sends.kept["snd_1"].state == "retrying"
    last = attempt(sends, platform, "b")
    assert last is not None
    assert (last.state, platform.taken) == ("sent", [("snd_1",)])


@dataclass
class Mute(MemorySends):
    """A table whose first write is done, but whose answer is lost: the SDK writes again, and meets its own item."""

    lost: int = 1

    def write(self, send: Send) -> Send | None:
        written = super().write(send)
        if self.lost:
            self.lost -= 1
            return super().write(send)
        return written


def test_a_claim_whose_answer_was_lost_is_known_by_its_owner() -> None:
    """The write was done and its repeat saw the condition fail: the claim is ours all the same, and the notice goes
    out."""
    sends, platform = Mute(), Platform()
    last = attempt(sends, platform)
    assert last is not None
    assert (last.state, platform.taken) == ("sent", [("snd_1",)])


def test_who_is_second_at_the_same_moment_leaves_it_to_the_first() -> None:
    """Two that both saw nothing: one claim holds, and the other calls nobody."""
    sends, platform = MemorySends(), Platform()

    def post(claim: Claim) -> Said:
        attempt(sends, platform, "b")
        claim()
        raise AssertionError("called though another one had it")

    assert deliver(sends, notice(), NIGHT, post, "a") is None
    assert (sends.kept["snd_1"].state, platform.taken) == ("sent", [("snd_1",)])


def test_what_the_platform_may_have_forgotten_is_unknown_and_not_sent_again() -> None:
    """Past the hours in which it knows the same words nobody can know whether it arrived, so nobody is told twice."""
    sends, platform = MemorySends(), Platform(["die"])
    attempt(sends, platform)
    late = NIGHT + SAME_AGAIN + timedelta(seconds=1)
    last = attempt(sends, platform, "b", late)
    assert last is not None
    assert (last.state, platform.taken) == ("unknown", [("snd_1",)])


def test_a_platform_that_asks_for_patience_gets_the_message_later() -> None:
    """A Retry releases the send for the queue's next delivery."""
    sends, platform = MemorySends(), Platform(["retry", "ok"])
    assert [(s.state, s.attempt) for s in (attempt(sends, platform), attempt(sends, platform)) if s] == [
        ("retrying", 1),
        ("sent", 2),
    ]


def test_patience_has_a_limit() -> None:
    """After ATTEMPTS_LIMIT attempts the send has failed, and says why."""
    sends, platform = MemorySends(), Platform(["retry"] * ATTEMPTS_LIMIT)
    seen = [attempt(sends, platform) for _ in range(ATTEMPTS_LIMIT)]
    last = seen[-1]
    assert last is not None
    assert {send.state for send in seen[:-1] if send} == {"retrying"}
    assert (last.state, last.reason, last.attempt) == ("failed", "too-many-attempts", ATTEMPTS_LIMIT)


@pytest.mark.parametrize(("word", "reason"), [("refuse", "refused"), ("invalid", "unreachable")])
def test_a_refusal_is_final_and_says_why(word: str, reason: str) -> None:
    """Trying again would not change it."""
    sends, platform = MemorySends(), Platform([word])
    attempt(sends, platform)
    last = attempt(sends, platform)
    assert last is not None
    assert (last.state, last.reason) == ("failed", reason)


def test_who_finished_knows_better_than_who_doubted() -> None:
    """A delivery days later calls it unknown; the one that sent after all says sent, and that stays."""
    sends = MemorySends()

    def post(claim: Claim) -> Said:
        claim()
        doubted = attempt(sends, Platform(), "b", NIGHT + timedelta(days=2))
        assert doubted is not None
        assert doubted.state == "unknown"
        return Said()

    settled = deliver(sends, notice(), NIGHT, post, "a")
    assert settled is not None
    assert settled.state == "sent"


@given(st.lists(st.sampled_from(["ok", "retry", "refuse", "die", "invalid"]), max_size=6), st.integers(1, 14))
def test_however_it_goes_the_platform_takes_it_at_most_once(script: list[str], deliveries: int) -> None:
    """Any mixture of crashes, refusals and redeliveries."""
    sends, platform = MemorySends(), Platform(script)
    for owner in range(deliveries):
        attempt(sends, platform, str(owner))
    assert len(platform.taken) <= 1


def waiting(*names: str) -> MemorySends:
    """Delayed sends named `<recipient><number>`, due in the morning."""
    sends = MemorySends()
    for name in names:
        send = delay(sends, notice(f"snd_{name}", name[0]), NIGHT, MORNING)
        assert send is not None
        sends.put_due(send)
    return sends


def sweep(
    sends: MemorySends, platform: Platform, now: datetime = MORNING, then: Callable[[], None] = lambda: None
) -> None:
    """Each person's slot, as the room does them. then: what happens while the platform is being called."""

    def write(_: Notice, told: Sequence[Notice]) -> Post:
        def post(digest: Notice, claim: Claim) -> Outcome:
            said = platform.post(claim, digest.recipient, *(n.id for n in told))
            then()
            return said

        return post

    due = sends.due(now)
    try:
        for recipient in dict.fromkeys(send.notice.recipient for send in due):
            slot = [send for send in due if send.notice.recipient == recipient]
            try:
                send_together(sends, slot, now, owner=str(next(OWNERS)), line=lambda digest: digest, write=write)
            except Retry:
                continue
            for send in slot:
                known = sends.read(send.notice.id)
                if known is not None and known.state in FINAL:
                    sends.drop_due(send)
    except Crash:
        return


def test_nothing_goes_out_before_the_morning_and_then_one_digest_a_person() -> None:
    """Not at 07:59:59.999999; at 08:00:00 one text each, and none at 08:01."""
    sends, platform = waiting("a1", "a2", "b1"), Platform()
    sweep(sends, platform, MORNING - timedelta(microseconds=1))
    assert platform.taken == []
    for minute in range(2):
        sweep(sends, platform, MORNING + timedelta(minutes=minute))
    assert sorted(platform.taken) == [("a", "snd_a1", "snd_a2"), ("b", "snd_b1")]
    assert (sends.settled(), sends.due_ids) == (True, set())


def test_what_comes_due_after_the_digest_gets_one_of_its_own() -> None:
    """A row that a sweep just missed is not swallowed by the digest that is gone."""
    sends, platform = waiting("a1"), Platform()
    sweep(sends, platform)
    late = delay(sends, notice("snd_a0", "a"), NIGHT, MORNING)
    assert late is not None
    sends.put_due(late)
    sweep(sends, platform, MORNING + timedelta(minutes=1))
    assert platform.taken == [("a", "snd_a1"), ("a", "snd_a0")]


def test_one_person_whom_the_platform_makes_wait_holds_up_nobody() -> None:
    """The others hear at 08:00, that one a minute later, in the same words."""
    sends, platform = waiting("a1", "b1"), Platform(["retry"])
    sweep(sends, platform)
    sweep(sends, platform, MORNING + timedelta(minutes=1))
    assert sorted(platform.taken) == [("a", "snd_a1"), ("b", "snd_b1")]


def test_two_sweeps_at_once_tell_it_once_and_agree() -> None:
    """A sweep that starts while another is calling the platform says the same words, which the platform drops."""
    sends, platform = waiting("a1", "a2"), Platform()
    sweep(sends, platform, then=lambda: sweep(sends, platform))
    assert platform.taken == [("a", "snd_a1", "snd_a2")]
    assert {send.state for send in sends.kept.values()} == {"sent"}


@dataclass
class Outdated(MemorySends):
    """A sweep's view of what was due a moment ago, on the sends as they are now."""

    seen: tuple[Send, ...] = ()

    def due(self, now: datetime) -> list[Send]:
        return list(self.seen)


@pytest.mark.parametrize("script", [[], ["retry"]])
def test_what_joins_a_digest_too_late_goes_out_with_the_next(script: list[str]) -> None:
    """A sweep that read before another one's digest was closed adds nothing to it, and loses nothing by it."""
    sends, platform = waiting("a1", "a2", "a3"), Platform(script)
    seen = tuple(sends.due(MORNING))
    sweep(Outdated(sends.kept, sends.due_ids, seen[:2]), platform)
    sweep(Outdated(sends.kept, sends.due_ids, seen), platform)
    for minute in range(3):
        sweep(sends, platform, MORNING + timedelta(minutes=minute))
    assert sorted(platform.taken) == [("a", "snd_a1", "snd_a2"), ("a", "snd_a3")]
    assert (sends.settled(), sends.due_ids) == (True, set())


@dataclass
class Dying:
    """A store whose writes fail (the function dies) after so many."""

    inner: MemorySends
    writes_left: int

    def read(self, send_id: str) -> Send | None:
        return self.inner.read(send_id)

    def due(self, now: datetime) -> list[Send]:
        return self.inner.due(now)

    def write(self, send: Send) -> Send | None:
        self._live()
        return self.inner.write(send)

    def drop_due(self, send: Send) -> None:
        self._live()
        self.inner.drop_due(send)

    def _live(self) -> None:
        if self.writes_left == 0:
            raise Crash
        self.writes_left -= 1


@given(
    st.lists(st.sampled_from(["a1", "a2", "a3", "b1", "b2"]), unique=True, min_size=1),
    st.lists(st.integers(0, 12), max_size=4),
    st.lists(st.sampled_from(["ok", "retry", "die"]), max_size=4),
)
def test_sweeps_that_die_anywhere_tell_nothing_twice_and_lose_nothing(
    names: list[str], deaths: list[int], script: list[str]
) -> None:
    """Whatever write is the last of each sweep, in the end every send is settled, and told at most once."""
    sends, platform = waiting(*names), Platform(script)
    for writes in deaths:
        sweep(Dying(sends, writes), platform)  # type: ignore[arg-type]
    for minute in range(10):
        sweep(sends, platform, MORNING + timedelta(minutes=minute))
    told = [send_id for _, *members in platform.taken for send_id in members]
    assert len(told) == len(set(told))
    assert (sends.settled(), sends.due_ids) == (True, set())
    for name in names:
        send = sends.kept[f"snd_{name}"]
        assert send.state != "sent" or send.notice.id in told


def test_a_late_joiner_left_behind_by_a_dead_sweep_is_not_told_with_the_others() -> None:
    """A digest that goes again says exactly what it said before; the late one follows on its own."""
    sends, platform = waiting("a1", "a2", "a3"), Platform(["retry"])
    seen = tuple(sends.due(MORNING))
    sweep(Outdated(sends.kept, sends.due_ids, seen[:2]), platform)
    sweep(Dying(Outdated(sends.kept, sends.due_ids, seen), 3), platform)  # type: ignore[arg-type]
    assert sends.kept["snd_a3"].digest_id == sends.kept["snd_a1"].digest_id
    for minute in range(2):
        sweep(sends, platform, MORNING + timedelta(minutes=minute))
    assert platform.taken == [("a", "snd_a1", "snd_a2"), ("a", "snd_a3")]


# Lines: one channel after the other.


@dataclass
class Channels:
    """Platforms by channel, each with a script of its own. As the platforms do: some drop a repeat (SAME_AGAIN), SMS
    does not."""

    scripts: dict[str, list[BaseException | str]] = field(default_factory=dict)
    arrived: list[str] = field(default_factory=list)

    def post(self, notice: Notice, claim: Claim) -> Outcome:
        claim()
        script = self.scripts.get(notice.channel, [])
        word = script.pop(0) if script else "ok"
        if isinstance(word, Retry | Refuse):
            raise word
        if notice.channel not in KNOWS_REPEATS or notice.channel not in self.arrived:
            self.arrived.append(notice.channel)
        if isinstance(word, BaseException):
            raise word
        return Said()


LINE = replace(notice(), rest=("sms", "email", "phone"))


def go(sends: MemorySends, channels: Channels, now: datetime = NIGHT) -> Send | None:
    try:
        return send_line(sends, LINE, now, channels.post, str(next(OWNERS)))
    except (Retry, Crash):
        return None


def test_where_one_channel_refuses_the_next_goes_at_once() -> None:
    """WeCom says no: SMS at the same second, and the record says what failed before it."""
    sends, channels = MemorySends(), Channels({"wecom": [Refuse("not there")]})
    last = go(sends, channels)
    assert last is not None
    assert (last.state, last.notice.channel, last.notice.fallback_of) == ("sent", "sms", "snd_1")
    assert go(sends, channels) == last
    assert channels.arrived == ["sms"]


def test_a_channel_that_stays_busy_is_left_within_a_minute() -> None:
    """Tried at 0, 2 and 12 seconds; the fourth time would come after the minute, so the next channel goes at 12."""
    sends, channels = MemorySends(), Channels({"wecom": [Retry("wecom", errcode="-1") for _ in range(9)]})
    went = [go(sends, channels, NIGHT + timedelta(seconds=seconds)) for seconds in (0, 2, 12)]
    assert [send and send.notice.channel for send in went] == [None, None, "sms"]
    assert sends.kept["snd_1"].reason == "too-slow"


def test_a_channel_that_asks_for_more_than_a_minute_is_left_at_once() -> None:
    """An hour's patience is none that an alarm has."""
    sends, channels = MemorySends(), Channels({"wecom": [Retry("wecom", after_seconds=3600, errcode="45009")]})
    last = go(sends, channels)
    assert last is not None
    assert last.notice.channel == "sms"


def test_a_line_ends_with_its_last_channel() -> None:
    """Where all refuse, the last says so; nothing is tried for ever."""
    no = [Refuse("no")]
    sends, channels = MemorySends(), Channels({name: list(no) for name in LINE.channels})
    last = go(sends, channels)
    assert last is not None
    assert ([send.state for send in sends.kept.values()], last.notice.channel) == (["failed"] * 4, "phone")
    assert go(sends, channels) == last


@pytest.mark.parametrize("channel", ["sms", "dingtalk", "email"])
def test_dead_amid_a_channel_that_knows_no_repeat_is_unknown_and_not_sent_again(channel: str) -> None:
    """It may have arrived, so nobody sends it again by itself; who finds it says so."""
    sends, alone = MemorySends(), replace(notice(), channel=channel)
    channels = Channels({channel: [Crash()]})
    for _ in range(3):
        try:
            last = send_line(sends, alone, NIGHT, channels.post, str(next(OWNERS)))
        except Crash:
            continue
        assert last is not None
        assert last.state == "unknown"
    assert channels.arrived == [channel]


def test_no_answer_from_a_channel_that_knows_no_repeat_lets_the_next_one_go() -> None:
    """The SMS may have arrived, or not: it is not sent again, and the letter goes."""
    sends, channels = MemorySends(), Channels({"wecom": [Refuse("no")], "sms": [Retry("sms_aliyun-unreachable")]})
    last = go(sends, channels)
    assert last is not None
    assert last.notice.channel == "email"
    assert sorted(send.state for send in sends.kept.values()) == ["failed", "sent", "unknown"]


def test_patience_is_asked_for_before_the_claim_too() -> None:
    """Without another channel a busy platform is waited for, as ever."""
    assert not Terms(SAME_AGAIN, has_next=False).is_hopeless(3, NIGHT, NIGHT, Retry("busy", after_seconds=3600))


WORDS = st.sampled_from(["ok", "no", "busy", "gone", "die"])


@given(st.dictionaries(st.sampled_from(LINE.channels), st.lists(WORDS, max_size=4)), st.integers(1, 9))
def test_however_a_line_goes_no_channel_says_it_twice(scripts: dict[str, list[str]], deliveries: int) -> None:
    """Any mixture of refusals, silence and deaths over any number of deliveries."""

    def errors(words: list[str]) -> list[BaseException | str]:
        made: dict[str, Callable[[], BaseException | str]] = {
            "ok": lambda: "ok",
            "no": lambda: Refuse("no"),
            "busy": lambda: Retry("busy", errcode="1"),
            "gone": lambda: Retry("x-unreachable"),
            "die": Crash,
        }
        return [made[word]() for word in words]

    sends, channels = MemorySends(), Channels({name: errors(words) for name, words in scripts.items()})
    for turn in range(deliveries):
        go(sends, channels, NIGHT + timedelta(seconds=10 * turn))
    assert len(channels.arrived) == len(set(channels.arrived))
