"""What the queues do and what rooms count on."""

from datetime import timedelta

from functions.notifications.sends.bundling import DIGEST_ATTEMPTS_LIMIT
from functions.notifications.sends.delivery import ATTEMPTS_LIMIT
from hub.channels.wecom.client import DUPLICATE_CHECK_SECONDS
from hub.edge.consumers import AGAIN_AFTER_SECONDS, LATEST_START_SECONDS
from hub.edge.room import WORK_TIMEOUT_SECONDS
from infra.queues import RECEIVES_MAX


def test_a_send_fails_before_its_event_is_a_dead_letter() -> None:
    """No send stays `retrying` for ever because the queue gave its event up first."""
    assert ATTEMPTS_LIMIT < RECEIVES_MAX
    assert len(AGAIN_AFTER_SECONDS) == RECEIVES_MAX - 1


def test_what_is_tried_again_is_within_the_platforms_memory() -> None:
    """WeCom drops a body that it has seen for longer than anything here is tried again."""
    assert sum(AGAIN_AFTER_SECONDS) < DUPLICATE_CHECK_SECONDS
    assert timedelta(minutes=DIGEST_ATTEMPTS_LIMIT) < timedelta(seconds=DUPLICATE_CHECK_SECONDS)


def test_a_function_has_time_for_the_record_that_it_begins() -> None:
    """Half of a function's time is kept for the last record."""
    assert LATEST_START_SECONDS <= WORK_TIMEOUT_SECONDS / 2
