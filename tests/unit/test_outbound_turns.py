"""What a turn decides: when a delivery goes again, what goes now, how an endpoint does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.outbound.deliveries.deliveries import Attempt, Verdict, Waiting, asked_patience, judge, wait_after
from functions.outbound.deliveries.turns import (
    ORDER_WAIT,
    Health,
    health_after,
    plan_wave,
    probe_wait,
    verdict_on,
)
from functions.outbound.endpoints.endpoints import Endpoint
from functions.outbound.endpoints.statistics import STEPS_MS, counts_of, figures_of

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
SECONDS = st.integers(0, 200_000)


def endpoint(**fields: object) -> Endpoint:
    known = {"id": "ep_1", "url": "https://a.example/", "events": ["*"], "owner": "boss", "roles": ["agent"]}
    return Endpoint.model_validate({**known, "created_at": NOW, "updated_at": NOW, **fields})


def attempt(status: int = 200, latency_ms: int = 10, **headers: str) -> Attempt:
    spelt = {name.replace("_", "-"): value for name, value in headers.items()}
    return Attempt(NOW, latency_ms, status, "" if status else "timeout", answer_headers=spelt)


def waiting(number: int, key: str = "k", due: int = 0, since: int = 0, tried: int | None = None) -> Waiting:
    """due, since, tried: seconds from NOW."""
    tried_at = None if tried is None else NOW + timedelta(seconds=tried)
    moments = NOW + timedelta(seconds=due), NOW + timedelta(seconds=number), NOW + timedelta(seconds=since)
    return Waiting(f"dlv_{number}", f"evt_{number}", key, *moments, tried_at=tried_at)


@given(st.text(min_size=1, max_size=20), st.integers(1, 30))
def test_a_wait_is_that_of_the_schedule_or_up_to_a_tenth_longer(name: str, tries: int) -> None:
    """At once, 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 10 h; then every ten hours. The same each time it is asked."""
    schedule = [0, 5, 300, 1800, 7200, 18_000, 36_000, 36_000]
    planned = schedule[min(tries, 7)]
    seconds = wait_after(name, tries).total_seconds()
    assert planned <= seconds <= planned * 1.1
    assert wait_after(name, tries).total_seconds() == seconds


@pytest.mark.parametrize(
    ("made", "state", "reason"),
    [
        (attempt(200), "delivered", ""),
        (attempt(204), "delivered", ""),
        (attempt(307), "pending", ""),
        (attempt(400), "pending", ""),
        (attempt(500), "pending", ""),
        (attempt(0), "pending", ""),
        (attempt(410), "held", "gone"),
        (attempt(400, webhook_should_retry="False"), "failed", "receiver-said-stop"),
    ],
)
def test_an_answer_says_what_becomes_of_a_delivery(made: Attempt, state: str, reason: str) -> None:
    """Only 2xx is delivered; a redirect is not."""
    verdict = judge(waiting(1), made)
    assert (verdict.state, verdict.reason, verdict.due is not None) == (state, reason, state == "pending")


def test_after_five_days_a_delivery_has_failed() -> None:
    """To the second."""
    five_days = 5 * 86_400
    assert judge(waiting(1, since=-five_days), attempt(500)) == Verdict("failed", reason="five-days-over")
    assert judge(waiting(1, since=1 - five_days), attempt(500)).state == "pending"


@pytest.mark.parametrize(
    ("made", "seconds"),
    [
        (attempt(429, retry_after="120"), 120),
        (attempt(503, retry_after="0"), 0),
        (attempt(503, retry_after="999999999"), 36_000),
        (attempt(500, retry_after="120"), 0),
        (attempt(503, retry_after="soon"), 0),
        (attempt(503, retry_after="-5"), 0),
        (attempt(503, retry_after="Fri, 20 Nov 2026 04:01:00 GMT"), 60),
        (attempt(503, retry_after="Fri, 20 Nov 2026 04:01:00 GMT", date="Fri, 20 Nov 2026 04:00:30 GMT"), 30),
        (attempt(503, retry_after="Fri, 20 Nov 2020 04:01:00 GMT"), 0),
    ],
)
def test_patience_is_what_the_receiver_asks_for(made: Attempt, seconds: int) -> None:
    """Seconds or a date, of 429 and 503 alone, ten hours at most; nonsense is none."""
    assert asked_patience(made) == timedelta(seconds=seconds)


ROWS = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(-5, 5), st.one_of(st.none(), st.integers(-9, -1))), max_size=30
)


@given(ROWS, st.integers(1, 20), st.booleans())
def test_a_wave_is_what_is_due_and_no_wider_than_the_endpoint(
    rows: list[tuple[str, int, int | None]], concurrency: int, ordered: bool
) -> None:
    """In order: at most one of a thing, and none behind an earlier event of it that still waits."""
    known = sorted((waiting(n, key, due, tried=tried) for n, (key, due, tried) in enumerate(rows)), key=lambda r: r.due)
    plan = plan_wave(endpoint(concurrency=concurrency, ordered=ordered), Health(), known, NOW)
    assert len(plan.wave) <= concurrency
    assert all(row.due <= NOW for row in plan.wave)
    if ordered:
        first = {
            key: min((row for row in known if row.key == key), key=lambda r: r.at) for key in {r.key for r in known}
        }
        assert all(row is first[row.key] for row in plan.wave)
    elif not plan.wave and known:
        assert plan.next_at == known[0].due > NOW
    assert bool(plan.wave) or plan.next_at is not None or not known


def test_nothing_waits_behind_one_that_has_failed_for_a_day() -> None:
    """The failing one is still tried as well."""
    day = int(ORDER_WAIT.total_seconds())
    rows = [waiting(1, since=-day, due=-1), waiting(2)]
    assert plan_wave(endpoint(ordered=True), Health(), rows, NOW).wave == (rows[0], rows[1])
    rows = [waiting(1, since=1 - day, due=-1), waiting(2)]
    assert plan_wave(endpoint(ordered=True), Health(), rows, NOW).wave == (rows[0],)


def test_an_endpoint_that_fails_is_probed_and_what_had_failed_goes_when_it_recovers() -> None:
    """One at a time; then all of it, whenever it was to be tried again."""
    rows = [waiting(1), waiting(2, due=9000, tried=-60), waiting(3, due=9000, tried=-60)]
    failing = Health(failures=3, failing_since=NOW)
    assert plan_wave(endpoint(), failing, rows, NOW).wave == (rows[0],)
    recovered = health_after(failing, [attempt(200)], NOW, timedelta(0))
    assert (recovered.failures, recovered.recovered_at, recovered.not_before) == (0, NOW, None)
    assert plan_wave(endpoint(), recovered, rows[1:], NOW).wave == (rows[1], rows[2])


def test_a_disabled_one_or_one_that_is_left_alone_is_sent_nothing() -> None:
    """Nor is one without a URL."""
    rows = [waiting(1)]
    for other in (endpoint(state="disabled"), endpoint(url="")):
        assert plan_wave(other, Health(), rows, NOW).wave == ()
    later = NOW + timedelta(seconds=9)
    assert plan_wave(endpoint(), Health(not_before=later), rows, NOW).next_at == later


@given(st.lists(st.sampled_from([200, 500, 0, 429]), min_size=1, max_size=20), st.integers(0, 50))
def test_failures_are_counted_in_a_row(statuses: list[int], before: int) -> None:
    """One success ends them; failing since the first of them."""
    made = [attempt(status) for status in statuses]
    since = NOW - timedelta(hours=1) if before else None
    health = health_after(Health(failures=before, failing_since=since), made, NOW, timedelta(0))
    if 200 in statuses:
        assert (health.failures, health.failing_since) == (0, None)
    else:
        assert (health.failures, health.failing_since) == (before + len(statuses), since or NOW)
    wrong = [status for status in statuses if status != 200]
    assert health.last_error == ((f"HTTP {wrong[-1]}" if wrong[-1] else "timeout") if wrong else "")


def test_probes_come_ever_later_and_ten_minutes_apart_in_the_end() -> None:
    """15 s, 30 s, … 10 min; none before the third failure."""
    assert [probe_wait(n).total_seconds() for n in (0, 2, 3, 4, 5, 8, 9, 10**6)] == [0, 0, 15, 30, 60, 480, 600, 600]


def test_five_days_of_failure_or_a_410_disable_it() -> None:
    """And nothing else does."""
    since = NOW - timedelta(days=5)
    assert verdict_on(Health(failures=9, failing_since=since), [attempt(500)], NOW) == "failing"
    assert verdict_on(Health(failures=9, failing_since=since + timedelta(seconds=1)), [attempt(500)], NOW) == ""
    assert verdict_on(Health(), [attempt(200), attempt(410)], NOW) == "gone"


@given(st.lists(st.integers(0, 15_000), min_size=1, max_size=200))
def test_p95_is_a_fifth_off_at_most(latencies: list[int]) -> None:
    """Beside the exact one: never below it."""
    figures = figures_of([counts_of([attempt(200, ms) for ms in latencies])])
    exact = sorted(latencies)[-(-len(latencies) * 95 // 100) - 1]
    assert exact <= figures.p95_ms <= max(STEPS_MS[0], exact * 1.2 + 1)
    assert (figures.delivered, figures.failed) == (len(latencies), 0)
