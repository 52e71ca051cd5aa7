"""Roles made of grants; the reason of each wildcard is told to cdk-nag, finding by finding."""

from collections.abc import Iterable
from typing import Any

from aws_cdk import Acknowledgment, Stack, Validations
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.permissions import Grant


def make_role(scope: Construct, id: str, *, name: str, service: str, grants: Iterable[Grant]) -> iam.Role:  # noqa: A002 - CDK's own word
    """The role `name` for that AWS service."""
    granted = list(grants)
    statements = [
        iam.PolicyStatement(actions=list(grant.actions), resources=list(grant.resources), conditions=grant.conditions)
        for grant in granted
    ]
    role = iam.Role(
        scope,
        id,
        role_name=name,
        assumed_by=iam.ServicePrincipal(service),
        inline_policies={"hub": iam.PolicyDocument(statements=statements)},
    )
    for grant in granted:
        _explain(role, grant)
    return role


def _explain(role: iam.Role, grant: Grant) -> None:
    findings = [f"Action::{action}" for action in grant.actions if "*" in action]
    findings += [f"Resource::{_plain(role, arn)}" for arn in grant.resources if "*" in _plain(role, arn)]
    for finding in findings:
        Validations.of(role).acknowledge(Acknowledgment(id=f"AwsSolutions-IAM5[{finding}]", reason=grant.reason))


def _plain(role: iam.Role, arn: str) -> str:
    """The ARN as cdk-nag writes it in a finding: references between angle brackets."""
    resolved = Stack.of(role).resolve(arn)
    if isinstance(resolved, str):
        return resolved
    return "".join(_part(part) for part in resolved.get("Fn::Join", ["", [resolved]])[1])


def _part(part: Any) -> str:
    if isinstance(part, str):
        return part
    if "Ref" in part:
        return f"<{part['Ref']}>"
    return f"<{'.'.join(part['Fn::GetAtt'])}>"
