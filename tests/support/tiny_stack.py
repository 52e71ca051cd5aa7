"""The stack of the tiny room: a template and manifests as the build and CDK write them, cut to one of each kind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hubctl.assembly import Stack

ROOM = "tests.support.tiny_room"
BUCKET = "tiny-assets-${AWS::AccountId}-${AWS::Region}"
ENTRIES = {"http": 3, "forward": 5, "changes": 5, "steps": 5, "tick": 5}
ROLE = "arn:aws:iam::000000000000:role/hub-tiny-room"
MACHINE = {
    "StartAt": "Pause",
    "States": {
        "Pause": {"Type": "Wait", "SecondsPath": "$.wait_seconds", "Next": "Fail"},
        "Fail": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "hub-tiny-room-steps", "Payload": {"fail": True}},
            "Catch": [{"ErrorEquals": ["TinyRefused"], "ResultPath": "$.caught", "Next": "Park"}],
            "Next": "Wrong",
        },
        "Wrong": {"Type": "Fail", "Error": "NotCaught"},
        "Park": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
            "Parameters": {
                "FunctionName": "hub-tiny-room-steps",
                "Payload": {"token.$": "$$.Task.Token", "key.$": "$.key"},
            },
            "End": True,
        },
    },
}


def write_tiny_stack(directory: Path) -> Stack:
    """Writes template and manifest; what to hand to `running_hub`."""
    bundle = directory / "build" / "room"
    bundle.mkdir(parents=True)
    entries = [
        {"name": name, "kind": "schedule", "handler": f"{ROOM}.{name}", "schedule": "rate(10 minutes)"}
        for name in ("tick",)
    ]
    (bundle / "manifest.json").write_text(json.dumps({"function": "room", "schema": 1, "entries": entries}))
    template = directory / "tiny.template.json"
    template.write_text(json.dumps({"Resources": _resources(), "Outputs": {"ApiId": {"Value": {"Ref": "Api"}}}}))
    return Stack(template, {"code.zip": BUCKET}, directory / "build", sources=(directory,))


def _resources() -> dict[str, Any]:
    routes = ("/tiny", "/tiny/{proxy+}", "/tiny/exact/{name}")
    return {
        "Table": _table(),
        "Queue": _resource("SQS::Queue", QueueName="hub-tiny-room-changes", VisibilityTimeout=30),
        **{f"Fn{name.capitalize()}": _function(name, timeout) for name, timeout in ENTRIES.items()},
        "FnFront": _function("http", 3, bundle="accept"),
        "Stream": _mapping("forward", {"Fn::GetAtt": ["Table", "StreamArn"]}, StartingPosition="TRIM_HORIZON"),
        "Changes": _mapping(
            "changes", {"Fn::GetAtt": ["Queue", "Arn"]}, FunctionResponseTypes=["ReportBatchItemFailures"]
        ),
        "Machine": _resource(
            "StepFunctions::StateMachine",
            StateMachineName="hub-tiny-machine",
            DefinitionString=json.dumps(MACHINE),
            RoleArn=ROLE,
        ),
        "Rule": _resource(
            "Events::Rule",
            ScheduleExpression="rate(1 minute)",
            State="ENABLED",
            Targets=[{"Id": "1", "Arn": {"Fn::GetAtt": ["FnTick", "Arn"]}}],
        ),
        "Api": _resource("ApiGatewayV2::Api", Name="hub-tiny", ProtocolType="HTTP"),
        "Integration": _integration("FnHttp"),
        "FrontIntegration": _integration("FnFront"),
        **{f"Route{number}": _route(path, "Integration") for number, path in enumerate(routes)},
        "FrontRoute": _route("/tiny/front/{connection}", "FrontIntegration"),
    }


def _resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": f"AWS::{kind}", "Properties": properties}


def _table() -> dict[str, Any]:
    return _resource(
        "DynamoDB::Table",
        TableName="hub-tiny-room",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        StreamSpecification={"StreamViewType": "NEW_AND_OLD_IMAGES"},
    )


def _function(name: str, timeout: int, bundle: str = "room") -> dict[str, Any]:
    return _resource(
        "Lambda::Function",
        FunctionName=f"hub-tiny-{bundle}-{name}",
        Handler=f"{ROOM}.{name}",
        Runtime="python3.11",
        Timeout=timeout,
        Role=ROLE,
        Code={"S3Bucket": {"Fn::Sub": BUCKET}, "S3Key": "code.zip"},
        Environment={
            "Variables": {
                "HUB_TABLE": "hub-tiny-room",
                "HUB_CHANGES_QUEUE_URL": {"Ref": "Queue"},
                "HUB_CLOCK_SCALE": "1",
                "HUB_CLOCK_ORIGIN": "",
            }
        },
    )


def _mapping(entry: str, source: dict[str, Any], **more: Any) -> dict[str, Any]:
    function = {"Ref": f"Fn{entry.capitalize()}"}
    return _resource("Lambda::EventSourceMapping", FunctionName=function, EventSourceArn=source, **more)


def _integration(function: str) -> dict[str, Any]:
    return _resource(
        "ApiGatewayV2::Integration",
        ApiId={"Ref": "Api"},
        IntegrationType="AWS_PROXY",
        IntegrationUri={"Fn::GetAtt": [function, "Arn"]},
        PayloadFormatVersion="2.0",
    )


def _route(path: str, integration: str) -> dict[str, Any]:
    target = {"Fn::Join": ["/", ["integrations", {"Ref": integration}]]}
    return _resource("ApiGatewayV2::Route", ApiId={"Ref": "Api"}, RouteKey=f"ANY {path}", Target=target)
