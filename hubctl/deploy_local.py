"""Deploys the synthesised template into the embedded AWS, and reads back what the hub needs to know of it.

The template is the very one that goes to AWS, but for three things: schedules and scheduled rules are disabled, as
`hubctl.schedules` fires them in business time; alarms and dashboards are left out, as the embedded AWS refuses
alarms over several metrics and nobody looks at them here; and of a queue so many batches are out at once as this
machine has workers for, since what is taken earlier only waits before them, in smaller batches.
"""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hubctl.aws_host import ACCOUNT, REGION, AwsHost
from hubctl.dispatcher import Function
from hubctl.failures import OperatorError
from hubctl.http_api import Route

DEPLOY_SECONDS = 120.0
SIDE_BY_SIDE = 2
"""AWS takes no less, and no room has more workers here (hubctl.dispatcher)."""
POLL_SECONDS = 0.1
DONE = "CREATE_COMPLETE"
PLACES = {"${AWS::AccountId}": ACCOUNT, "${AWS::Region}": REGION, "${AWS::Partition}": "aws"}

Template = dict[str, Any]


class DeployError(OperatorError):
    """The stack could not be created; the message names each failed resource and its reason."""


@dataclass(frozen=True)
class Deployment:
    """What stands after a deployment."""

    outputs: Mapping[str, str]
    routes: tuple[Route, ...]
    functions: tuple[Function, ...]


def no_code(_key: str) -> bytes:
    """An empty zip: the functions run from the source tree."""
    empty = io.BytesIO()
    zipfile.ZipFile(empty, "w").close()
    return empty.getvalue()


def deploy(
    host: AwsHost,
    tenant: str,
    template: Path,
    assets: Mapping[str, str],
    content: Callable[[str], bytes] = no_code,
) -> Deployment:
    """Creates the stack `hub-<tenant>`. assets: object key → bucket; content: object key → its zip. Raises
    DeployError."""
    _put_assets(host, assets, content)
    local = for_one_machine(json.loads(template.read_text(encoding="utf-8")))
    outputs = _create_stack(host, f"hub-{tenant}", local)
    return Deployment(outputs, _routes(host, outputs), _functions(host, tenant))


def put_auth_key(host: AwsHost, tenant: str, key: str) -> None:
    """The key that the hub checks tokens with: the SSM parameter `/hub/<tenant>/auth`."""
    host.client("ssm").put_parameter(Name=f"/hub/{tenant}/auth", Value=key, Type="SecureString", Overwrite=True)


def for_one_machine(template: Template) -> Template:
    """The template with schedules and scheduled rules disabled, without CloudWatch, two batches of a queue at once, and
    nothing else changed."""
    resources = {
        name: _narrowed(_switched_off(resource))
        for name, resource in template["Resources"].items()
        if not resource["Type"].startswith("AWS::CloudWatch::")
    }
    return template | {"Resources": resources}


def _switched_off(resource: dict[str, Any]) -> dict[str, Any]:
    properties = resource.get("Properties", {})
    scheduled = resource["Type"] == "AWS::Scheduler::Schedule" or (
        resource["Type"] == "AWS::Events::Rule" and "ScheduleExpression" in properties
    )
    return resource | {"Properties": properties | {"State": "DISABLED"}} if scheduled else resource


def _narrowed(resource: dict[str, Any]) -> dict[str, Any]:
    properties = resource.get("Properties", {})
    if resource["Type"] != "AWS::Lambda::EventSourceMapping" or "ScalingConfig" not in properties:
        return resource
    return resource | {"Properties": properties | {"ScalingConfig": {"MaximumConcurrency": SIDE_BY_SIDE}}}


def _put_assets(host: AwsHost, assets: Mapping[str, str], content: Callable[[str], bytes]) -> None:
    s3 = host.client("s3")
    placed = {key: _filled(bucket) for key, bucket in assets.items()}
    for bucket in sorted(set(placed.values())):
        s3.create_bucket(Bucket=bucket)
    for key, bucket in placed.items():
        s3.put_object(Bucket=bucket, Key=key, Body=content(key))


def _filled(bucket: str) -> str:
    for place, value in PLACES.items():
        bucket = bucket.replace(place, value)
    return bucket


def _create_stack(host: AwsHost, name: str, template: Template) -> dict[str, str]:
    cloudformation = host.client("cloudformation")
    url = _put_template(host, name, template)
    cloudformation.create_stack(
        StackName=name, TemplateURL=url, Capabilities=["CAPABILITY_NAMED_IAM"], DisableRollback=True
    )
    deadline = time.monotonic() + DEPLOY_SECONDS
    while True:
        stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        if stack["StackStatus"] == DONE:
            return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
        if stack["StackStatus"] != "CREATE_IN_PROGRESS" or time.monotonic() > deadline:
            raise DeployError(f"{name}: {stack['StackStatus']}\n{_reasons(cloudformation, name)}")
        time.sleep(POLL_SECONDS)


def _put_template(host: AwsHost, name: str, template: Template) -> str:
    """The template's address in S3: a call takes at most 51,200 bytes of it."""
    bucket, key = f"{name}-template", "template.json"
    s3 = host.client("s3")
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(template, ensure_ascii=False).encode())
    return f"{host.endpoint}/{bucket}/{key}"


def _reasons(cloudformation: Any, stack: str) -> str:
    pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack)
    events = pages.build_full_result()["StackEvents"]
    failed = [event for event in events if event["ResourceStatus"].endswith("FAILED")]
    return "\n".join(
        f"{event['LogicalResourceId']} ({event['ResourceType']}): {event.get('ResourceStatusReason', '')}"
        for event in reversed(failed)
    )


def _routes(host: AwsHost, outputs: Mapping[str, str]) -> tuple[Route, ...]:
    client = host.client("apigatewayv2")
    api = outputs.get("ApiId") or client.get_apis()["Items"][0]["ApiId"]
    functions = {
        item["IntegrationId"]: _function_name(item["IntegrationUri"])
        for item in client.get_paginator("get_integrations").paginate(ApiId=api).build_full_result()["Items"]
    }
    routes = client.get_paginator("get_routes").paginate(ApiId=api).build_full_result()["Items"]
    return tuple(Route(item["RouteKey"], functions[item["Target"].rpartition("/")[2]]) for item in routes)


def _function_name(uri: str) -> str:
    """The function of an integration: its ARN, alone or inside an invocation path."""
    return uri.removesuffix("/invocations").partition(":function:")[2].partition(":")[0] or uri


def _functions(host: AwsHost, tenant: str) -> tuple[Function, ...]:
    prefix = f"hub-{tenant}-"
    pages = host.client("lambda").get_paginator("list_functions").paginate()
    return tuple(
        _function(config, prefix)
        for page in pages
        for config in page["Functions"]
        if config["FunctionName"].startswith(prefix)
    )


def _function(config: Mapping[str, Any], prefix: str) -> Function:
    bundle, _, entry = config["FunctionName"].removeprefix(prefix).partition("-")
    return Function(
        name=config["FunctionName"],
        bundle=bundle,
        entry=entry,
        handler=config["Handler"],
        timeout_seconds=config["Timeout"],
        env=config.get("Environment", {}).get("Variables", {}),
    )
