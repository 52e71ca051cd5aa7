"""What people write of time, and what they are told when it can't be read."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.kernel.errors import Invalid
from hubctl.clock.words import Mode, parse_length, parse_mode, parse_moment, readable
from hubctl.failures import OperatorError

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime.fromisoformat("2026-11-30T22:30:00+08:00")


@pytest.mark.parametrize("text", ["real", "stepped", "720"])
def test_a_mode_is_read_and_written_back(text: str) -> None:
    """Each of the three forms."""
    assert str(parse_mode(text)) == text


def test_a_scale_of_one_is_real_time() -> None:
    """However it is written."""
    assert parse_mode("1") == parse_mode("real") == Mode()


@pytest.mark.parametrize("text", ["", "fast", "0", "-1", "1.5", "７２０", "100001", "Stepped"])
def test_another_mode_is_refused_with_the_right_forms(text: str) -> None:
    """The message names all three."""
    with pytest.raises(OperatorError, match=r'"real", "stepped", or .* a whole number'):
        readable(parse_mode, text)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("2h", timedelta(hours=2)),
        ("90m", timedelta(minutes=90)),
        ("1d12h", timedelta(hours=36)),
        ("0s", timedelta()),
        ("1h30m15s", timedelta(seconds=5415)),
    ],
)
def test_a_length_is_read(text: str, length: timedelta) -> None:
    """Days, hours, minutes, seconds, one after the other."""
    assert parse_length(text) == length


@pytest.mark.parametrize("text", ["", "2", "2 h", "-2h", "h", "2h-1m", "1w", "99999999h", "3651d", "２h"])
def test_what_is_no_length_is_refused_with_an_example(text: str) -> None:
    """A negative one too: business time never goes back."""
    with pytest.raises(Invalid) as refused:
        parse_length(text)
    [problem] = refused.value.problems
    assert problem.pointer == "/by"
    assert '"2h"' in problem.rule


@given(st.integers(0, 9), st.integers(0, 99), st.integers(0, 99), st.integers(0, 99))
def test_every_length_is_the_sum_of_its_parts(days: int, hours: int, minutes: int, seconds: int) -> None:
    """Whatever the numbers."""
    expected = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    assert parse_length(f"{days}d{hours}h{minutes}m{seconds}s") == expected


def test_a_moment_without_an_offset_is_meant_in_the_hub_s_zone() -> None:
    """With one it is what it says."""
    assert parse_moment("2026-12-01T00:00", SHANGHAI, NOW) == datetime.fromisoformat("2026-11-30T16:00:00+00:00")
    assert parse_moment("2026-12-01T00:00Z", SHANGHAI, NOW) == datetime.fromisoformat("2026-12-01T00:00:00+00:00")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("08:00", "2026-12-01T08:00:00+08:00"),
        ("23:59", "2026-11-30T23:59:00+08:00"),
        ("22:30", "2026-12-01T22:30:00+08:00"),
        ("00:00", "2026-12-01T00:00:00+08:00"),
    ],
)
def test_a_time_of_day_is_the_next_one(text: str, moment: str) -> None:
    """At 22:30 in Shanghai: what is later today, else tomorrow's, and never the present second."""
    assert parse_moment(text, SHANGHAI, NOW) == datetime.fromisoformat(moment)


@pytest.mark.parametrize("text", ["", "tomorrow", "2026-12-01", "8:00", "24:00", "08:60", "2026-13-01T00:00"])
def test_what_is_no_moment_is_refused_with_an_example(text: str) -> None:
    """A date alone is none: midnight is written out."""
    with pytest.raises(Invalid) as refused:
        parse_moment(text, SHANGHAI, NOW)
    assert "2026-12-01T00:00" in refused.value.problems[0].rule
