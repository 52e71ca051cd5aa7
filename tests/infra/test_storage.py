"""Tables, queues, streams, the bus and the machines: nothing gets lost, nothing lies open."""

import json
import re
from importlib import import_module
from typing import Any

from tests.infra.conftest import Template, listed, plain
from tests.support.manifests import ROOMS

QUEUED = [
    (room, queue)
    for room, facts in ROOMS.items()
    for queue in (
        *(["events"] if "events" in facts else []),
        *(["changes"] if "changes" in facts.get("outbox", ()) else []),
        *facts.get("queues", ()),
    )
]


KINDS = ("events", "changes", "queue")
IDLE_MONTH_DOLLARS_MAX = 5


def mappings(template: Template) -> list[dict[str, Any]]:
    return list(template.of("AWS::Lambda::EventSourceMapping").values())


def function_of(template: Template, mapping: dict[str, Any]) -> dict[str, Any]:
    return template.target(mapping["FunctionName"])


def test_every_table_is_on_demand_restorable_expiring_and_under_the_tenants_key(demo: Template) -> None:
    """One table a room, the inbox, the content and the platforms: all kept the same way."""
    tables = demo.named("AWS::DynamoDB::Table", "TableName")
    assert set(tables) == {f"hub-demo-{name}" for name in (*ROOMS, "inbox", "content", "platforms")}
    for table in tables.values():
        assert table["BillingMode"] == "PAY_PER_REQUEST"
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert demo.target(table["SSESpecification"]["KMSMasterKeyId"])["EnableKeyRotation"] is True
        assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


def test_only_tables_whose_changes_somebody_reads_have_a_stream(demo: Template) -> None:
    """The outbox of a room is its table's stream; the inbox has one too."""
    tables = demo.named("AWS::DynamoDB::Table", "TableName")
    streamed = {name.removeprefix("hub-demo-") for name, table in tables.items() if "StreamSpecification" in table}
    assert streamed == {room for room, facts in ROOMS.items() if "outbox" in facts} | {"inbox"}


def test_messages_are_found_by_indexes_of_keys(demo: Template) -> None:
    """The sweep and the list of a connection's messages read keys alone."""
    inbox = demo.named("AWS::DynamoDB::Table", "TableName")["hub-demo-inbox"]
    shown = {index["IndexName"]: index["Projection"] for index in inbox["GlobalSecondaryIndexes"]}
    assert shown == {name: {"ProjectionType": "KEYS_ONLY"} for name in ("by_pending", "by_connection")}


def test_a_rooms_lists_are_read_by_scope_from_sparse_indexes_of_keys(demo: Template) -> None:
    """One index a level, all in the same order; and the room may query each, and nobody else's."""
    tables = demo.named("AWS::DynamoDB::Table", "TableName")
    levels = ("tenant", "province", "city", "district", "store", "person")
    for room in ROOMS:
        indexes = {index["IndexName"]: index for index in tables[f"hub-demo-{room}"]["GlobalSecondaryIndexes"]}
        assert set(indexes) == {"by_list", "by_due", *(f"by_{level}" for level in levels)}
        for level in levels:
            keys = [key["AttributeName"] for key in indexes[f"by_{level}"]["KeySchema"]]
            assert (keys, indexes[f"by_{level}"]["Projection"]["ProjectionType"]) == (
                [f"l_{level}", "l_at"],
                "KEYS_ONLY",
            )
        queried = {
            plain(arn).rpartition("/index/")[2]
            for statement in demo.statements(f"hub-demo-{room}")
            for arn in listed(statement["Resource"])
            if f"table/hub-demo-{room}/index/" in plain(arn)
        }
        assert queried == set(indexes)


def test_every_queue_gives_up_into_the_one_dead_letter_queue(demo: Template) -> None:
    """After eight tries a message lies there for fourteen days, and an alarm sees it; what never was in a queue lies
    apart, for no redrive could take it back."""
    queues = demo.named("AWS::SQS::Queue", "QueueName")
    alarms = demo.named("AWS::CloudWatch::Alarm", "AlarmName")
    aside = {"hub-demo-dead", "hub-demo-undelivered"}
    assert set(queues) - aside == {f"hub-demo-{room}-{queue}" for room, queue in QUEUED}
    for name in set(queues) - aside:
        dead = demo.target(queues[name]["RedrivePolicy"]["deadLetterTargetArn"])
        assert (dead["QueueName"], queues[name]["RedrivePolicy"]["maxReceiveCount"]) == ("hub-demo-dead", 8)
    for name in aside:
        assert queues[name]["MessageRetentionPeriod"] == 14 * 24 * 3600
        assert alarms[name]["Threshold"] == 0


