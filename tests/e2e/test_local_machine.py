"""The machinery of `hubctl dev`, with a tiny room: calls, streams, queues, waits, tokens, schedules, a clean stop."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from hub.kernel.clock import parse_rfc3339
from hubctl.clock.words import Mode
from hubctl.dev import Hub, Options, running_hub
from hubctl.state import ROOT, LocalState
from tests.support.tiny_stack import write_tiny_stack

pytestmark = pytest.mark.e2e

SCALE = 720
ORIGIN = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
TABLE = "hub-tiny-room"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    directory = tmp_path_factory.mktemp("tiny")
    options = Options(
        clock=Mode(SCALE), tenant="tiny", business_origin=ORIGIN, steps=(), state=LocalState(directory / ".hub")
    )
    with running_hub(options, write_tiny_stack(directory)) as running:
        yield running


def post(hub: Hub, path: str, **request: Any) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.post(hub.ready.base_url + path, timeout=30, **request)


def item(hub: Hub, key: str) -> Any:
    return hub.aws.client("dynamodb").get_item(TableName=TABLE, Key={"pk": {"S": key}}).get("Item")


def eventually(found: Callable[[], Any], within_seconds: float = 20) -> Any:
    """What `found` answers once it answers something."""
    deadline = time.monotonic() + within_seconds
    while time.monotonic() < deadline:
        if answer := found():
            return answer
        time.sleep(0.02)
    raise AssertionError(f"nothing within {within_seconds} s")


def test_requests_reach_the_most_specific_route(hub: Hub) -> None:
    """A deployed route with a variable wins over the greedy one, in another bundle."""
    seen = post(hub, "/tiny/front/con_1?sig=a%2Bb").json()
    assert (seen["function"], seen["path_parameters"]) == ("hub-tiny-accept-http", {"connection": "con_1"})
    assert (seen["query"], seen["raw_query"]) == ({"sig": "a+b"}, "sig=a%2Bb")
    assert post(hub, "/tiny/other/x").json()["function"] == "hub-tiny-room-http"


@pytest.mark.parametrize("kind", ["text/xml", "application/json", "application/octet-stream"])
def test_bodies_arrive_byte_for_byte(hub: Hub, kind: str) -> None:
    """A mebibyte that is no UTF-8 reaches the function whole, whatever type it claims."""
    body = b"\xff\xfe\x00" + b"z" * (1 << 20)
    seen = post(hub, "/tiny/body", data=body, headers={"content-type": kind}).json()
    assert (seen["body_bytes"], seen["body_hex"][:6]) == (len(body), "fffe00")


def test_bodies_beyond_the_limit_are_refused(hub: Hub) -> None:
    """Ten mebibytes is an HTTP API's limit."""
    assert post(hub, "/tiny/body", data=b"z" * (10 * 1024 * 1024 + 1)).status_code == 413


def test_failures_are_answered_as_api_gateway_does(hub: Hub) -> None:
    """A function that raises is a 500, one that hangs a 503, an unknown path a 404."""
    statuses = [post(hub, path).status_code for path in ("/tiny/raise", "/tiny/sleep/9", "/unknown")]
    assert statuses == [500, 503, 404]


def test_two_hundred_requests_at_once_are_all_answered(hub: Hub) -> None:
    """A burst waits in line; none is lost."""
    with ThreadPoolExecutor(200) as threads:
        statuses = list(threads.map(lambda n: post(hub, f"/tiny/burst/{n}", data=b"x").status_code, range(200)))
    assert statuses == [200] * 200


def test_a_change_goes_through_stream_and_queue(hub: Hub) -> None:
    """What a request writes is forwarded by the stream and handled from the queue."""
    post(hub, "/tiny/put", json={"pk": "change-1"})
    assert eventually(lambda: item(hub, "seen#change-1"))


def test_business_time_starts_at_its_origin_and_runs_scaled(hub: Hub) -> None:
    """Workers and host agree on the time; it runs 720 times as fast from the origin on."""
    seen = parse_rfc3339(post(hub, "/tiny/now").json()["now"])
    assert hub.ready.business_origin == ORIGIN
    assert seen >= ORIGIN
    assert abs(seen - hub.clock.business_now()) < timedelta(seconds=2 * SCALE)


