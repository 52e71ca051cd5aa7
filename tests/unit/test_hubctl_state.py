"""What a local hub keeps, seeds and deploys: its key and tokens, its steps, the template's one change."""

import json
import stat
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.edge.auth import verify_token
from hub.kernel.clock import ScaledClock
from hubctl.clock.pace import sleep_until
from hubctl.deploy_local import for_one_machine
from hubctl.seed import Step, platform_apps, read_steps, with_moments
from hubctl.serving import PortTakenError, claim_port
from hubctl.state import LocalState
from hubctl.watch import snapshot


def test_the_key_is_made_once_and_kept_private(tmp_path: Path) -> None:
    """The second start finds the same key, readable by its owner alone."""
    state = LocalState(tmp_path / ".hub")
    first = state.auth_key()
    assert LocalState(tmp_path / ".hub").auth_key() == first
    assert stat.S_IMODE((tmp_path / ".hub" / "auth.key").stat().st_mode) == 0o600
    assert len(bytes.fromhex(first)) == 32


def test_a_local_token_holds_for_its_tenant(tmp_path: Path) -> None:
    """A token signed with the local key is one that the hub accepts."""
    state = LocalState(tmp_path)
    claims = verify_token(state.token("demo", now=datetime.now(UTC)), state.auth_key(), "demo")
    assert (claims["roles"], claims["region"]) == (["administrator"], "base")


def test_a_taken_port_is_named() -> None:
    """The operator learns which port is in use."""
    listener = claim_port()
    port = listener.getsockname()[1]
    with listener, pytest.raises(PortTakenError, match=str(port)):
        claim_port(port)


def test_only_schedules_and_cloudwatch_differ_on_one_machine() -> None:
    """Schedules and scheduled rules are switched off, CloudWatch is left out, the rest is untouched."""
    pattern = {"Type": "AWS::Events::Rule", "Properties": {"EventPattern": {"source": ["hub"]}}}
    template = {
        "Resources": {
            "Pull": {"Type": "AWS::Scheduler::Schedule", "Properties": {"ScheduleExpression": "rate(1 hour)"}},
            "Tick": {"Type": "AWS::Events::Rule", "Properties": {"ScheduleExpression": "rate(1 hour)"}},
            "Rule": pattern,
            "Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": {}},
        },
        "Outputs": {"ApiId": {"Value": "a"}},
    }
    local = for_one_machine(template)
    states = {name: each["Properties"].get("State") for name, each in local["Resources"].items()}
    assert states == {"Pull": "DISABLED", "Tick": "DISABLED", "Rule": None}
    assert (local["Resources"]["Rule"], local["Outputs"]) == (pattern, template["Outputs"])


def test_the_demo_seed_reads() -> None:
    """The seed that ships is well-formed and registers a connection of each channel that has a double."""
    steps = read_steps()
    apps = platform_apps(steps)
    assert apps["wecom"][0]["secret"]
    assert apps["douyin"][0]["app_secret"]


def test_a_seed_with_an_unknown_field_is_refused(tmp_path: Path) -> None:
    """A misspelt field is an error, not a step that does less than meant."""
    path = tmp_path / "seed.json"
    path.write_text(json.dumps([{"path": "/x", "bodi": {}}]))
    with pytest.raises(ValueError, match="bodi"):
        read_steps(path)


def test_the_doubles_know_the_apps_of_the_seed() -> None:
    """What a connection is registered with is what its platform checks."""
    body = {"channel": "wecom", "name": "x", "settings": {"corp_id": "ww1", "secret": "s"}}
    assert platform_apps([Step(path="/c", body=body, connection=True)]) == {"wecom": [body["settings"]]}


def test_moments_of_a_seed_count_from_now() -> None:
    """ "@-24h" is yesterday at this time, wherever it stands; other texts stay as they are."""
    now = datetime(2026, 12, 1, tzinfo=UTC)
    found = with_moments({"shifts": [{"at": "@-24h"}, "@+1h", "@home", 3]}, now)
    expected = [{"at": "2026-11-30T00:00:00.000000Z"}, "2026-12-01T01:00:00.000000Z", "@home", 3]
    assert found == {"shifts": expected}


def test_a_wait_until_a_moment_follows_business_time() -> None:
    """72 s of business time at a scale of 720 are a tenth of a second; a moment that has passed is no wait."""
    origin = datetime(2026, 12, 1, tzinfo=UTC)
    clock = ScaledClock(720, time.time(), origin.timestamp())
    began = time.monotonic()
    sleep_until("2026-12-01T08:01:12+08:00", clock, 720)
    sleep_until("2026-11-30T00:00:00Z", clock, 720)
    assert 0.05 < time.monotonic() - began < 2


def test_a_snapshot_tells_when_a_source_changed(tmp_path: Path) -> None:
    """Editing, adding and removing a source all show; other files do not."""
    (tmp_path / "a.py").write_text("1")
    before = snapshot([tmp_path])
    (tmp_path / "notes.txt").write_text("x")
    assert snapshot([tmp_path]) == before
    (tmp_path / "b.py").write_text("2")
    assert snapshot([tmp_path]) != before
