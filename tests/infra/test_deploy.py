"""`hubctl deploy`: the checked assembly goes to the tenant's region, and its signing key is made once."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from hub.edge.auth import Principal, verify_token
from hubctl.deploy import CDK, DeployError, ensure_auth_key, read_auth_keys, run_cdk
from hubctl.state import sign


def test_cdk_deploys_the_tenants_assembly_into_its_region(tmp_path: Path) -> None:
    """One pinned CDK, one stack, the region of the tenant's file whatever the shell says."""
    calls: list[tuple[Sequence[str], Mapping[str, str]]] = []

    def run(command: Sequence[str], environment: Mapping[str, str]) -> int:
        calls.append((command, environment))
        return 0

    run_cdk("demo", tmp_path, "cn-north-1", run=run)
    ((command, environment),) = calls
    assert list(command[1:7]) == ["--yes", CDK, "deploy", "hub-demo", "--app", str(tmp_path)]
    assert (environment["AWS_REGION"], environment["AWS_DEFAULT_REGION"]) == ("cn-north-1", "cn-north-1")


def test_a_deployment_that_failed_is_an_error(tmp_path: Path) -> None:
    """The command does not go on to the signing key of a stack that is not there."""
    with pytest.raises(DeployError, match="hub-demo"):
        run_cdk("demo", tmp_path, "us-east-1", run=lambda *_: 1)


def test_the_signing_key_is_made_once_and_never_replaced() -> None:
    """A second deployment would sign everybody out if it made a new key."""
    with mock_aws():
        ssm = boto3.client("ssm", region_name="us-east-1")
        assert ensure_auth_key(ssm, "demo")
        first = ssm.get_parameter(Name="/hub/demo/auth", WithDecryption=True)["Parameter"]
        assert not ensure_auth_key(ssm, "demo")
        assert ssm.get_parameter(Name="/hub/demo/auth", WithDecryption=True)["Parameter"]["Value"] == first["Value"]
    assert first["Type"] == "SecureString"
    assert len(first["Value"]) >= 64


def test_an_operator_signs_with_the_stacks_first_key() -> None:
    """`hubctl token --aws` reads the key with the operator's rights; without a stack it says what it could not read."""
    with mock_aws():
        ssm = boto3.client("ssm", region_name="us-east-1")
        with pytest.raises(DeployError, match="/hub/demo/auth"):
            read_auth_keys(ssm, "demo")
        ensure_auth_key(ssm, "demo")
        key = read_auth_keys(ssm, "demo")
    principal = Principal(sub="root", roles=("administrator",), tenant="demo")
    assert verify_token(sign(key, principal, 1), key, "demo")["sub"] == "root"