def test_guessed_deadlines_ring_where_somebody_hears_of_alarms(demo: Template, full: Template) -> None:
    """The tenant that names whom to tell has one alarm more, on the room's metric of deadlines behind the last known
    day, at the first of them."""
    assert "hub-demo-assumed-deadlines" not in demo.named("AWS::CloudWatch::Alarm", "AlarmName")
    alarm = full.named("AWS::CloudWatch::Alarm", "AlarmName")["hub-full-assumed-deadlines"]
    assert (alarm["Namespace"], alarm["MetricName"], alarm["Threshold"]) == ("scrm-hub", "AssumedDeadlines", 0)
    assert {part["Name"]: part["Value"] for part in alarm["Dimensions"]} == {"service": "tickets", "tenant": "full"}
    assert alarm["AlarmActions"]


def test_a_tenant_that_does_nothing_costs_little(demo: Template) -> None:
    """By list price a month: alarms, the key, the polls of each queue (five pollers, twenty seconds each), and what
    the schedules call."""
    month_minutes = 30 * 24 * 60
    fed = [mapping for mapping in mappings(demo) if "QueueName" in demo.target(mapping["EventSourceArn"])]
    polls = len(fed) * 5 * 3 * month_minutes
    expressions = [schedule["ScheduleExpression"] for schedule in demo.of("AWS::Scheduler::Schedule").values()]
    calls = sum(month_minutes / _minutes_between(expression) for expression in expressions)
    dollars = {
        "alarms": 0.10 * len(demo.of("AWS::CloudWatch::Alarm")),
        "keys": 1.00 * len(demo.of("AWS::KMS::Key")),
        "queues": 0.40 / 1e6 * polls,
        "schedules": calls * (1.00 + 0.20 + 0.2 * 0.5 * 13.33) / 1e6,  # the scheduler, the call, 0.2 s of 512 MB
    }
    assert sum(dollars.values()) <= IDLE_MONTH_DOLLARS_MAX, dollars


def test_the_stack_that_is_tested_has_the_queues_and_schedules_that_there_are(demo: Template) -> None:
    """The manifests that the tests are made by leave none out, so the price above is the price."""
    rooms = {name: import_module(f"functions.{name}.app").room for name in ROOMS}
    entries = [(name, entry) for name, room in rooms.items() for entry in room.manifest()["entries"]]
    queues = {f"hub-demo-{name}-{entry['name']}" for name, entry in entries if entry["kind"] in KINDS}
    schedules = {f"hub-demo-{name}-{entry['name']}": entry.get("schedule") for name, entry in entries}
    made = demo.named("AWS::Scheduler::Schedule", "Name")
    assert queues == set(demo.named("AWS::SQS::Queue", "QueueName")) - {"hub-demo-dead", "hub-demo-undelivered"}
    assert {name: expression for name, expression in schedules.items() if expression} == {
        name: schedule["ScheduleExpression"] for name, schedule in made.items()
    }


def _minutes_between(expression: str) -> int:
    if expression == "cron(0 * * * ? *)":
        return 60
    rate = re.fullmatch(r"rate\((\d+) (minute|hour)s?\)", expression)
    return int(rate[1]) * {"minute": 1, "hour": 60}[rate[2]] if rate else 24 * 60


def test_every_queue_feeds_its_function_in_batches_that_fail_by_message(demo: Template) -> None:
    """What failed comes again soon after its function's timeout; a function runs at most five times at once."""
    fed = {}
    for mapping in mappings(demo):
        source = demo.target(mapping["EventSourceArn"])
        if "QueueName" not in source:
            continue
        function = function_of(demo, mapping)
        fed[source["QueueName"]] = function["FunctionName"]
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        slow = source["QueueName"] == "hub-demo-outbound-deliver"
        assert mapping["ScalingConfig"] == {"MaximumConcurrency": 20 if slow else 5}
        assert function["Timeout"] < source["VisibilityTimeout"] <= function["Timeout"] + 60
    assert fed == {name: name for name in (f"hub-demo-{room}-{queue}" for room, queue in QUEUED)}


def test_a_tenant_chooses_how_many_functions_a_queue_has(full: Template) -> None:
    """One queue has as many as the tenant's file says, all others what is usual."""
    chosen = {
        full.target(mapping["EventSourceArn"])["QueueName"]: mapping["ScalingConfig"]["MaximumConcurrency"]
        for mapping in mappings(full)
        if "ScalingConfig" in mapping
    }
    usual = {**dict.fromkeys(chosen, 5), "hub-full-outbound-deliver": 20}
    assert chosen == {**usual, "hub-full-webhooks-changes": 40}


