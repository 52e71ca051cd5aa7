"""The stack as it goes to AWS, on the embedded AWS's own Lambda executor: real bundles, real layer, no workers of ours.

`python -m tests.support.stock_hub READY_FILE` builds, deploys, writes READY_FILE and serves until SIGTERM.
"""

from __future__ import annotations

import io
import json
import platform
import signal
import subprocess
import sys
import tempfile
import threading
import zipfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from hub.kernel.clock import ScaledClock
from hubctl.aws_host import AwsHost, Invoke
from hubctl.build import build, compile_tree
from hubctl.clock.pace import ScaledPace
from hubctl.deploy_local import deploy, put_auth_key
from hubctl.layer import APART, build_layer
from hubctl.stamps import ROOT, locked
from hubctl.state import LocalState
from hubctl.synth import node_environment, read_assets

TENANT = "stock"
ARCHITECTURE = {"aarch64": "arm64", "arm64": "arm64", "x86_64": "x86_64"}[platform.machine()]
LAYER = ROOT / "build" / "layer" / ARCHITECTURE / "python"
VERIFY_FILE, VERIFY_CONTENT = "WW_verify_Stock0001.txt", "Stock0001"
SYNTH_SECONDS = 300
NOWHERE = "http://127.0.0.1:9"  # the discard port: what the hub would send to a platform ends here


class StockHost(AwsHost):
    """The embedded AWS with nothing replaced: it unzips each function and its layer and runs the handler by name."""

    def _replace(self, invoke: Invoke) -> None:
        """Leaves the executor, and the clock of waits, as they came."""


def build_for_this_machine() -> Path:
    """build/ with every bundle, and the layers of this machine's architecture; none is made twice."""
    built = build(local=True)
    with locked(built.directory):
        for name in ("", *APART):
            build_layer(ROOT, ARCHITECTURE, compile_tree=compile_tree, name=name)
    return built.directory


def synthesise(place: Path, bundles: Path) -> Path:
    """The assembly of a tenant with this machine's architecture; what it would send to platforms goes nowhere."""
    tenants, out = place / "tenants", place / "out"
    tenants.mkdir()
    said = f'id = "{TENANT}"\nname = "原样 Stock"\narchitecture = "{ARCHITECTURE}"\n'
    said += f'[verify_files]\n"{VERIFY_FILE}" = "{VERIFY_CONTENT}"\n'
    (tenants / f"{TENANT}.toml").write_text(said, encoding="utf-8")
    places = ["--tenants", str(tenants), "--build", str(bundles), "--out", str(out), "--unchecked"]
    command = [sys.executable, "-m", "infra.app", *places]
    subprocess.run(command, cwd=ROOT, env=node_environment(), check=True, timeout=SYNTH_SECONDS)
    template = out / f"hub-{TENANT}.template.json"
    text = template.read_text(encoding="utf-8")
    template.write_text(text.replace('"HUB_PLATFORMS_URL": ""', f'"HUB_PLATFORMS_URL": "{NOWHERE}"'), encoding="utf-8")
    return out


def zipped(out: Path, key: str) -> bytes:
    """The zip that CDK would upload for an asset."""
    directory, packed = out / f"asset.{key.removesuffix('.zip')}", io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as file:
        for path in sorted(path for path in directory.rglob("*") if path.is_file()):
            file.write(path, path.relative_to(directory))
    return packed.getvalue()


def start(place: Path, cleanup: ExitStack) -> dict[str, Any]:
    """Everything; what a caller needs of it."""
    out = synthesise(place, build_for_this_machine())
    host = StockHost(place, ScaledPace(ScaledClock))
    cleanup.callback(host.stop)
    host.start(_never)
    state = LocalState(place / "state")
    put_auth_key(host, TENANT, state.auth_key())
    assets = read_assets(out / f"hub-{TENANT}.assets.json")
    deployment = deploy(host, TENANT, out / f"hub-{TENANT}.template.json", assets, lambda key: zipped(out, key))
    return {"endpoint": host.endpoint, "outputs": dict(deployment.outputs), "token": state.token(TENANT)}


def _never(function: str, _event: object) -> Any:
    raise AssertionError(f"{function} was to run on the stock executor")


def main() -> None:
    ready = Path(sys.argv[1])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True, dir=ready.parent) as place, ExitStack() as cleanup:
        tempfile.tempdir = place  # the executor unzips a layer for each function and leaves it there
        ready.write_text(json.dumps(start(Path(place), cleanup)), encoding="utf-8")
        threading.Event().wait()


if __name__ == "__main__":
    main()
