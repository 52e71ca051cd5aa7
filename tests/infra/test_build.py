"""`hubctl build`: bundles that hold what they need and nothing else, made again only when something changed."""

import json
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from importlib.util import MAGIC_NUMBER
from pathlib import Path

import pytest

from hubctl.build import IGNORED, ROOT, BuildError, Built, build, find_functions, own_imports, read_manifests
from hubctl.layer import architectures, stage_empty
from infra.manifest import Manifest
from infra.manifest import read_manifests as parse_manifests

ROOMS = ("customers", "directory", "notifications", "outbound", "pricing", "settlement", "tickets", "webhooks")
HEAVY = ("aws_lambda_powertools", "boto3", "pydantic", "pynamodb", "requests")
LIBRARIES = sysconfig.get_path("purelib")
IMPORT = "import importlib, json, sys; sys.path[:0] = {path!r}; [importlib.import_module(m) for m in {modules!r}]; "


def copy_sources(place: Path) -> Path:
    for part in ("functions", "hub", "statemachines", "infra/tenants"):
        shutil.copytree(ROOT / part, place / part, ignore=IGNORED)
    return place


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    place = copy_sources(tmp_path_factory.mktemp("build"))
    yield build(place, local=True)
    shutil.rmtree(place)


def imported(bundle: Path) -> set[str]:
    """The modules there are after all handlers of the bundle were imported, with libraries and the bundle alone."""
    manifest = json.loads((bundle / "manifest.json").read_text(encoding="utf-8"))
    modules = sorted({entry["handler"].rpartition(".")[0] for entry in manifest["entries"]})
    program = IMPORT.format(path=[str(bundle), LIBRARIES], modules=modules) + "print(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("function", ["accept", *ROOMS])
def test_a_bundle_imports_with_nothing_of_ours_beside_it(built: Built, function: str) -> None:
    """Its handlers' modules load from the bundle alone: no other room, no test, no tool is needed."""
    rooms = {name.split(".")[1] for name in imported(built.directory / function) if name.startswith("functions.")}
    assert rooms == {"webhooks" if function == "accept" else function}


def test_the_front_door_stays_lean(built: Built) -> None:
    """accept loads no pydantic, no pynamodb, no requests, no Powertools: its first answer has one second."""
    assert imported(built.directory / "accept").isdisjoint(HEAVY)


def test_the_front_doors_bundle_holds_none_of_its_rooms_code(built: Built) -> None:
    """What faces the platforms alone can't be made to run what works behind it."""
    room = built.directory / "accept" / "functions" / "webhooks"
    assert {path.stem for path in room.glob("*.py")} == own_imports(ROOT / "functions" / "webhooks", "accept")
    assert not (room / "app.py").exists()


def test_every_source_has_bytecode_that_lambda_trusts_unread(built: Built) -> None:
    """Unchecked hashes: Lambda's file times mean nothing, and no source is compiled at a cold start."""
    sources = [path for path in (built.directory / "tickets").rglob("*.py") if path.stat().st_size]
    for source in sources:
        bytecode = source.parent / "__pycache__" / f"{source.stem}.{sys.implementation.cache_tag}.pyc"
        head = bytecode.read_bytes()[:8]
        assert head == MAGIC_NUMBER + (0b01).to_bytes(4, "little")


def test_what_infra_reads_is_what_the_rooms_declare(built: Built) -> None:
    """The real rooms' manifests parse, and no two functions claim one path."""
    manifests = parse_manifests(built.directory)
    assert set(manifests) == {"accept", *ROOMS}
    claimed = [path for manifest in manifests.values() for path in paths(manifest)]
    assert sorted(claimed) == sorted(set(claimed))


def paths(manifest: Manifest) -> list[str]:
    return [path for entry in manifest.entries for path in (*entry.paths, *entry.exact_paths)]


def test_a_second_build_does_nothing_and_a_change_builds_again(tmp_path: Path) -> None:
    """The same inputs are never built twice; one changed line is enough to build."""
    place = copy_sources(tmp_path)
    for room in ROOMS[1:]:
        shutil.rmtree(place / "functions" / room)
    assert build(place, local=True).fresh
    assert not build(place, local=True).fresh
    with (place / "hub" / "kernel" / "ids.py").open("a", encoding="utf-8") as file:
        file.write("# a change\n")
    assert build(place, local=True).fresh
    assert "# a change" in (place / "build" / "customers" / "hub" / "kernel" / "ids.py").read_text(encoding="utf-8")


def test_a_room_that_is_gone_leaves_no_bundle_behind(tmp_path: Path) -> None:
    """What was built from a room that no longer exists would be deployed for ever."""
    place = copy_sources(tmp_path)
    for room in ROOMS[2:]:
        shutil.rmtree(place / "functions" / room)
    build(place, local=True)
    shutil.rmtree(place / "functions" / "directory")
    build(place, local=True)
    assert not (place / "build" / "directory").exists()


def test_a_handler_that_is_not_there_stops_the_build(tmp_path: Path) -> None:
    """Lambda would find out at the first event; the build finds out now, and names it."""
    room = tmp_path / "functions" / "tickets"
    room.mkdir(parents=True)
    (tmp_path / "functions" / "__init__.py").touch()
    manifest = {"function": "tickets", "entries": [{"name": "http", "handler": "functions.tickets.app.gone"}]}
    text = f"class Room:\n    def manifest(self):\n        return {manifest!r}\n\n\nroom = Room()\n"
    (room / "app.py").write_text(text, encoding="utf-8")
    with pytest.raises(BuildError, match=r"no handler functions\.tickets\.app\.gone"):
        read_manifests(tmp_path, find_functions(tmp_path))


def test_the_empty_layer_never_replaces_a_real_one(tmp_path: Path) -> None:
    """A local build leaves a layer that was built for AWS as it is."""
    assert stage_empty(tmp_path, "arm64")
    real = tmp_path / "build" / "layer" / "arm64" / "python" / "chalice"
    real.mkdir()
    assert not stage_empty(tmp_path, "arm64")
    assert real.exists()


def test_layers_are_built_for_the_architectures_that_tenants_chose(tmp_path: Path) -> None:
    """One layer an architecture in use, arm64 where a tenant says nothing."""
    (tmp_path / "one.toml").write_text('id = "one"\n', encoding="utf-8")
    (tmp_path / "two.toml").write_text('architecture = "x86_64"\n', encoding="utf-8")
    assert architectures(tmp_path) == ["arm64", "x86_64"]


def test_the_font_of_what_prints_lies_beside_its_licence() -> None:
    """The layer of the printing function takes both; the font has what a statement says, and stays small."""
    fonts = ROOT / "layers" / "pdf" / "fonts"
    assert "SIL OPEN FONT LICENSE" in (fonts / "OFL.txt").read_text(encoding="utf-8")
    assert (fonts / "NotoSansSC.ttf").stat().st_size < 3_000_000
