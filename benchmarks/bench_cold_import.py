"""What a cold start spends on imports: our bundles against the same apps as `chalice package` would zip them.

Ours: the bundle and the layer of `hubctl build`, with bytecode, nothing else on the path. Plain: sources of app and
dependencies without bytecode (Chalice's zip has none, and Lambda's disk is read-only, so none is ever written), with
every locked package and all of botocore. Plain Chalice makes one app of the front door and its room, so accept's
counterpart is the app of webhooks.
"""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.harness import Ratio
from hubctl import layer
from hubctl.build import IGNORED, build, compile_tree
from hubctl.stamps import ROOT, Stamps, hash_inputs

ACCEPT_BUDGET = 0.15
ROOM_BUDGET = 0.35
TURNS = 7
MACHINE = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
TIMED = """
import sys, time
sys.path[:0] = {path!r}
start = time.process_time()
import {module}
print(time.process_time() - start)
"""


def run() -> list[Ratio]:
    """Import each bundle's app in fresh processes, ours and plain by turns; the best turn counts."""
    built = build(local=True)
    layer.build_layer(ROOT, MACHINE, compile_tree=compile_tree)
    plain = _plain_zip(ROOT)
    results = []
    for function in built.functions:
        accept = function == "accept"
        ours = [str(built.directory / function), str(built.directory / "layer" / MACHINE / "python")]
        module = "functions.webhooks.accept" if accept else f"functions.{function}.app"
        counterpart = "functions.webhooks.app" if accept else module
        ratio = _ratio((ours, module), ([str(plain)], counterpart))
        budget = ACCEPT_BUDGET if accept else ROOM_BUDGET
        results.append(Ratio(f"cold import of {function} against plain chalice", ratio, budget, False))
    return results


def _ratio(ours: tuple[list[str], str], plain: tuple[list[str], str]) -> float:
    turns = [(_import_seconds(*ours), _import_seconds(*plain)) for _ in range(TURNS)]
    return min(turn[0] for turn in turns) / min(turn[1] for turn in turns)


def _import_seconds(path: list[str], module: str) -> float:
    """Processor seconds of the import in a new process, which reads no site-packages and writes no bytecode."""
    program = TIMED.format(path=path, module=module)
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", program], capture_output=True, text=True, check=True, timeout=120
    )
    return float(done.stdout)


def _plain_zip(root: Path) -> Path:
    """Everything that a plain package unpacks to, in one directory."""
    plain, stamps = root / "build" / "plain", Stamps(root / "build")
    inputs = hash_inputs(root, [root / "uv.lock", Path(__file__)], sys.version)
    if stamps.differ("plain", inputs) or not plain.exists():
        shutil.rmtree(plain, ignore_errors=True)
        layer.install(root, plain, platform=layer.PLATFORMS[MACHINE], skipped=())
        stamps.write("plain", inputs)
    for part in ("functions", "hub", "statemachines"):
        shutil.rmtree(plain / part, ignore_errors=True)
        shutil.copytree(root / part, plain / part, ignore=IGNORED)
    return plain
