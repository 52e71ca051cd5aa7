"""What holds of every tenant's template as a whole."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.infra.conftest import Template, read_template

TENANTS = ("demo", "full", "shared")
LINTED_NOT = "W3005"  # CDK says twice that a function needs its role


@pytest.mark.parametrize("tenant", TENANTS)
def test_no_partition_is_written_out(assembly: Path, tenant: str) -> None:
    """The same template deploys into aws and aws-cn: no ARN of ours names a partition."""
    text = read_template(assembly, tenant).path.read_text(encoding="utf-8")
    assert "arn:aws:" not in text
    assert "amazonaws.com.cn" not in text


@pytest.mark.parametrize("tenant", TENANTS)
def test_cfn_lint_finds_nothing(assembly: Path, tenant: str) -> None:
    """CloudFormation would take the template, as far as cfn-lint can tell."""
    path = read_template(assembly, tenant).path
    lint = [str(Path(sys.executable).with_name("cfn-lint")), "--ignore-checks", LINTED_NOT, "--", str(path)]
    done = subprocess.run(lint, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_cdk_nag_finds_nothing(assembly: Path) -> None:
    """AWS's own checks find nothing that isn't acknowledged with its reason."""
    report = json.loads((assembly / "validation-report.json").read_text(encoding="utf-8"))
    assert [plugin.get("violations", []) for plugin in report["pluginReports"]] in ([], [[]])


def test_a_stack_keeps_far_from_the_limit_of_resources(full: Template) -> None:
    """CloudFormation takes 500 resources and 1 MB a template; a stack with everything on keeps a fifth free."""
    assert len(full.body["Resources"]) <= 330
    assert full.path.stat().st_size <= 800_000


def test_the_outputs_say_where_the_hub_is(demo: Template, full: Template) -> None:
    """A deployment tells its API, its address; with a domain, the name to point it at; with a NAT, its elastic IP."""
    assert sorted(demo.body["Outputs"]) == ["ApiId", "ApiUrl"]
    assert sorted(full.body["Outputs"]) == ["ApiId", "ApiUrl", "DomainTarget", "EgressAddress"]
    assert full.body["Outputs"]["ApiUrl"]["Value"] == "https://hub.example.com"


def test_data_outlives_its_stack_unless_a_tenant_says_otherwise(demo: Template, full: Template) -> None:
    """Tables and key are kept when the stack goes, but where keep_data is false."""
    for template, policy in ((demo, "Retain"), (full, "Delete")):
        kinds = ("AWS::DynamoDB::Table", "AWS::KMS::Key")
        kept = [r for r in template.body["Resources"].values() if r["Type"] in kinds]
        assert {resource["DeletionPolicy"] for resource in kept} == {policy}
    protection = {table["DeletionProtectionEnabled"] for table in demo.of("AWS::DynamoDB::Table").values()}
    assert protection == {True}
