"""The two machines that every stack has, and the role that published flows run with."""

from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.names import Names
from infra.permissions import Grant
from infra.roles import make_role
from infra.tenant import Tenant

STEPS = ("tickets", "steps")
RUN = ("settlement", "steps")


class Machines(Construct):
    def __init__(self, scope: Construct, names: Names, tenant: Tenant, *, definitions: Path, key: kms.IKey) -> None:
        super().__init__(scope, "Machines")
        self.names = names
        self.log_group = logs.CfnLogGroup(
            self,
            "Logs",
            log_group_name=f"/aws/vendedlogs/states/{names.base}",
            retention_in_days=tenant.logs.retention_days,
        )
        self.log_group.apply_removal_policy(cdk.RemovalPolicy.DESTROY)
        self.role = self._role("machines", [STEPS, RUN], [_deliver_logs(), _trace(), *self._distribute(key)])
        self._role("flows", [STEPS], [])  # of the machines that are made at run time
        self._machine("escalation", definitions, {"StepsFunction": names.of(*STEPS)})
        self._machine("settlement-run", definitions, {"RunFunction": names.of(*RUN)})

    def _distribute(self, key: kms.IKey) -> list[Grant]:
        """What a Distributed Map needs: each of its items is an execution of the machine itself, and they lie in a
        file."""
        reason = "the executions of a map are named by Step Functions; the machine is named"
        stop = ("states:DescribeExecution", "states:StopExecution")
        executions = Grant(stop, (self.names.executions_arn("settlement-run"),), reason)
        items = (self.names.bucket_arn("files", "settlement", "job_runs", "*"),)
        return [
            Grant(("states:StartExecution",), (self.names.machine_arn("settlement-run"),)),
            executions,
            Grant(("s3:GetObject",), items, "a map's items lie in a file that is named by its run"),
            Grant(("kms:Decrypt",), (key.key_arn,)),
        ]

    def _role(self, name: str, invokes: list[tuple[str, str]], more: list[Grant]) -> iam.Role:
        arns = tuple(self.names.function_arn(function, entry) for function, entry in invokes)
        return make_role(
            self,
            name.capitalize(),
            name=self.names.of(name),
            service="states.amazonaws.com",
            grants=[Grant(("lambda:InvokeFunction",), arns), *more],
        )

    def _machine(self, name: str, definitions: Path, substitutions: dict[str, str]) -> None:
        service = f"arn:{cdk.Aws.PARTITION}:states:::"
        common = {"LambdaInvoke": f"{service}lambda:invoke", "ReadObject": f"{service}s3:getObject"}
        text = (definitions / f"{name.replace('-', '_')}.asl.json").read_text(encoding="utf-8")
        destination = sfn.CfnStateMachine.LogDestinationProperty(
            cloud_watch_logs_log_group=sfn.CfnStateMachine.CloudWatchLogsLogGroupProperty(
                log_group_arn=self.log_group.attr_arn
            )
        )
        machine = sfn.CfnStateMachine(
            self,
            "".join(part.capitalize() for part in name.split("-")),
            state_machine_name=self.names.of(name),
            definition_string=text,
            definition_substitutions=substitutions | {name: common[name] for name in common if f"${{{name}}}" in text},
            role_arn=self.role.role_arn,
            logging_configuration=sfn.CfnStateMachine.LoggingConfigurationProperty(
                destinations=[destination], include_execution_data=True, level="ALL"
            ),
            tracing_configuration=sfn.CfnStateMachine.TracingConfigurationProperty(enabled=True),
        )
        machine.node.add_dependency(self.role)


def _deliver_logs() -> Grant:
    """What Step Functions needs to write logs: its developer guide, "Logging using CloudWatch Logs"."""
    delivery = ("CreateLogDelivery", "GetLogDelivery", "UpdateLogDelivery", "DeleteLogDelivery")
    others = ("ListLogDeliveries", "PutResourcePolicy", "DescribeResourcePolicies", "DescribeLogGroups")
    actions = tuple(f"logs:{action}" for action in (*delivery, *others))
    return Grant(actions, ("*",), "log deliveries have no resources to name")


def _trace() -> Grant:
    actions = ("PutTraceSegments", "PutTelemetryRecords", "GetSamplingRules", "GetSamplingTargets")
    return Grant(tuple(f"xray:{action}" for action in actions), ("*",), "X-Ray has no resources to name")
