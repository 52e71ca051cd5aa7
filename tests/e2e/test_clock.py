"""A hub on a stepped clock: business time stands while anything is at work, and then jumps to what is due next."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import requests
from typer.testing import CliRunner

from hub.kernel.clock import parse_rfc3339, rfc3339
from hubctl.cli import app
from hubctl.clock.words import Mode
from hubctl.dev import Hub, Options, running_hub
from hubctl.state import LocalState
from tests.support.stepped import stepper_of
from tests.support.tiny_stack import write_tiny_stack

pytestmark = pytest.mark.e2e

ORIGIN = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
TABLE = "hub-tiny-room"
TICK = timedelta(minutes=10)
VISIBILITY = timedelta(seconds=30)


@pytest.fixture(name="hub", scope="module")
def _hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    directory = tmp_path_factory.mktemp("stepped")
    mode, state = Mode(stepped=True), LocalState(directory / ".hub")
    options = Options(clock=mode, tenant="tiny", business_origin=ORIGIN, steps=(), state=state)
    with running_hub(options, write_tiny_stack(directory)) as running:
        yield running


@pytest.fixture(name="ready_file")
def _ready_file(hub: Hub, tmp_path: Path) -> Path:
    path = tmp_path / "ready.json"
    path.write_text(hub.ready.model_dump_json())
    return path


def ask(hub: Hub, method: str, path: str, **options: Any) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.request(method, hub.ready.base_url + path, timeout=60, **options)


def item(hub: Hub, key: str) -> Any:
    found = hub.aws.client("dynamodb").get_item(TableName=TABLE, Key={"pk": {"S": key}}).get("Item")
    return {name: value["S"] for name, value in found.items()} if found else None


def ticks(hub: Hub) -> list[datetime]:
    items = hub.aws.client("dynamodb").scan(TableName=TABLE)["Items"]
    return sorted(parse_rfc3339(one["pk"]["S"][5:]) for one in items if one["pk"]["S"].startswith("tick#"))


def test_calls_carry_the_hub_s_time_which_stands(hub: Hub) -> None:
    """Ready at its origin; two requests later it is still that second, in the workers and here."""
    seen = {ask(hub, "POST", "/tiny/now").json()["now"] for _ in range(2)}
    assert seen == {rfc3339(hub.clock.business_now())}
    assert hub.ready.business_origin == ORIGIN


def test_what_follows_from_a_request_has_ended_when_the_clock_has_settled(hub: Hub) -> None:
    """Fifty changes at once: stream, queue and function are through with all of them, and no second has passed."""
    before = hub.clock.business_now()
    with ThreadPoolExecutor(10) as threads:
        list(threads.map(lambda n: ask(hub, "POST", "/tiny/put", json={"pk": f"many-{n}"}), range(50)))
    stepper_of(hub).settle()
    assert [n for n in range(50) if item(hub, f"seen#many-{n}") is None] == []
    assert hub.clock.business_now() == before


def test_a_machine_s_wait_ends_at_its_second_and_its_token_parks_it(hub: Hub) -> None:
    """Two hours later to the second; the answered token ends the execution at the same moment."""
    steps, began = hub.aws.client("stepfunctions"), hub.clock.business_now()
    machine = steps.list_state_machines()["stateMachines"][0]["stateMachineArn"]
    given = json.dumps({"wait_seconds": 7200, "key": "token-1"})
    execution = steps.start_execution(stateMachineArn=machine, name="e1", input=given)["executionArn"]
    stepper_of(hub).until(began + timedelta(hours=2) - timedelta(seconds=1))
    assert item(hub, "token-1") is None
    stepper_of(hub).advance(timedelta(seconds=1))
    steps.send_task_success(taskToken=item(hub, "token-1")["token"], output="{}")
    stepper_of(hub).settle()
    assert steps.describe_execution(executionArn=execution)["status"] == "SUCCEEDED"
    assert hub.clock.business_now() == began + timedelta(hours=2)


def test_a_schedule_comes_at_each_of_its_times(hub: Hub) -> None:
    """rate(10 minutes), for three hours: eighteen calls, ten minutes apart to the second."""
    known = ticks(hub)
    stepper_of(hub).advance(timedelta(hours=3))
    new = [tick for tick in ticks(hub) if tick not in known]
    assert len(new) == 18
    assert {later - earlier for earlier, later in pairwise(new)} == {TICK}


def test_a_schedule_that_rests_is_left_alone_until_its_moment(hub: Hub) -> None:
    """It says that nothing of its own is due for a day: the day passes without it, then it is called at its time."""
    rest = hub.clock.business_now() + timedelta(days=1)
    hub.aws.client("dynamodb").put_item(TableName=TABLE, Item={"pk": {"S": "rest"}, "until": {"S": rfc3339(rest)}})
    stepper_of(hub).advance(TICK)
    known = ticks(hub)
    stepper_of(hub).until(rest + TICK)
    assert [tick >= rest for tick in ticks(hub) if tick not in known][:1] == [True]
    hub.aws.client("dynamodb").delete_item(TableName=TABLE, Key={"pk": {"S": "rest"}})


def test_a_message_that_is_given_back_comes_again_when_its_visibility_ends(hub: Hub) -> None:
    """Thirty seconds later, not one earlier, however long the machine takes."""
    began = hub.clock.business_now()
    ask(hub, "POST", "/tiny/put", json={"pk": "later#1"})
    stepper_of(hub).until(began + VISIBILITY - timedelta(seconds=1))
    assert item(hub, "seen#later#1") is None
    stepper_of(hub).until(began + VISIBILITY)
    assert item(hub, "seen#later#1")["now"] == rfc3339(began + VISIBILITY)


def test_a_delayed_message_comes_at_its_second(hub: Hub) -> None:
    """DelaySeconds count business time."""
    sqs, began = hub.aws.client("sqs"), hub.clock.business_now()
    url = sqs.get_queue_url(QueueName="hub-tiny-room-changes")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody='{"pk": "delayed"}', DelaySeconds=600)
    stepper_of(hub).advance(timedelta(hours=1))
    assert item(hub, "seen#delayed")["now"] == rfc3339(began + timedelta(seconds=600))


def test_two_machines_and_a_schedule_go_on_in_order_whatever_began_first(hub: Hub) -> None:
    """What is due later is later, though it was begun first."""
    steps, began = hub.aws.client("stepfunctions"), hub.clock.business_now()
    machine = steps.list_state_machines()["stateMachines"][0]["stateMachineArn"]
    for name, seconds in (("late", 900), ("early", 300)):
        steps.start_execution(
            stateMachineArn=machine, name=name, input=json.dumps({"wait_seconds": seconds, "key": name})
        )
    for name, seconds in (("early", 300), ("late", 900)):
        stepper_of(hub).until(began + timedelta(seconds=seconds))
        assert [item(hub, key) is not None for key in ("early", "late")] == [True, name == "late"]


def test_the_clock_is_shown_and_moved_over_the_gateway_s_port(hub: Hub) -> None:
    """What time it is, what is at work, what comes next; a POST answers once the time is reached."""
    shown = ask(hub, "GET", "/_local/clock").json()
    assert (shown["clock"], shown["now"], shown["at_work"]) == ("stepped", rfc3339(hub.clock.business_now()), [])
    assert shown["due"][0]["kind"] == "schedule"
    moved = ask(hub, "POST", "/_local/clock/advance", json={"by": "1h"}).json()
    assert parse_rfc3339(moved["now"]) - parse_rfc3339(moved["from"]) == timedelta(hours=1)
    assert moved["fired"] >= 6
    assert ask(hub, "POST", "/_local/clock/run", json={"at_most": "1h"}).json()["now"] == moved["now"]
    later = (hub.clock.business_now() + timedelta(hours=2)).astimezone().isoformat()
    assert ask(hub, "POST", "/_local/clock/until", json={"moment": later}).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "said"),
    [
        ("POST", "/until", '{"moment": "2026-11-01T00:00"}', 409, "never goes back"),
        ("POST", "/advance", '{"by": "-2h"}', 422, '"2h"'),
        ("POST", "/advance", '{"by": 2}', 422, "/by"),
        ("POST", "/until", '{"moment": "tomorrow"}', 422, "2026-12-01T00:00"),
        ("POST", "/run", "{", 400, "no JSON"),
        ("POST", "/jump", "{}", 404, "/_local/clock/jump"),
        ("GET", "/advance", "", 405, "GET"),
    ],
)
def test_what_the_clock_cannot_do_is_refused_in_words(
    hub: Hub, method: str, path: str, body: str, status: int, said: str
) -> None:
    """problem+json in two languages, with what would be right; business time stays."""
    before = hub.clock.business_now()
    answer = ask(hub, method, f"/_local/clock{path}", data=body)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert " · " in answer.json()["title"]
    assert said in answer.text.replace('\\"', '"')
    assert hub.clock.business_now() == before


def test_no_page_of_another_site_moves_the_clock(hub: Hub) -> None:
    """A browser says where a request comes from; under another name the hub is not there."""
    for headers in ({"origin": "https://example.com"}, {"host": "evil.example:80"}):
        answer = ask(hub, "POST", "/_local/clock/advance", json={"by": "1h"}, headers=headers)
        assert answer.status_code == 403


def test_the_command_shows_and_moves_it(hub: Hub, ready_file: Path) -> None:
    """`hubctl clock`: stdout is the time, stderr what happened and what comes."""
    before = hub.clock.business_now()
    moved = CliRunner().invoke(app, ["clock", "advance", "90m", "--ready-file", str(ready_file)])
    assert moved.exit_code == 0, moved.stderr
    assert datetime.fromisoformat(moved.stdout.strip()) == before + timedelta(minutes=90)
    assert "due things happened" in moved.stderr
    shown = CliRunner().invoke(app, ["clock", "show", "--ready-file", str(ready_file)])
    assert shown.stdout == moved.stdout
    assert "hub-tiny-room-tick" in shown.stderr
