"""What wakes somebody, by symptom: what could not be handled, answers that were our fault, a stream that falls behind
with messages or tickets in it. What else fails lies in one of the two queues that are watched: a consumer's message, a
call of a schedule, an execution, a record of a stream. An alarm a function would cost a tenant more than everything
else while nobody writes."""

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.functions import RoomFunctions
from infra.names import Names
from infra.tenant import Tenant

ITERATOR_AGE_MAX_SECONDS = 300
HTTP_FAULTS_MAX = 5
MACHINES = ("escalation", "settlement-run")
BUSY_STREAMS = ("webhooks", "tickets")
"""Rooms whose streams tell of work that somebody waits for. Of the others' a record that can't be handed on lies in
`undelivered` after its last try (infra.streams)."""


class Alarms(Construct):
    def __init__(self, scope: Construct, names: Names, tenant: Tenant, *, key: kms.Key) -> None:
        super().__init__(scope, "Alarms")
        self.names, self.tenant_id = names, tenant.id
        self.alarms: list[cloudwatch.Alarm] = []
        self.topic = self._topic(tenant.alarms.email, key) if tenant.alarms.email else None

    def watch_dead(self, name: str, queue: sqs.Queue) -> None:
        """One message that nothing could handle is one too many."""
        metric = queue.metric_approximate_number_of_messages_visible(
            period=cdk.Duration.minutes(1), statistic="Maximum"
        )
        self._alarm(name, metric, 0, f"what could not be handled lies in the queue {self.names.of(name)}")

    def watch_http(self, api_id: str) -> None:
        """Answers of 500 and above are ours to mend, whichever room gave them; a few 503 in a burst pass by
        themselves."""
        metric = cloudwatch.Metric(
            namespace="AWS/ApiGateway",
            metric_name="5xx",
            dimensions_map={"ApiId": api_id},
            period=cdk.Duration.minutes(5),
            statistic="Sum",
        )
        self._alarm("http-5xx", metric, HTTP_FAULTS_MAX, "requests were answered with 500 or above")

    def watch_stream(self, room: RoomFunctions) -> None:
        """The age of what the room's stream reader has still to read, where somebody waits for it."""
        name = room.manifest.function
        for entry in room.manifest.of_kind("forward") if name in BUSY_STREAMS else ():
            age = room.functions[entry.name].metric("IteratorAge", period=cdk.Duration.minutes(1), statistic="Maximum")
            text = f"{name}: the table's stream is read late"
            self._alarm(f"{name}-stream-age", age, ITERATOR_AGE_MAX_SECONDS * 1000, text)

    def watch_calendars(self) -> None:
        """Deadlines are reckoned by a guess: the calendar package ends before them, and nobody has said their days.
        Where nobody hears of alarms there is none: `hubctl doctor` finds the same."""
        assumed = cloudwatch.Metric(
            namespace="scrm-hub",
            metric_name="AssumedDeadlines",
            dimensions_map={"service": "tickets", "tenant": self.tenant_id},
            period=cdk.Duration.minutes(5),
            statistic="Sum",
        )
        self._alarm("assumed-deadlines", assumed, 0, "deadlines lie behind the last day that a calendar knows")

    def _alarm(self, name: str, metric: cloudwatch.IMetric, threshold: int, text: str) -> None:
        alarm = cloudwatch.Alarm(
            self,
            "".join(part.capitalize() for part in name.split("-")),
            alarm_name=self.names.of(name),
            alarm_description=text,
            metric=metric,
            threshold=threshold,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        if self.topic:
            alarm.add_alarm_action(actions.SnsAction(self.topic))
        self.alarms.append(alarm)

    def _topic(self, email: str, key: kms.Key) -> sns.Topic:
        topic = sns.Topic(self, "Topic", topic_name=self.names.of("alarms"), master_key=key, enforce_ssl=True)
        topic.add_subscription(subscriptions.EmailSubscription(email))
        key.add_to_resource_policy(
            iam.PolicyStatement(
                actions=["kms:Decrypt", "kms:GenerateDataKey"],
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                resources=["*"],  # in a key's own policy, this key
            )
        )
        return topic