def test_a_clock_that_runs_by_itself_is_shown_and_not_moved(hub: Hub) -> None:
    """Moving it is refused with the command that would start a stepped hub."""
    shown = requests.get(hub.ready.base_url + "/_local/clock", timeout=30).json()
    assert (shown["clock"], parse_rfc3339(shown["now"]) > ORIGIN) == ("720", True)
    refused = post(hub, "/_local/clock/advance", json={"by": "2h"})
    assert (refused.status_code, "hubctl dev --clock stepped" in refused.text) == (409, True)


def test_a_machine_waits_scaled_catches_by_name_and_parks_on_a_token(hub: Hub) -> None:
    """Two hours pass in ten seconds; an error's name is caught; the token ends the execution."""
    steps = hub.aws.client("stepfunctions")
    machine = steps.list_state_machines()["stateMachines"][0]["stateMachineArn"]
    began = time.monotonic()
    given = json.dumps({"wait_seconds": 7200, "key": "token-1"})
    execution = steps.start_execution(stateMachineArn=machine, name="e1", input=given)["executionArn"]
    token = eventually(lambda: item(hub, "token-1"), within_seconds=30)["token"]["S"]
    assert time.monotonic() - began >= 7200 / SCALE
    steps.send_task_success(taskToken=token, output="{}")
    done = lambda: steps.describe_execution(executionArn=execution)["status"] == "SUCCEEDED"  # noqa: E731
    assert eventually(done)


def test_schedules_fire_in_business_time_only(hub: Hub) -> None:
    """rate(10 minutes) comes each second or so at this scale, and never from the deployed rule."""

    def ticks() -> list[str]:
        items = hub.aws.client("dynamodb").scan(TableName=TABLE)["Items"]
        return [each["pk"]["S"] for each in items if each["pk"]["S"].startswith("tick#")]

    assert eventually(lambda: len(ticks()) >= 2)
    assert all("2026-12-01T" in tick or "2026-12-02T" in tick for tick in ticks())
    rules = hub.aws.client("events").list_rules()["Rules"]
    assert [rule["State"] for rule in rules] == ["DISABLED"]


def test_logs_lie_in_the_functions_log_groups(hub: Hub) -> None:
    """What a function said can be read where operators look for it."""
    post(hub, "/tiny/raise")
    logs = hub.aws.client("logs")
    found = logs.filter_log_events(logGroupName="/aws/lambda/hub-tiny-room-http", filterPattern="TinyRefused")
    assert found["events"]


def test_workers_see_only_the_embedded_aws(hub: Hub) -> None:
    """No AWS setting of the shell reaches a room."""
    names = post(hub, "/tiny/env").json()["aws_variables"]
    assert "AWS_PROFILE" not in names
    assert "AWS_SESSION_TOKEN" not in names


def start_apart(directory: Path, *arguments: str) -> subprocess.Popen[str]:
    """A tiny hub in a process of its own, which prints its ready JSON on one line."""
    command = [sys.executable, "-m", "tests.support.tiny_hub", str(directory), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)


def listens(url: str) -> bool:
    host, port = url.removeprefix("http://").split(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


def test_sigterm_leaves_no_port_and_no_process(tmp_path: Path) -> None:
    """A hub that is told to stop ends by itself, with its ports and its workers."""
    process = start_apart(tmp_path)
    assert process.stdout is not None
    ready = json.loads(process.stdout.readline())
    urls = [ready["base_url"], ready["platforms_url"], ready["aws_url"]]
    assert all(listens(url) for url in urls)
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert not any(listens(url) for url in urls)
    assert not [pid for pid in ready["pids"] if Path(f"/proc/{pid}").exists()]


def test_two_hubs_run_side_by_side_and_a_killed_one_leaves_no_worker(tmp_path: Path) -> None:
    """No port is fixed, so a second hub starts beside the first; workers end by themselves when their hub is gone."""
    processes = [start_apart(tmp_path / name) for name in ("one", "two")]
    readies = [json.loads(process.stdout.readline()) for process in processes if process.stdout]
    assert len({ready["base_url"] for ready in readies}) == 2
    for process in processes:
        process.kill()
        process.wait(10)
    pids = [pid for ready in readies for pid in ready["pids"]]
    assert pids
    assert eventually(lambda: not [pid for pid in pids if Path(f"/proc/{pid}").exists()])


def test_a_failed_deployment_names_the_resource(tmp_path: Path) -> None:
    """The operator reads which resource failed and why, and nothing is left running."""
    process = start_apart(tmp_path, "broken")
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "Bad (AWS::CloudWatch" not in errors
    assert "Bad (AWS::KMS::Alias)" in errors
