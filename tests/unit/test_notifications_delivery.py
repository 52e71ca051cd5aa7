"""A notice goes out once, however its sender dies."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.notifications.bundling import sweep_due
from functions.notifications.delivery import ATTEMPTS_LIMIT, Send, delay, deliver
from functions.notifications.notices import Notice
from hub.kernel.errors import Refuse, Retry
from tests.support.sends import MemorySends

NIGHT = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
MORNING = NIGHT + timedelta(hours=6)


class Crash(BaseException):
    """The function dies here: nothing after runs."""


@dataclass
class Said:
    """What the platform answered."""

    platform_id: str = "m1"
    refused: str = ""


@dataclass
class Platform:
    """Plays a script, one word a call: ok, retry (not taken), refuse, invalid, die (taken, then our function dies)."""

    script: list[str] = field(default_factory=list)
    taken: list[tuple[str, ...]] = field(default_factory=list)

    def post(self, *told: str) -> Said:
        word = self.script.pop(0) if self.script else "ok"
        if word == "retry":
            raise Retry("busy")
        if word == "refuse":
            raise Refuse("no such member")
        self.taken.append(told)
        if word == "die":
            raise Crash
        return Said(refused="unreachable" if word == "invalid" else "")


def notice(send_id: str = "snd_1", recipient: str = "li") -> Notice:
    return Notice(send_id, "ticket.assigned", "evt_1", recipient, "wecom", "tkt_1", "repair", "normal")


def attempt(sends: MemorySends, platform: Platform) -> Send | None:
    """One delivery of the event, as the queue makes it."""
    try:
        return deliver(sends, notice(), NIGHT, lambda: platform.post("snd_1"))
    except (Retry, Crash):
        return sends.read("snd_1")


def test_a_redelivered_event_sends_nothing_twice() -> None:
    """The second delivery finds it sent."""
    sends, platform = MemorySends(), Platform()
    first, second = attempt(sends, platform), attempt(sends, platform)
    assert first == second
    assert (first and (first.state, first.platform_id), platform.taken) == (("sent", "m1"), [("snd_1",)])


def test_a_crash_after_the_call_is_shown_as_unknown_and_not_sent_again() -> None:
    """Nobody can know whether it arrived, so nobody is told twice."""
    sends, platform = MemorySends(), Platform(["die"])
    for _ in range(3):
        last = attempt(sends, platform)
    assert last is not None
    assert (last.state, len(platform.taken)) == ("unknown", 1)


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
    """A delivery that overlaps another calls it unknown; the one that sent says sent, and that stays."""
    sends = MemorySends()

    def post() -> Said:
        doubted = deliver(sends, notice(), NIGHT, Said)
        assert doubted is not None
        assert doubted.state == "unknown"
        return Said()

    settled = deliver(sends, notice(), NIGHT, post)
    assert settled is not None
    assert settled.state == "sent"


def test_a_doubted_send_that_was_not_taken_goes_again() -> None:
    """A delivery that overlaps another calls it unknown; the one that heard `not now` knows better, and it is sent."""
    sends, platform = MemorySends(), Platform()

    def post() -> Said:
        deliver(sends, notice(), NIGHT, Said)
        raise Retry("busy")

    with pytest.raises(Retry):
        deliver(sends, notice(), NIGHT, post)
    last = attempt(sends, platform)
    assert last is not None
    assert (last.state, platform.taken) == ("sent", [("snd_1",)])


@given(st.lists(st.sampled_from(["ok", "retry", "refuse", "die", "invalid"]), max_size=6), st.integers(1, 14))
def test_however_it_goes_the_platform_takes_it_at_most_once(script: list[str], deliveries: int) -> None:
    """Any mixture of crashes, refusals and redeliveries."""
    sends, platform = MemorySends(), Platform(script)
    for _ in range(deliveries):
        attempt(sends, platform)
    assert len(platform.taken) <= 1


def waiting(*names: str) -> MemorySends:
    """Delayed sends named `<recipient><number>`, due in the morning."""
    sends = MemorySends()
    for name in names:
        send = delay(sends, notice(f"snd_{name}", name[0]), NIGHT, MORNING)
        assert send is not None
        sends.put_due(send)
    return sends


def sweep(sends: MemorySends, platform: Platform, now: datetime = MORNING) -> None:
    def post(digest: Notice, told: object) -> Said:
        return platform.post(digest.recipient, *(n.id for n in told))  # type: ignore[attr-defined]

    try:
        sweep_due(sends, now, post)
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
    """A sweep that starts while another is calling the platform sends nothing, and the sender's word stands."""
    sends, platform = waiting("a1", "a2"), Platform()

    def post(digest: Notice, told: object) -> Said:
        sweep(sends, platform)
        return platform.post(digest.recipient, *(n.id for n in told))  # type: ignore[attr-defined]

    sweep_due(sends, MORNING, post)
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
