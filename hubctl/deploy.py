"""`hubctl deploy`: the tenant's stack into AWS, and its signing key once.

CDK's command line comes from npm, pinned; the account must have been bootstrapped (`cdk bootstrap`) once a region.
"""

from __future__ import annotations

import secrets
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from hubctl.build import build
from hubctl.failures import OperatorError
from hubctl.stamps import ROOT
from hubctl.synth import node_environment, synthesise
from hubctl.tenants import find_tenant

CDK = "aws-cdk@2.1148.1"  # npm's `latest` was once published by accident and can't read the assembly
KEY_BYTES = 48

Run = Callable[[Sequence[str], Mapping[str, str]], int]


class DeployError(OperatorError):
    """The stack was not deployed; CDK has said why."""


def deploy(tenant: str, root: Path = ROOT) -> None:
    """Build, synthesise with all checks, deploy, and see that there is a signing key. Raises OperatorError."""
    build(root)
    assembly = synthesise(tenant, root).template_path.parent
    ssm = ssm_client(tenant, root)
    run_cdk(tenant, assembly, ssm.meta.region_name, run=_run)
    ensure_auth_key(ssm, tenant)


def run_cdk(tenant: str, assembly: Path, region: str, *, run: Run) -> None:
    """Let CDK deploy the assembly into the region; it asks before it widens what anybody may do."""
    npx = Path(sys.executable).with_name("npx")
    command = [str(npx), "--yes", CDK, "deploy", f"hub-{tenant}", "--app", str(assembly)]
    environment = node_environment() | {"AWS_REGION": region, "AWS_DEFAULT_REGION": region}
    if run([*command, "--require-approval", "broadening"], environment):
        raise DeployError(f"hub-{tenant} was not deployed: see above")


def ensure_auth_key(ssm: Any, tenant: str) -> bool:
    """Put a random signing key at /hub/<tenant>/auth under the tenant's key, unless there is one; says if it did."""
    name, value = f"/hub/{tenant}/auth", secrets.token_urlsafe(KEY_BYTES)
    try:
        ssm.put_parameter(Name=name, Value=value, Type="SecureString", KeyId=f"alias/hub-{tenant}", Overwrite=False)
    except ssm.exceptions.ParameterAlreadyExists:
        return False
    return True


def read_auth_keys(ssm: Any, tenant: str) -> str:
    """The deployed stack's signing keys, one a line, the first one signs. Raises DeployError if AWS refuses."""
    name = f"/hub/{tenant}/auth"
    try:
        return str(ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"])
    except (ClientError, BotoCoreError) as error:
        raise DeployError(f"can't read {name} with these credentials, in {ssm.meta.region_name}: {error}") from error


def ssm_client(tenant: str, root: Path = ROOT) -> Any:
    """SSM in the tenant's region. Raises TenantError when there is no such tenant."""
    return boto3.client("ssm", region_name=find_tenant(tenant, root).region)


def _run(command: Sequence[str], environment: Mapping[str, str]) -> int:
    return subprocess.run(command, env=dict(environment), check=False).returncode