def test_every_stream_is_read_from_its_start_by_the_rooms_forward(demo: Template) -> None:
    """Webhooks reads the inbox too; a record that can't be forwarded is kept aside; a function is called for what is
    new or changed of the items that it follows, and for nothing that is gone."""
    read = set()
    for mapping in mappings(demo):
        table = demo.target(mapping["EventSourceArn"])
        if "TableName" not in table:
            continue
        read.add((table["TableName"], function_of(demo, mapping)["FunctionName"]))
        assert (mapping["StartingPosition"], mapping["BatchSize"]) == ("TRIM_HORIZON", 100)
        (only,) = mapping["FilterCriteria"]["Filters"]
        news = ["INSERT"] if table["TableName"] == "hub-demo-inbox" else ["INSERT", "MODIFY"]
        prefixes = ROOMS.get(table["TableName"].removeprefix("hub-demo-"), {}).get("followed", ())
        followed = {"dynamodb": {"Keys": {"sk": {"S": [{"prefix": prefix} for prefix in prefixes]}}}}
        assert json.loads(only["Pattern"]) == {"eventName": news} | (followed if prefixes else {})
        assert mapping["BisectBatchOnFunctionError"] is True
        aside = demo.target(mapping["DestinationConfig"]["OnFailure"]["Destination"])
        assert aside["QueueName"] == "hub-demo-undelivered"
    rooms = {room for room, facts in ROOMS.items() if "outbox" in facts}
    own = {(f"hub-demo-{room}", f"hub-demo-{room}-forward") for room in rooms}
    assert read == own | {("hub-demo-inbox", "hub-demo-webhooks-forward")}


def test_each_room_hears_exactly_what_it_subscribed_to(demo: Template) -> None:
    """A rule a room, from our bus and source, into its queue; what it can't deliver lies aside."""
    rules = demo.named("AWS::Events::Rule", "Name")
    subscribed = {f"hub-demo-{room}-events": facts["events"] for room, facts in ROOMS.items() if "events" in facts}
    assert set(rules) == {*subscribed, "hub-demo-flows-failed", "hub-demo-runs-failed"}
    for name, types in subscribed.items():
        rule = rules[name]
        named = {} if types == ["*"] else {"detail-type": sorted(types)}
        assert rule["EventPattern"] == {"source": ["hub"], **named}
        (target,) = rule["Targets"]
        assert demo.target(target["Arn"])["QueueName"] == name
        assert demo.target(target["DeadLetterConfig"]["Arn"])["QueueName"] == "hub-demo-undelivered"


def test_queues_refuse_plain_http(demo: Template) -> None:
    """Every queue has a policy that denies what doesn't come over TLS."""
    denied = set()
    for policy in demo.of("AWS::SQS::QueuePolicy").values():
        first = policy["PolicyDocument"]["Statement"][0]
        assert (first["Effect"], first["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
        denied |= {queue["Ref"] for queue in policy["Queues"]}
    assert denied == set(demo.of("AWS::SQS::Queue"))


def test_machines_call_the_steps_of_their_room_and_keep_their_text(demo: Template) -> None:
    """The template holds the files' own text; names come in by substitution."""
    machines = demo.named("AWS::StepFunctions::StateMachine", "StateMachineName")
    steps = {name: machine["DefinitionSubstitutions"] for name, machine in machines.items()}
    assert steps["hub-demo-escalation"]["StepsFunction"] == "hub-demo-tickets-steps"
    assert steps["hub-demo-settlement-run"]["RunFunction"] == "hub-demo-settlement-steps"
    assert plain(steps["hub-demo-settlement-run"]["ReadObject"]).endswith(":states:::s3:getObject")
    for machine in machines.values():
        json.loads(machine["DefinitionString"])
        assert plain(machine["DefinitionSubstitutions"]["LambdaInvoke"]).endswith(":states:::lambda:invoke")
        assert machine["TracingConfiguration"] == {"Enabled": True}
        assert machine["LoggingConfiguration"]["Level"] == "ALL"


def test_the_bucket_forgets_what_jobs_wrote_and_keeps_what_people_brought(demo: Template) -> None:
    """A job's files are gone after a week, in every room that has jobs; photos and papers of tickets are evidence."""
    (bucket,) = demo.of("AWS::S3::Bucket").values()
    rules = bucket["LifecycleConfiguration"]["Rules"]
    assert {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules} == {
        f"{room}/job_": 7 for room in ("customers", "directory", "notifications", "settlement", "tickets", "webhooks")
    }
    assert all(set(rule) == {"Id", "Prefix", "ExpirationInDays", "Status"} for rule in rules)
    assert not any("tickets/uploads/upl_1".startswith(rule["Prefix"]) for rule in rules)
