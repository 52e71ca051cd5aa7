"""SQS: a queue before each consumer, two for what could not be handled, and the mapping that feeds a Lambda.

One dead-letter queue serves all queues: a message in it knows the queue that it came from, and redriving it takes it
back there. What no queue can take back lies apart, so that a redrive never meets it: a stream's records, events that a
rule could not deliver, schedules that could not run, flows that failed.
"""

import aws_cdk as cdk
from aws_cdk import Acknowledgment, Validations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.manifest import Entry, Kind, Manifest
from infra.names import Names

RECEIVES_MAX = 8
# The consumer says itself when what failed comes again: seconds first, a quarter of an hour in the end. This holds for
# what died without a word. AWS advises six timeouts against throttled batches; the mapping's maximum concurrency keeps
# a batch from being taken before a function is free.
VISIBLE_AFTER_SECONDS = 10
KEPT = cdk.Duration.days(14)
QUEUED: tuple[Kind, ...] = ("events", "changes", "queue")  # the entries that a queue of their own feeds


class Queues(Construct):
    """All queues of the stack by name (`tickets-events`); `dead` for the messages of all of them, `undelivered` for
    what never was in one."""

    def __init__(self, scope: Construct, names: Names, *, manifests: dict[str, Manifest]) -> None:
        super().__init__(scope, "Queues")
        self.names = names
        self.queues: dict[str, sqs.Queue] = {}
        self.dead = self._queue("dead", retention_period=KEPT)
        self.undelivered = self._queue("undelivered", retention_period=KEPT)
        reason = "for streams, rules, schedules and flows: no queue redrives into it"
        Validations.of(self.undelivered).acknowledge(Acknowledgment(id="AwsSolutions-SQS3", reason=reason))
        for manifest in manifests.values():
            for entry in manifest.of_kind(*QUEUED):
                self._add(queue_name(manifest, entry), entry.timeout)

    def _add(self, name: str, timeout_seconds: int) -> None:
        """The queue `hub-<tenant>-<name>` for a function of that timeout, with the dead-letter queue behind it."""
        self.queues[name] = self._queue(
            name,
            visibility_timeout=cdk.Duration.seconds(timeout_seconds + VISIBLE_AFTER_SECONDS),
            retention_period=cdk.Duration.days(4),
            dead_letter_queue=sqs.DeadLetterQueue(max_receive_count=RECEIVES_MAX, queue=self.dead),
        )

    def _queue(
        self,
        name: str,
        *,
        retention_period: cdk.Duration,
        visibility_timeout: cdk.Duration | None = None,
        dead_letter_queue: sqs.DeadLetterQueue | None = None,
    ) -> sqs.Queue:
        return sqs.Queue(
            self,
            "".join(part.capitalize() for part in name.split("-")),
            queue_name=self.names.of(name),
            encryption=sqs.QueueEncryption.SQS_MANAGED,  # queues carry ids, never bodies
            enforce_ssl=True,
            retention_period=retention_period,
            visibility_timeout=visibility_timeout,
            dead_letter_queue=dead_letter_queue,
        )


def queue_name(manifest: Manifest, entry: Entry) -> str:
    """The name of an entry's queue without the tenant: tickets-events, webhooks-pulls."""
    return f"{manifest.function}-{entry.queue or entry.name}"


def feed(queue: sqs.Queue, function: lambda_.Function, entry: Entry, concurrency: int) -> lambda_.CfnEventSourceMapping:
    """Batches of the queue go to the function, which says itself which messages failed; at most so many side by
    side."""
    return lambda_.CfnEventSourceMapping(
        function,
        "Queue",
        event_source_arn=queue.queue_arn,
        function_name=function.function_name,
        batch_size=entry.batch,
        function_response_types=["ReportBatchItemFailures"],
        scaling_config=lambda_.CfnEventSourceMapping.ScalingConfigProperty(maximum_concurrency=concurrency),
    )


def allow_rules(queue: sqs.Queue, rule_arn: str) -> None:
    """EventBridge may send to the queue, for this rule; one ending in `*` means all that begin so."""
    queue.add_to_resource_policy(
        iam.PolicyStatement(
            actions=["sqs:SendMessage"],
            principals=[iam.ServicePrincipal("events.amazonaws.com")],
            resources=[queue.queue_arn],
            conditions={"ArnLike": {"aws:SourceArn": rule_arn}},
        )
    )
