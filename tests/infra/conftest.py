"""One synthesis a session: the demo tenant, and one that turns every parameter on."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hubctl.synth import node_environment
from tests.support.manifests import write_build

ROOT = Path(__file__).parents[2]
FULL = """
id = "full"
name = "全部打开 Everything On"
region = "cn-north-1"
timezone = "Asia/Urumqi"
keep_data = false
[domain]
name = "hub.example.com"
certificate_arn = "arn:aws-cn:acm:cn-north-1:111122223333:certificate/0000"
[egress]
kind = "nat"
[warmth]
kind = "provisioned"
instances = 2
[limits]
accept_concurrency = 50
[concurrency]
webhooks-changes = 40
[alarms]
email = "ops@example.com"
[verify_files]
"WW_verify_abc.txt" = "abc"
"""
SHARED = """
id = "shared"
name = "共享网络 Shared Network"
architecture = "x86_64"
[egress]
kind = "shared"
vpc_id = "vpc-0123456789abcdef0"
subnet_ids = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
availability_zones = ["us-east-1a", "us-east-1b"]
security_group_id = "sg-0123456789abcdef0"
[warmth]
kind = "ping"
"""


@dataclass(frozen=True)
class Template:
    """A synthesised template and the ways in which tests look at it."""

    path: Path
    body: dict[str, Any]

    def of(self, kind: str) -> dict[str, dict[str, Any]]:
        """Properties of all resources of a type, by logical id."""
        return {
            name: resource.get("Properties", {})
            for name, resource in self.body["Resources"].items()
            if resource["Type"] == kind
        }

    def named(self, kind: str, field: str) -> dict[str, dict[str, Any]]:
        """Properties of all resources of a type, by their name in AWS."""
        return {properties[field]: properties for properties in self.of(kind).values()}

    def statements(self, role: str) -> list[dict[str, Any]]:
        """What the role of that name is allowed."""
        policies = self.named("AWS::IAM::Role", "RoleName")[role]["Policies"]
        return [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]

    def target(self, reference: Any) -> dict[str, Any]:
        """Properties of what a Ref or a GetAtt points at."""
        name = reference["Ref"] if "Ref" in reference else reference["Fn::GetAtt"][0]
        return dict(self.body["Resources"][name]["Properties"])


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def plain(value: Any) -> str:
    """An ARN of the template with its references between angle brackets."""
    if isinstance(value, str):
        return value
    if "Fn::Join" in value:
        return "".join(plain(part) for part in value["Fn::Join"][1])
    return f"<{value['Ref'] if 'Ref' in value else '.'.join(value['Fn::GetAtt'])}>"


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The cloud assembly of all tenants; cdk-nag's findings would stop it here."""
    place = tmp_path_factory.mktemp("infra")
    tenants = place / "tenants"
    tenants.mkdir()
    shutil.copy(ROOT / "infra" / "tenants" / "demo.toml", tenants)
    (tenants / "full.toml").write_text(FULL, encoding="utf-8")
    (tenants / "shared.toml").write_text(SHARED, encoding="utf-8")
    places = ["--tenants", str(tenants), "--build", str(write_build(place / "build")), "--out", str(place / "out")]
    done = subprocess.run(
        [sys.executable, "-m", "infra.app", *places],
        cwd=ROOT,
        env=node_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-8000:]
    yield place / "out"
    shutil.rmtree(place)


def read_template(assembly: Path, tenant: str) -> Template:
    path = assembly / f"hub-{tenant}.template.json"
    return Template(path, json.loads(path.read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def demo(assembly: Path) -> Template:
    return read_template(assembly, "demo")


@pytest.fixture(scope="session")
def full(assembly: Path) -> Template:
    return read_template(assembly, "full")


@pytest.fixture(scope="session")
def shared(assembly: Path) -> Template:
    return read_template(assembly, "shared")
