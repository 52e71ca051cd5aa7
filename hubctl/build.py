"""`hubctl build`: a bundle a function, each with the manifest read off its room, and the layer of dependencies.

build/<function>/            the room's package, `hub`, nothing else; bytecode beside the sources
build/layer/<arch>/python/   what the lock file says the functions run on, cut to what they use
build/layer-pdf/<arch>/      what the function that prints needs beside it: its packages and the font

A second run with the same inputs does nothing: build/.stamps/ holds the hash of what each part was made from.
"""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hubctl import layer
from hubctl.failures import OperatorError
from hubctl.stamps import ROOT, Stamps, files_under, hash_inputs, locked

IGNORED = shutil.ignore_patterns("__pycache__", "*.pyc", ".DS_Store")
TASK_ROOT = "/var/task"  # where Lambda unpacks a bundle: tracebacks name files as they lie there
WITH_FLOWS = ("tickets",)
READ_MANIFESTS = """
import importlib, json, sys
manifests = {}
for function, module, attribute in json.loads(sys.argv[1]):
    source = getattr(importlib.import_module(module), attribute)
    manifest = manifests[function] = dict(source) if attribute == "MANIFEST" else source.manifest()
    for entry in manifest["entries"]:
        where, _, name = entry["handler"].rpartition(".")
        if not callable(getattr(importlib.import_module(where), name, None)):
            sys.exit(f"{function}: no handler {entry['handler']} for entry {entry['name']}")
print(json.dumps(manifests))
"""


class BuildError(OperatorError):
    """A bundle or the layer could not be built; the message says what to change."""


@dataclass(frozen=True)
class Built:
    """What lies in `directory` now. `fresh` is False when nothing had changed since the last build."""

    directory: Path
    functions: tuple[str, ...]
    fresh: bool


def build(root: Path = ROOT, *, local: bool = False) -> Built:
    """Stage every bundle and the layer of each architecture that a tenant asks for.

    `local` leaves the layer out: on one machine the functions run from the source tree. Raises BuildError.
    """
    with locked(root / "build"):
        functions = find_functions(root)
        fresh = _refresh_bundles(root, functions)
        for architecture in layer.architectures(root / "infra" / "tenants"):
            for name in ("", *layer.APART):
                stage = layer.stage_empty if local else _build_layer
                fresh |= stage(root, architecture, name)
    return Built(root / "build", tuple(functions), fresh)


def _refresh_bundles(root: Path, functions: dict[str, Path]) -> bool:
    stamps, inputs = Stamps(root / "build"), hash_inputs(root, _bundle_files(root), sys.version)
    if not stamps.differ("bundles", inputs) and all((root / "build" / name).exists() for name in functions):
        return False
    _build_bundles(root, functions)
    stamps.write("bundles", inputs)
    return True


def find_functions(root: Path) -> dict[str, Path]:
    """Function name → the package it is made of: each room (a package with an app.py), and accept."""
    rooms = {path.parent.name: path.parent for path in sorted((root / "functions").glob("*/app.py"))}
    accept = root / "functions" / "webhooks" / "accept.py"
    return ({"accept": accept.parent} if accept.exists() else {}) | rooms


def read_manifests(root: Path, functions: dict[str, Path]) -> dict[str, Any]:
    """Each function's manifest, read in a process of its own; raises BuildError if a handler isn't there."""
    sources = [
        (name, f"functions.{package.name}.accept", "MANIFEST")
        if name == "accept"
        else (name, f"functions.{package.name}.app", "room")
        for name, package in functions.items()
    ]
    done = subprocess.run(
        [sys.executable, "-c", READ_MANIFESTS, json.dumps(sources)],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if done.returncode:
        raise BuildError(f"the rooms' manifests can't be read:\n{done.stderr.strip()}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def own_imports(package: Path, module: str) -> set[str]:
    """The modules of the package that `module` needs: itself, and what it and they import of it, read off the text."""
    needed, ahead = {"__init__"}, {module}
    while ahead:
        needed |= ahead
        ahead = {name for ahead_module in ahead for name in _imported(package, ahead_module)} - needed
    return needed


def _imported(package: Path, module: str) -> set[str]:
    tree = ast.parse((package / f"{module}.py").read_text(encoding="utf-8"))
    prefix = f"functions.{package.name}"
    named = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module]
    full = {f"{node.module}.{alias.name}" for node in named for alias in node.names}
    full |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    parts = {name.removeprefix(f"{prefix}.").split(".")[0] for name in full if name.startswith(f"{prefix}.")}
    return {part for part in parts if (package / f"{part}.py").exists()}


def compile_tree(tree: Path, prefix: str) -> None:
    """Bytecode beside the sources, trusted without a look at them: Lambda's file times mean nothing."""
    flags = ["-q", "-j", "0", "--invalidation-mode", "unchecked-hash", "-s", str(tree), "-p", prefix]
    done = subprocess.run(
        [sys.executable, "-m", "compileall", *flags, str(tree)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BuildError(f"{tree} doesn't compile:\n{done.stdout.strip()}")


def _bundle_files(root: Path) -> list[Path]:
    sources = [path for part in ("functions", "hub") for path in files_under(root / part)]
    return [*sources, *files_under(root / "statemachines" / "flows"), Path(__file__)]


def _build_bundles(root: Path, functions: dict[str, Path]) -> None:
    manifests = read_manifests(root, functions)
    staging = root / "build" / ".staging"
    shutil.rmtree(staging, ignore_errors=True)
    for name, package in functions.items():
        bundle = staging / name
        _stage_code(root, bundle, name, package)
        text = json.dumps(manifests[name], indent=2, ensure_ascii=False, sort_keys=True)
        (bundle / "manifest.json").write_text(text + "\n", encoding="utf-8")
        compile_tree(bundle, TASK_ROOT)
        shutil.rmtree(root / "build" / name, ignore_errors=True)
        bundle.rename(root / "build" / name)
    staging.rmdir()
    for manifest in (root / "build").glob("*/manifest.json"):
        if manifest.parent.name not in functions:  # a room that is gone
            shutil.rmtree(manifest.parent)


def _stage_code(root: Path, bundle: Path, name: str, package: Path) -> None:
    room = bundle / "functions" / package.name
    room.mkdir(parents=True)
    shutil.copy(root / "functions" / "__init__.py", bundle / "functions")
    shutil.copytree(root / "hub", bundle / "hub", ignore=IGNORED)
    if name == "accept":
        for module in sorted(own_imports(package, "accept")):
            shutil.copy(package / f"{module}.py", room)
        return
    shutil.copytree(package, room, ignore=IGNORED, dirs_exist_ok=True)
    flows = root / "statemachines" / "flows"
    if name in WITH_FLOWS and flows.exists():
        shutil.copytree(flows, bundle / "statemachines" / "flows", ignore=IGNORED)


def _build_layer(root: Path, architecture: str, name: str) -> bool:
    try:
        return layer.build_layer(root, architecture, compile_tree=compile_tree, name=name)
    except subprocess.CalledProcessError as error:
        raise BuildError(f"the layer for {architecture} can't be built:\n{error.stderr}") from error
