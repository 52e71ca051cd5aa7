"""The bus between rooms: a rule a room, into its queue, into its `events` function."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.functions import RoomFunctions
from infra.names import Names
from infra.queues import Queues, allow_rules, queue_name

SOURCE = "hub"
EVERY_EVENT = "*"


FAILURES = "tickets-events"
"""The queue whose consumer goes on with a ticket whose execution failed."""


class Bus(Construct):
    def __init__(self, scope: Construct, names: Names, *, queues: Queues) -> None:
        super().__init__(scope, "Bus")
        self.names = names
        self.queues = queues
        self.bus = events.CfnEventBus(self, "Bus", name=names.base)

    def watch_flows(self) -> None:
        """A published flow's or an escalation's execution that ended badly is told to the tickets room, as the contract
        event `execution.failed`, and lies in `undelivered`, where an alarm sees it: a flow's machine was made at run
        time, so no alarm of the stack can name it."""
        name, aside = self.names.of("flows-failed"), self.queues.undelivered
        failures = self.queues.queues[FAILURES]
        self._watch_runs(aside)
        for queue in (aside, failures):
            allow_rules(queue, self.names.default_rule_arn(name))
        allow_rules(aside, self.names.rule_arn("*"))
        events.CfnRule(
            self,
            "FlowsFailed",
            name=name,
            description="Flows that failed, for the alarm on what lies aside",
            event_pattern=_failed({"prefix": self.names.machine_arn("f-")}, self.names.machine_arn("escalation")),
            targets=[
                events.CfnRule.TargetProperty(id="queue", arn=aside.queue_arn),
                self._tell_failure(failures),
            ],
        )

    def _watch_runs(self, aside: sqs.Queue) -> None:
        """A settlement run that ended badly lies in `undelivered` as well; the hourly schedule starts it again."""
        name = self.names.of("runs-failed")
        allow_rules(aside, self.names.default_rule_arn(name))
        events.CfnRule(
            self,
            "RunsFailed",
            name=name,
            description="Settlement runs that failed, for the alarm on what lies aside",
            event_pattern=_failed(self.names.machine_arn("settlement-run")),
            targets=[events.CfnRule.TargetProperty(id="queue", arn=aside.queue_arn)],
        )

    def _tell_failure(self, queue: sqs.Queue) -> events.CfnRule.TargetProperty:
        """What Step Functions says, as a contract event in the envelope of our bus."""
        paths = {"id": "$.id", "at": "$.time", "execution": "$.detail.name", "status": "$.detail.status"}
        event = {name: f"<{name}>" for name in paths} | {
            "id": "evt_<id>",
            "type": "execution.failed",
            "tenant": self.names.tenant,
        }
        return events.CfnRule.TargetProperty(
            id="tickets",
            arn=queue.queue_arn,
            input_transformer=events.CfnRule.InputTransformerProperty(
                input_paths_map=paths, input_template=json.dumps({"detail": event})
            ),
        )

    def subscribe(self, room: RoomFunctions) -> None:
        """The room's `events` entry hears the contract events that it lists; a room without one hears nothing."""
        for entry in room.manifest.of_kind("events"):
            name = queue_name(room.manifest, entry)
            queue, aside = self.queues.queues[name], self.queues.undelivered
            rule_arn = self.names.rule_arn(self.names.of(name))
            allow_rules(queue, rule_arn)
            target = events.CfnRule.TargetProperty(
                id="queue",
                arn=queue.queue_arn,
                dead_letter_config=events.CfnRule.DeadLetterConfigProperty(arn=aside.queue_arn),
                retry_policy=events.CfnRule.RetryPolicyProperty(
                    maximum_retry_attempts=185, maximum_event_age_in_seconds=cdk.Duration.days(1).to_seconds()
                ),
            )
            events.CfnRule(
                self,
                room.manifest.function.capitalize(),
                name=self.names.of(name),
                description=f"Contract events that {room.manifest.function} hears",
                event_bus_name=self.bus.ref,
                event_pattern=_pattern(entry.subscriptions),
                targets=[target],
            )


def _failed(*machines: str | Mapping[str, str]) -> dict[str, Any]:
    """What Step Functions says of executions of these machines that ended badly."""
    return {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": {"status": ["FAILED", "TIMED_OUT", "ABORTED"], "stateMachineArn": [*machines]},
    }


def _pattern(subscriptions: Sequence[str]) -> dict[str, list[str]]:
    """What a room hears: these types, or everything."""
    types = {} if EVERY_EVENT in subscriptions else {"detail-type": sorted(subscriptions)}
    return {"source": [SOURCE], **types}
