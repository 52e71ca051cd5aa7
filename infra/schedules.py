"""Schedules of the rooms and the warmer of accept, in the tenant's time zone."""

import json

from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.functions import RoomFunctions
from infra.manifest import Manifest
from infra.names import Names
from infra.permissions import Grant
from infra.roles import make_role
from infra.tenant import Tenant

WARMER_INPUT = {"warm": True}


class Schedules(Construct):
    """One EventBridge schedule an entry; what a target refuses for an hour ends in `undelivered`, and so does a call
    that fails."""

    def __init__(
        self, scope: Construct, names: Names, tenant: Tenant, *, manifests: dict[str, Manifest], aside: sqs.Queue
    ) -> None:
        super().__init__(scope, "Schedules")
        self.names = names
        self.tenant = tenant
        self.aside = aside
        planned: list[tuple[str, str, str, str | None]] = [
            (function, entry.name, entry.schedule, None)
            for function, manifest in manifests.items()
            for entry in manifest.of_kind("schedule")
        ]
        if tenant.warmth.kind == "ping" and "accept" in manifests:
            http = manifests["accept"].of_kind("accept")[0].name
            planned.append(("accept", http, "rate(5 minutes)", json.dumps(WARMER_INPUT)))
        self.role = self._role(tuple(names.function_arn(function, entry) for function, entry, _, _ in planned))
        for function, entry, expression, text in planned:
            self._schedule(function, entry, expression, text)

    def keep_failures(self, room: RoomFunctions) -> None:
        """A call that fails three times lies in `undelivered`, where an alarm sees it, and says why."""
        for entry in room.manifest.of_kind("schedule"):
            function = room.functions[entry.name]
            aside = lambda_.CfnEventInvokeConfig.OnFailureProperty(destination=self.aside.queue_arn)
            lambda_.CfnEventInvokeConfig(
                function,
                "Failures",
                function_name=function.function_name,
                qualifier="$LATEST",
                maximum_retry_attempts=2,
                destination_config=lambda_.CfnEventInvokeConfig.DestinationConfigProperty(on_failure=aside),
            )

    def _role(self, targets: tuple[str, ...]) -> iam.Role:
        grants = [Grant(("sqs:SendMessage",), (self.aside.queue_arn,))]
        if targets:
            grants.append(Grant(("lambda:InvokeFunction",), targets))
        name = self.names.of("schedules")
        return make_role(self, "Role", name=name, service="scheduler.amazonaws.com", grants=grants)

    def _schedule(self, function: str, entry: str, expression: str, text: str | None) -> None:
        target = scheduler.CfnSchedule.TargetProperty(
            arn=self.names.function_arn(function, entry),
            role_arn=self.role.role_arn,
            input=text,
            retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                maximum_retry_attempts=5, maximum_event_age_in_seconds=3600
            ),
            dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(arn=self.aside.queue_arn),
        )
        scheduler.CfnSchedule(
            self,
            f"{function.capitalize()}{entry.capitalize()}",
            name=self.names.of(function, entry),
            schedule_expression=expression,
            schedule_expression_timezone=self.tenant.timezone,
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            target=target,
        )
