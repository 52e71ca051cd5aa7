"""Counts, and what a connection's owner is told."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from functions.webhooks.connections.causes import REJECTIONS, words
from functions.webhooks.connections.connections import health, rotated, steps, webhook_url
from functions.webhooks.inbox.counts import NAMES, Row, latest, stats, total
from hub.channels.registry import CHANNELS

ROWS = st.lists(
    st.builds(
        Row,
        connection_id=st.sampled_from(["con_a", "con_b"]),
        numbers=st.dictionaries(st.sampled_from([*NAMES, "version"]), st.integers(0, 99)),
    )
)


@given(ROWS)
def test_the_tenant_s_counts_are_the_sum_of_its_connections(rows: list[Row]) -> None:
    """Whatever the shards hold, each number is the sum over the connections."""
    told = stats(rows)
    for name in NAMES:
        assert getattr(told, name) == sum(getattr(one, name) for one in told.connections.values())


def test_no_rows_are_no_deliveries() -> None:
    """Before the first delivery every count is nought, and a connection has no health to speak of."""
    assert set(total([]).model_dump().values()) == {0}
    assert (latest([], "last_error"), health([], None).last_error) == ("", None)


def test_health_takes_the_latest_of_all_shards() -> None:
    """The last delivery is the latest that any shard knows."""
    rows = [Row("con_a", {}, {"last_delivery_at": f"2026-11-21T0{hour}:00:00.000000Z"}) for hour in (3, 1, 2)]
    assert health(rows, None).last_delivery_at == datetime(2026, 11, 21, 3, tzinfo=UTC)


def test_every_reason_is_told_in_both_languages() -> None:
    """Known reasons say what to do; an unknown one at least says its name."""
    assert all(one.zh and one.en for one in REJECTIONS.values())
    assert "dtd" in words("dtd").zh
    assert "dtd" in words("dtd").en


def test_rotation_keeps_two_generations_and_no_more() -> None:
    """The settings before stay valid beside the new ones; those before them are gone."""
    first = {"token": "a"}
    second = rotated({"token": "b"}, first)
    assert rotated({"token": "c"}, second) == {"token": "c", "previous": {"token": "b"}}


def test_each_channel_says_what_to_do_and_where() -> None:
    """A channel has steps in both languages, and the webhook URL has no doubled slash."""
    assert all(step.zh and step.en for channel in CHANNELS for step in steps(channel))
    assert webhook_url("https://hub.test/", "wecom", "con_1") == "https://hub.test/webhooks/wecom/con_1"
