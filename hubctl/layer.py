"""The layer of dependencies: exactly what the lock file says, for Lambda's machine, cut to what the functions use."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import uv

from hubctl.stamps import Stamps, files_under, hash_inputs

LAYER_ROOT = "/opt/python"
PLATFORMS = {"arm64": "aarch64-manylinux_2_28", "x86_64": "x86_64-manylinux_2_28"}
# Chalice's command line and packager bring these; the app that runs in Lambda imports none of them.
NOT_AT_RUN_TIME = (
    "ansicon", "blessed", "click", "editor", "inquirer", "jinxed", "packaging", "pip", "pycparser", "pyyaml",
    "readchar", "runs", "setuptools", "wcwidth", "wheel", "xmod",
)  # fmt: skip
# botocore describes over 400 services; these are the ones that hub.edge and hub.store call.
SERVICES = ("dynamodb", "events", "kms", "s3", "sqs", "ssm", "stepfunctions", "sts")
# What a place name, a carrier or a time zone would need; numbers alone are parsed here.
UNUSED = (
    "bin", "boto3/examples", "phonenumbers/carrierdata", "phonenumbers/geodata", "phonenumbers/tzdata",
    "chalice/awsclient.py", "chalice/cli", "chalice/deploy", "chalice/templates", "pydantic/v1",
)  # fmt: skip
# botocore reads HTML to write what help() says of a client, a twentieth of a cold start; no function asks for help.
WITHOUT_HELP = {
    "botocore/docs/__init__.py": "DEPRECATED_SERVICE_NAMES = frozenset()\n",
    "botocore/docs/docstring.py": """class LazyLoadedDocstring(str):
    def __new__(cls, *_arguments, **_names):
        return super().__new__(cls)


ClientMethodDocstring = PaginatorDocstring = WaiterDocstring = LazyLoadedDocstring
""",
}
ASKS_ITS_VERSION = ("email_validator-",)  # reads its own metadata when imported
EMPTY = "empty"
APART = ("pdf",)
"""Layers that single functions have beside everybody's: groups of pyproject.toml."""


def architectures(tenants: Path) -> list[str]:
    """The architectures that the tenants run on, arm64 where nothing is said."""
    settings = (tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(tenants.glob("*.toml")))
    return sorted({str(tenant.get("architecture", "arm64")) for tenant in settings})


def stage_empty(root: Path, architecture: str, name: str = "") -> bool:
    """A layer without anything in it, unless a real one is there; answers whether one was staged."""
    part = part_of(name)
    python = root / "build" / part / architecture / "python"
    if python.exists():
        return False
    python.mkdir(parents=True)
    (python / "README").write_text("hubctl build fills this directory\n", encoding="utf-8")
    Stamps(root / "build").write(f"{part}-{architecture}", EMPTY)
    return True


def part_of(name: str) -> str:
    """The folder of a layer under build/: everybody's is `layer`, that of `pdf` is `layer-pdf`."""
    return f"layer-{name}" if name else "layer"


def build_layer(root: Path, architecture: str, *, compile_tree: Callable[[Path, str], None], name: str = "") -> bool:
    """Fill build/layer/<architecture>/python; answers False if it was there already. name: of a group of pyproject.toml
    whose packages make a layer of their own, beside what lies in layers/<name>/fonts.

    Raises subprocess.CalledProcessError when uv can't (no network, or no wheel for the platform).
    """
    stamps, part, fonts = Stamps(root / "build"), f"{part_of(name)}-{architecture}", root / "layers" / name / "fonts"
    files = [root / "uv.lock", Path(__file__), *(files_under(fonts) if name else ())]
    inputs = hash_inputs(root, files, sys.version, architecture)
    target = root / "build" / part_of(name) / architecture
    if not stamps.differ(part, inputs) and target.exists():
        return False
    shutil.rmtree(target, ignore_errors=True)
    install(root, target / "python", platform=PLATFORMS[architecture], group=name)
    if name:
        shutil.copytree(fonts, target / "fonts")
    else:
        trim(target / "python")
    compile_tree(target / "python", LAYER_ROOT)
    stamps.write(part, inputs)
    return True


def install(
    root: Path, target: Path, *, platform: str, skipped: tuple[str, ...] = NOT_AT_RUN_TIME, group: str = ""
) -> None:
    """The locked wheels of that platform into `target`, each checked against its hash; of a group, its own alone."""
    requirements = root / "build" / "requirements.txt"
    requirements.parent.mkdir(parents=True, exist_ok=True)
    leave_out = [flag for name in skipped for flag in ("--no-emit-package", name)]
    only_ours = ["--frozen", "--no-emit-project", *(["--only-group", group] if group else ["--no-default-groups"])]
    _uv(root, "export", "--format", "requirements-txt", *only_ours, *leave_out, "-o", str(requirements))
    wheels = ["--only-binary", ":all:", "--no-deps", "--require-hashes", "-r", str(requirements)]
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    where = ["--target", str(target), "--python-platform", platform, "--python-version", python]
    _uv(root, "pip", "install", *where, *wheels)


def trim(python: Path) -> None:
    """Away with other services' descriptions, tests, metadata that nothing reads, what only a console uses, and help
    texts of clients."""
    data = python / "botocore" / "data"
    for service in data.iterdir():
        if service.is_dir() and service.name not in SERVICES:
            shutil.rmtree(service)
    metadata = (path for path in python.glob("*.dist-info") if not path.name.startswith(ASKS_ITS_VERSION))
    for unused in (*(python / name for name in UNUSED), *python.glob("**/tests"), *metadata):
        if unused.is_dir():
            shutil.rmtree(unused)
        else:
            unused.unlink(missing_ok=True)
    for name, source in WITHOUT_HELP.items():
        (python / name).write_text(source, encoding="utf-8")


def _uv(root: Path, *arguments: str) -> None:
    command = [uv.find_uv_bin(), *arguments, "--quiet"]
    subprocess.run(command, cwd=root, capture_output=True, text=True, check=True, timeout=600)
