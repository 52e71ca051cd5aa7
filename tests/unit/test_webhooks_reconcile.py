"""The reconcile report's arithmetic, and what a connection's owner is told of its health."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.webhooks.connections.causes import CALLS, REJECTIONS, words
from functions.webhooks.connections.connections import health
from functions.webhooks.inbox.counts import Row, day_key, latest_error, latest_facts
from functions.webhooks.orders.reconcile import MEANINGS, OrderFigures, day_figures, report_days, sum_figures
from hub.contracts.webhooks_reconcile import Figures, ReconcileQuery
from hub.kernel.errors import Invalid

CHANNELS = Path(__file__).parents[2] / "hub" / "channels"
DAY = date(2026, 11, 11)
STATES = ("pending", "processed", "quarantined", "dead")
COUNTS = st.fixed_dictionaries({name: st.integers(0, 9) for name in (*STATES, "duplicates", "rejected_signature")})


def asked(first: str, last: str) -> ReconcileQuery:
    return ReconcileQuery.model_validate({"from": first, "to": last})


def test_the_day_of_the_contract_adds_up() -> None:
    """3,600 orders, 5 % pushes dropped, 5 % doubled: 180 recovered, 180 duplicates, nothing lost."""
    rows = [Row("con", {"accepted": 3420, "processed": 3420, "duplicates": 180}, day="20261111")]
    orders = {"20261111": OrderFigures(orders=3600, pulled=180, unpushed=180)}
    (told,) = day_figures([DAY], rows, orders, pushes=True)
    assert (told.orders, told.recovered, told.duplicates, told.pulled) == (3600, 180, 180, 180)
    assert (told.pushed, told.lost, told.known, told.loss_ratio) == (3420, 0, 3600, "0.000000")


def test_a_channel_that_pushes_nothing_recovers_nothing() -> None:
    """Where orders only come by pull, none was ever missed; they are known all the same."""
    orders = {"20261111": OrderFigures(orders=9, pulled=9, unpushed=9, unmapped=1)}
    (told,) = day_figures([DAY], [], orders, pushes=False)
    assert (told.recovered, told.pulled, told.known, told.lost, told.loss_ratio) == (0, 9, 9, 1, "0.111112")


@given(st.lists(COUNTS, max_size=4), st.integers(0, 9), st.integers(0, 9))
def test_what_came_in_is_what_became_of_it(counts: list[dict[str, int]], pulled: int, unpushed: int) -> None:
    """accepted = pushed + pulled messages = pending + processed + quarantined + dead, in each day and in all."""
    rows = [
        Row("con", {**one, "accepted": sum(one[state] for state in STATES), "pulled": one["pending"]}, day="20261111")
        for one in counts
    ]
    orders = {"20261111": OrderFigures(unpushed, unpushed, unpushed)}
    days = day_figures([DAY, DAY + timedelta(days=1)], rows, orders, pushes=True)
    for told in (*days, sum_figures(days)):
        assert told.accepted == told.pending + told.processed + told.quarantined + told.dead
        assert told.pushed + told.pulled == told.accepted + told.orders
        assert Decimal(told.loss_ratio) * told.known >= told.lost
    assert days[1] == days[1].model_copy(update={name: 0 for name in Figures.model_fields if name != "loss_ratio"})
    assert sum_figures(days).model_dump() == {name: getattr(days[0], name) for name in Figures.model_fields}


def test_a_loss_is_never_shown_lower_than_it_is() -> None:
    """One of three is 0.333334."""
    rows = [Row("con", {"accepted": 3, "processed": 2, "dead": 1}, day="20261111")]
    assert day_figures([DAY], rows, {}, pushes=True)[0].loss_ratio == "0.333334"


@pytest.mark.parametrize(("first", "last", "days"), [("2026-11-11", "2026-11-11", 1), ("2026-11-01", "2026-12-01", 31)])
def test_days_are_counted_with_both_ends(first: str, last: str, days: int) -> None:
    """One day is a report, and so are thirty-one."""
    found = report_days(asked(first, last))
    assert (len(found), str(found[0]), str(found[-1])) == (days, first, last)


@pytest.mark.parametrize(("first", "last"), [("2026-11-12", "2026-11-11"), ("2026-11-01", "2026-12-02")])
def test_too_many_days_are_refused(first: str, last: str) -> None:
    """No day, or more than thirty-one, is 422 naming `to`."""
    with pytest.raises(Invalid) as refused:
        report_days(asked(first, last))
    assert refused.value.problems[0].pointer == "query:to"


def test_every_figure_is_explained() -> None:
    """Each figure has its words in both languages, and nothing else has."""
    assert set(MEANINGS) == set(Figures.model_fields)
    assert all(one.zh and one.en for one in MEANINGS.values())


def test_a_day_is_the_tenant_s() -> None:
    """What comes at half past four in the afternoon, UTC, is tomorrow's in Shanghai."""
    moment = datetime(2026, 11, 11, 16, 30, tzinfo=UTC)
    assert (day_key(moment, "Asia/Shanghai"), day_key(moment, "UTC")) == ("20261112", "20261111")


def test_the_latest_error_is_shown_not_the_greatest_word() -> None:
    """Errors are told by their time; one noted before times were kept is older than all."""
    noted = [("wrong-receive-id", "2026-11-11T01"), ("bad-form", "2026-11-11T02")]
    rows = [Row("con", {}, {"last_error": code, "last_error_at": at}) for code, at in noted]
    rows.append(Row("con", {}, {"last_error": "stale"}))
    assert latest_error(rows) == ("bad-form", "2026-11-11T02")
    assert latest_facts(rows) == {"last_error": "bad-form", "last_error_at": "2026-11-11T02"}


def test_health_says_how_far_behind_a_connection_is() -> None:
    """Seconds since the last delivery in business time, and behind the platform in real time; none without a past."""
    now = datetime(2026, 11, 11, 2, tzinfo=UTC)
    rows = [Row("con", {}, {"last_delivery_at": "2026-11-11T01:59:00.000000Z"})]
    told = health(rows, now - timedelta(minutes=11), now=now, wall_now=now)
    assert (told.delivery_lag_seconds, told.watermark_lag_seconds) == (60, 660)
    untold = health([], None, now=now, wall_now=now)
    assert (untold.delivery_lag_seconds, untold.watermark_lag_seconds) == (None, None)


def test_every_reason_of_a_door_has_its_words() -> None:
    """Whatever a channel refuses a delivery for, its owner reads what is the likeliest cause."""
    sources = "".join(path.read_text(encoding="utf-8") for path in CHANNELS.rglob("*.py"))
    reasons = set(re.findall(r'Rejected\(\s*"([a-z-]+)"', sources))
    assert {"bad-signature", "stale"} <= reasons
    assert sorted(reasons - set(REJECTIONS)) == []


@pytest.mark.parametrize("kind", CALLS)
def test_what_a_platform_s_api_says_is_told_with_its_name(kind: str) -> None:
    """A failed call names the platform in both languages, and what to look at."""
    told = words(f"douyin-{kind}")
    assert told.zh.startswith("抖店")
    assert told.en.startswith("Douyin shop")
    assert words(f"nobody-{kind}").en.endswith(f"nobody-{kind}")
