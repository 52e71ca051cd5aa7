"""`hubctl dev` as an integrator runs it: the ready file, a port that is taken, a second start, a clean stop."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from typer.testing import CliRunner

from hub.channels.registry import inbound_channels, samples
from hubctl.cli import app
from hubctl.state import ROOT

HUBCTL = Path(sys.executable).with_name("hubctl")
START_SECONDS = 180.0
STOP_SECONDS = 20.0
PATIENCE_SECONDS = 20.0


@dataclass
class Running:
    """A hub in a process of its own: what its ready file says, and the file with what it said to people."""

    process: subprocess.Popen[bytes]
    ready_file: Path
    ready: dict[str, Any]
    said: Path


def start(directory: Path) -> Running:
    """Starts a hub on a free port and waits for its ready file. Fails with what it said."""
    ready_file, said = directory / "deep" / "ready.json", directory / "said.txt"
    command = [str(HUBCTL), "dev", "--port", "0", "--clock", "720", "--ready-file", str(ready_file)]
    with said.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output, preexec_fn=_hear_ctrl_c)
    deadline = time.monotonic() + START_SECONDS
    while not ready_file.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            pytest.fail(f"the hub did not start:\n{said.read_text(errors='replace')[-4000:]}")
        time.sleep(0.1)
    return Running(process, ready_file, json.loads(ready_file.read_text()), said)


def _hear_ctrl_c() -> None:
    """Where the tests run in the background, a shell lets what they start ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def read(hub: Running, path: str) -> Any:
    """What a GET with the ready file's token answers."""
    headers = {"Authorization": f"Bearer {hub.ready['token']}"}
    answer = requests.get(hub.ready["base_url"] + path, headers=headers, timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture(scope="module", name="hub")
def _hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = start(tmp_path_factory.mktemp("dev"))
    yield running
    running.process.send_signal(signal.SIGTERM)
    running.process.wait(STOP_SECONDS)


def test_the_ready_file_holds_what_a_sender_needs(hub: Running) -> None:
    """URLs, an administrator's token that is let in, and each connection with the secrets that its platform knows."""
    ready = hub.ready
    assert (ready["tenant"], ready["clock"]) == ("demo", "720")
    assert read(hub, "/auth/me")["roles"] == ["administrator"]
    assert requests.get(f"{ready['platforms_url']}/_control/recorded", timeout=30).status_code == 200
    secrets = {"wecom": ("token", "encoding_aes_key", "corp_id"), "douyin": ("app_key", "app_secret")}
    connections = {connection["channel"]: connection for connection in ready["connections"]}
    assert set(connections) == set(inbound_channels())
    for channel, names in secrets.items():
        assert connections[channel]["webhook_url"].endswith(f"/webhooks/{channel}/{connections[channel]['id']}")
        assert all(connections[channel]["settings"][name] for name in names)


def test_the_ready_file_is_its_owners_alone(hub: Running) -> None:
    """It holds a token and secrets."""
    assert hub.ready_file.stat().st_mode & 0o077 == 0


def test_the_example_writes_as_wecom_would(hub: Running, tmp_path: Path) -> None:
    """The script that people are told to try is answered 200, and its message opens a ticket."""
    (tmp_path / ".hub").mkdir()
    (tmp_path / ".hub" / "ready.json").write_text(json.dumps(hub.ready))
    command = [sys.executable, str(ROOT / "examples" / "send_wecom_text.py"), "冰柜不制冷"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.startswith("200"), done.stderr
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (tickets := read(hub, "/tickets")["data"]) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert [ticket["title"]["zh"] for ticket in tickets] == ["紧急维修"]


def test_the_examples_of_an_integrator_are_taken(hub: Running) -> None:
    """A system's own event and a relay's line, sent by the published scripts: yes, and the id to acknowledge."""
    known = {connection["channel"]: connection for connection in hub.ready["connections"]}
    relay, own = known["relay"], known["open"]
    sent = example("send_open_event.py", own["webhook_url"], HUB_SECRET=own["settings"]["secret"])
    assert (sent.returncode, sent.stdout) == (0, '200 {"ok":true}\n')
    line = {"id": "7001", "topic": "pdd_goods_GoodsOffShelf", "shop_id": "100000002", "pub_time": "1767242700000"}
    line["content"] = '{"mall_id":"100000002","goods_id":"5"}'
    where = {"HUB_RELAY_URL": relay["webhook_url"], "HUB_RELAY_SECRET": relay["settings"]["relay_secret"]}
    relayed = example("relay.py", "--source", "pdd-pmc", said=json.dumps(line), **where)
    assert (relayed.returncode, relayed.stdout) == (0, "7001\n"), relayed.stderr


def example(name: str, *arguments: str, said: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """What a script of examples/ does with these arguments, on its standard input `said`."""
    command = [sys.executable, str(ROOT / "examples" / name), *arguments]
    env = {**os.environ, **environment}
    return subprocess.run(command, input=said, env=env, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("channel", inbound_channels())
def test_a_sample_of_every_channel_works_at_once(hub: Running, channel: str) -> None:
    """Each channel has a connection: `hubctl sample` finds it by the ready file, and its platform's yes comes back."""
    name = samples(channel)[0]["name"]
    done = CliRunner().invoke(app, ["sample", channel, name, "--ready-file", str(hub.ready_file)])
    assert done.exit_code == 0, done.stderr
    assert "answered   200" in done.stderr


def test_a_taken_port_is_one_line_and_leaves_the_running_hub_alone(hub: Running) -> None:
    """A second hub on the same port says what to do, exits 1, and the first one's ready file stays."""
    port = hub.ready["base_url"].rpartition(":")[2]
    command = [str(HUBCTL), "dev", "--port", port, "--ready-file", str(hub.ready_file)]
    second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert second.returncode == 1
    assert second.stderr.splitlines()[-1].endswith("is in use: choose another with --port (0: any free one)")
    assert "Traceback" not in second.stderr
    assert json.loads(hub.ready_file.read_text()) == hub.ready


def test_a_second_start_skips_the_build_and_the_synthesis_and_stops_without_a_trace(
    hub: Running, tmp_path: Path
) -> None:
    """Nothing has changed, so nothing is made anew; after Ctrl-C neither port nor ready file is left."""
    del hub  # the first start
    second = start(tmp_path)
    said = second.said.read_text()
    assert "build skipped" in said
    assert "synthesis skipped" in said
    second.process.send_signal(signal.SIGINT)
    assert second.process.wait(STOP_SECONDS) == 0
    assert not second.ready_file.exists()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(second.ready["base_url"].rpartition(":")[2])))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("token", "--role", "nobody"), "no role nobody"),
        (("dev", "--port", "0", "--tenant", "../x"), "can't be a tenant's id"),
        (("synth", "--tenant", "unknown"), "there is no tenant unknown"),
        (("dev", "--clock", "fast"), 'must be "real", "stepped", or'),
        (("clock", "advance", "-2h"), "goes back, and business time never does"),
        (("clock", "advance", "soon"), 'e.g. "2h"'),
        (("clock", "show", "--ready-file", "nowhere.json"), "hubctl dev --clock stepped"),
    ],
)
def test_what_an_operator_gets_wrong_is_said_in_one_line(arguments: tuple[str, ...], said: str) -> None:
    """No traceback: what is wrong and what to do."""
    done = subprocess.run([str(HUBCTL), *arguments], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_token_is_all_that_goes_to_stdout() -> None:
    """`$(hubctl token …)` works in a shell: one line, the three parts of a JWT."""
    command = [str(HUBCTL), "token", "--role", "agent", "--region", "310000", "--sub", "amy"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert (done.stderr, done.stdout.count("\n"), done.stdout.count(".")) == ("", 1, 2)
