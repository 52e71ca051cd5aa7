"""One page for the operator: what comes in, what waits, what fails."""

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.alarms import MACHINES
from infra.functions import RoomFunctions
from infra.names import Names
from infra.tenant import Tenant

WIDTH = 12


class Dashboard(Construct):
    def __init__(
        self,
        scope: Construct,
        names: Names,
        tenant: Tenant,
        *,
        api_id: str,
        rooms: list[RoomFunctions],
        queues: dict[str, sqs.Queue],
        alarms: list[cloudwatch.Alarm],
    ) -> None:
        super().__init__(scope, "Dashboard")
        self.names = names
        dashboard = cloudwatch.Dashboard(self, "Dashboard", dashboard_name=names.base)
        dashboard.add_widgets(cloudwatch.TextWidget(markdown=f"# {tenant.name}", width=2 * WIDTH, height=1))
        dashboard.add_widgets(
            cloudwatch.AlarmStatusWidget(title="Alarms 告警", alarms=list(alarms), width=2 * WIDTH, height=4)
        )
        dashboard.add_widgets(self._http(api_id), self._waiting(queues))
        dashboard.add_widgets(self._errors(rooms), self._machines())

    def _http(self, api_id: str) -> cloudwatch.GraphWidget:
        metrics = [
            cloudwatch.Metric(
                namespace="AWS/ApiGateway", metric_name=name, dimensions_map={"ApiId": api_id}, statistic="Sum"
            )
            for name in ("Count", "4xx", "5xx")
        ]
        return cloudwatch.GraphWidget(title="HTTP 请求", width=WIDTH, left=metrics)

    def _waiting(self, queues: dict[str, sqs.Queue]) -> cloudwatch.GraphWidget:
        oldest = [
            queue.metric_approximate_age_of_oldest_message(label=name, statistic="Maximum")
            for name, queue in queues.items()
        ]
        return cloudwatch.GraphWidget(title="Oldest waiting message, s 最久等待", width=WIDTH, left=oldest)

    def _errors(self, rooms: list[RoomFunctions]) -> cloudwatch.GraphWidget:
        errors = [
            function.metric_errors(label=f"{room.manifest.function} {name}")
            for room in rooms
            for name, function in room.functions.items()
        ]
        return cloudwatch.GraphWidget(title="Function errors 函数错误", width=WIDTH, left=errors)

    def _machines(self) -> cloudwatch.GraphWidget:
        metrics = [
            cloudwatch.Metric(
                namespace="AWS/States",
                metric_name=metric,
                dimensions_map={"StateMachineArn": self.names.machine_arn(machine)},
                label=f"{machine} {metric}",
                statistic="Sum",
                period=cdk.Duration.minutes(5),
            )
            for machine in MACHINES
            for metric in ("ExecutionsStarted", "ExecutionsFailed")
        ]
        return cloudwatch.GraphWidget(title="State machines 状态机", width=WIDTH, left=metrics)
