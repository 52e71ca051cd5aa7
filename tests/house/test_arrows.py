"""Who may use what, file by file: what import-linter's layers do not say."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.channels.registry import CHANNELS

ROOT = Path(__file__).parents[2]
SOURCES = sorted(p for folder in ("functions", "hub", "infra", "hubctl") for p in (ROOT / folder).rglob("*.py"))
WIRING = ("app.py", "accept.py", "settings.py", "tables.py", "steps.py", "desk.py", "room.py", "machines.py")
AWS = {"boto3", "botocore", "pynamodb"}
OUTWARD = {"requests", "urllib3", "httpx"}


def imported(path: Path) -> Iterator[str]:
    """The dotted names that a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def tops(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in imported(path)}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def is_pure(name: str) -> bool:
    """Whether the file is one of those that decide and touch nothing."""
    parts = name.split("/")
    if parts[0] == "functions" and len(parts) >= 3:
        outer = parts[-1] in WIRING or parts[-1].endswith(("_port.py", "_table.py"))
        return not outer and parts[2] not in ("api", "handlers")
    if parts[:2] == ["hub", "channels"] and len(parts) == 4:
        return parts[3] in ("codec.py", "inbound.py")
    return parts[:2] in (["hub", "kernel"], ["hub", "rules"], ["hub", "contracts"])


@pytest.mark.parametrize("path", [p for p in SOURCES if is_pure(name_of(p))], ids=name_of)
def test_pure_files_touch_neither_aws_nor_http_nor_chalice(path: Path) -> None:
    """A file that holds decisions imports no AWS, no HTTP, no Chalice, and reads neither the clock nor chance."""
    assert not tops(path) & (AWS | OUTWARD | {"chalice", "random", "secrets", "os"})
    text = path.read_text(encoding="utf-8")
    clock_words = ("datetime.now(", "utcnow(", "time.monotonic(", "uuid4(")
    assert not [word for word in clock_words if word in text]


@pytest.mark.parametrize(
    "folder", [ROOT / "hub" / "channels" / name for name in CHANNELS], ids=lambda folder: folder.name
)
def test_a_channel_imports_no_other_channel(folder: Path) -> None:
    """What two channels share lies beside their folders; a new channel changes nothing here."""
    channels = {f"hub.channels.{name}" for name in CHANNELS}
    others = channels - {f"hub.channels.{folder.name}"}
    strays = {
        f"{name_of(path)}: {name}"
        for path in folder.rglob("*.py")
        for name in imported(path)
        if ".".join(name.split(".")[:3]) in others
    }
    assert strays == set()


@pytest.mark.parametrize(
    ("package", "allowed"),
    [
        ("chalice", ("functions/*/app.py", "functions/*/accept.py", "hub/edge/*")),
        ("pynamodb", ("functions/*/tables.py", "functions/*/*_table.py", "functions/*/*_port.py", "hub/store/*")),
        ("boto3", ("functions/*/tables.py", "hub/store/*", "hub/edge/*", "hubctl/*")),
        ("requests", ("hub/channels/client.py", "hub/channels/*/client.py", "hubctl/*")),
    ],
)
def test_a_library_is_used_only_where_it_belongs(package: str, allowed: tuple[str, ...]) -> None:
    """Chalice, PynamoDB, boto3 and requests each stay in their places."""
    users = [path for path in SOURCES if package in tops(path)]
    strays = [name_of(p) for p in users if not any(p.relative_to(ROOT).match(pattern) for pattern in _deep(allowed))]
    assert strays == []


def _deep(patterns: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(deep for pattern in patterns for deep in (pattern, pattern.replace("/*", "/*/*", 1)))


def test_the_environment_is_read_in_one_place() -> None:
    """`os.environ` stands in hub.edge.settings, in the lean front door's own settings, and in hubctl."""
    readers = {
        name_of(p) for p in SOURCES if "os.environ" in p.read_text("utf-8") or "os.getenv" in p.read_text("utf-8")
    }
    inside = {name for name in readers if name.startswith(("functions/", "hub/"))}
    assert inside <= {"hub/edge/settings.py", "functions/webhooks/settings.py"}


def test_every_contract_event_has_a_producer_and_a_consumer() -> None:
    """No event is said that nobody hears, or awaited that nobody says."""
    from importlib import import_module

    from hub.contracts.events import all_events, event_types
    from hubctl.reference import ROOMS

    heard = {
        kind
        for room in ROOMS
        for entry in import_module(f"functions.{room}.app").room.manifest()["entries"]
        for kind in entry.get("subscriptions", ())
    }
    rooms_and_channels = "".join(
        p.read_text("utf-8") for p in SOURCES if name_of(p).startswith(("functions/", "hub/channels/"))
    )
    said = {cls.model_fields["type"].default for cls in all_events() if f"{cls.__name__}(" in rooms_and_channels}
    assert heard == said == set(event_types())


def test_every_handler_in_a_manifest_exists() -> None:
    """What the stack will call can be imported by the name that the manifest gives."""
    from importlib import import_module

    from functions.webhooks import accept
    from hubctl.reference import ROOMS

    manifests = [accept.MANIFEST, *(import_module(f"functions.{room}.app").room.manifest() for room in ROOMS)]
    for entry in (entry for manifest in manifests for entry in manifest["entries"]):
        module, _, attribute = entry["handler"].rpartition(".")
        assert callable(getattr(import_module(module), attribute)), entry["handler"]
