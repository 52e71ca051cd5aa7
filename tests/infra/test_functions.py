"""Functions: who runs where, with which settings, behind which paths."""

import json

from hub.contracts.events import ExecutionFailed, parse_event
from tests.infra.conftest import Template, plain
from tests.support.manifests import ACCEPT, ROOMS, manifest_of

MANIFESTS = [ACCEPT, *(manifest_of(room) for room in ROOMS)]
NAMES = {f"{manifest['function']}-{entry['name']}" for manifest in MANIFESTS for entry in manifest["entries"]}
LEAN = {"HUB_TENANT", "HUB_INBOX_TABLE", "HUB_TALLY_QUEUE_URL"}


def functions(template: Template) -> dict[str, dict]:
    return template.named("AWS::Lambda::Function", "FunctionName")


def test_there_is_a_function_for_every_entry_of_every_manifest(demo: Template) -> None:
    """What a room declares runs, and nothing else does."""
    assert set(functions(demo)) == {f"hub-demo-{name}" for name in NAMES}


def test_functions_of_a_bundle_share_its_role_and_all_share_the_layer(demo: Template) -> None:
    """One role a bundle, one layer in all: http of tickets runs as hub-demo-tickets."""
    for name, function in functions(demo).items():
        assert demo.target(function["Role"])["RoleName"] == "-".join(name.split("-")[:3])
        assert demo.target(function["Layers"][0])["LayerName"] == "hub-demo-dependencies"
        assert function["Architectures"] == ["arm64"]


def test_logs_go_away_after_the_days_that_the_tenant_chose(demo: Template) -> None:
    """Each function writes to a group of its own, with a retention."""
    for name, function in functions(demo).items():
        group = demo.target(function["LoggingConfig"]["LogGroup"])
        assert group["LogGroupName"] == f"/aws/lambda/{name}"
    assert {group["RetentionInDays"] for group in demo.of("AWS::Logs::LogGroup").values()} == {30}


def test_accept_is_told_nothing_but_its_tenant_table_and_queue(demo: Template) -> None:
    """The front door gets three settings; a room gets all of them."""
    told = {name: set(function["Environment"]["Variables"]) for name, function in functions(demo).items()}
    assert told.pop("hub-demo-accept-http") == LEAN
    assert all(names > LEAN | {"HUB_TABLE", "HUB_BUS", "HUB_KEY_ID"} for names in told.values())


def test_nothing_but_real_time_is_ever_synthesised(demo: Template, full: Template, shared: Template) -> None:
    """No function of any tenant is told of a scale, an origin, or a time that calls carry; an unknown clock has no
    place in a tenant's file (test_tenants.py)."""
    templates = (functions(template) for template in (demo, full, shared))
    told = [function["Environment"]["Variables"] for found in templates for function in found.values()]
    clocks = {(names.get("HUB_CLOCK_SCALE", "1"), names.get("HUB_CLOCK_ORIGIN", "")) for names in told}
    assert clocks == {("1", "")}


def test_only_functions_with_channel_clients_sit_in_the_vpc(full: Template, shared: Template) -> None:
    """With a fixed address, rooms that call platforms go out through it; accept and the rest never wait for a VPC."""
    for tenant, template in (("full", full), ("shared", shared)):
        inside = {name for name, function in functions(template).items() if "VpcConfig" in function}
        assert {name.split("-")[2] for name in inside} == {
            "customers",
            "directory",
            "notifications",
            "tickets",
            "webhooks",
        }
        assert f"hub-{tenant}-accept-http" not in inside


def test_without_a_fixed_address_there_is_no_network(demo: Template) -> None:
    """The default costs no NAT gateway."""
    assert not demo.of("AWS::EC2::VPC")
    assert not any("VpcConfig" in function for function in functions(demo).values())


def test_a_provisioned_front_door_is_called_through_its_live_alias(full: Template) -> None:
    """Versions kept ready serve the platforms' calls, and accept's concurrency is reserved."""
    alias = next(iter(full.of("AWS::Lambda::Alias").values()))
    assert alias["ProvisionedConcurrencyConfig"] == {"ProvisionedConcurrentExecutions": 2}
    called = {plain(item["IntegrationUri"]) for item in full.of("AWS::ApiGatewayV2::Integration").values()}
    assert any(uri.startswith("<AcceptLive") for uri in called)
    assert functions(full)["hub-full-accept-http"]["ReservedConcurrentExecutions"] == 50


def test_a_pinged_front_door_is_called_every_five_minutes(shared: Template) -> None:
    """The cheap warmth is a schedule."""
    schedule = shared.named("AWS::Scheduler::Schedule", "Name")["hub-shared-accept-http"]
    assert schedule["ScheduleExpression"] == "rate(5 minutes)"


def test_schedules_run_in_the_tenants_zone(full: Template) -> None:
    """An hour of the tenant is meant, and what can't run lies aside, where an alarm sees it."""
    schedule = full.named("AWS::Scheduler::Schedule", "Name")["hub-full-settlement-hourly"]
    assert schedule["ScheduleExpression"] == "cron(0 * * * ? *)"
    assert schedule["ScheduleExpressionTimezone"] == "Asia/Urumqi"
    assert full.target(schedule["Target"]["DeadLetterConfig"]["Arn"])["QueueName"] == "hub-full-undelivered"


def test_a_queue_is_read_as_its_entry_says(demo: Template) -> None:
    """Ten messages a call and five functions as a rule; a delivery's receiver may be slow, so each has its own call."""
    mappings = {
        plain(demo.target(mapping["FunctionName"])["FunctionName"]): mapping
        for mapping in demo.of("AWS::Lambda::EventSourceMapping").values()
        if "ScalingConfig" in mapping
    }
    usual, deliveries = mappings["hub-demo-tickets-events"], mappings["hub-demo-outbound-deliver"]
    assert (usual["BatchSize"], usual["ScalingConfig"]) == (10, {"MaximumConcurrency": 5})
    assert (deliveries["BatchSize"], deliveries["ScalingConfig"]) == (1, {"MaximumConcurrency": 20})


def test_who_hears_everything_names_no_type(demo: Template) -> None:
    """A pattern with each of them would soon be too long for EventBridge."""
    rules = demo.named("AWS::Events::Rule", "Name")
    assert rules["hub-demo-outbound-events"]["EventPattern"] == {"source": ["hub"]}
    assert rules["hub-demo-customers-events"]["EventPattern"] == {
        "source": ["hub"],
        "detail-type": ["message.received"],
    }


def test_a_flow_that_fails_is_seen(demo: Template) -> None:
    """Flows are made at run time; a rule on their names, and on the escalation's, sends each failed execution to a
    queue with an alarm."""
    rule = demo.named("AWS::Events::Rule", "Name")["hub-demo-flows-failed"]
    assert rule["EventPattern"]["detail"]["status"] == ["FAILED", "TIMED_OUT", "ABORTED"]
    flows, escalation = rule["EventPattern"]["detail"]["stateMachineArn"]
    assert "hub-demo-f-" in str(flows["prefix"])
    assert "hub-demo-escalation" in str(escalation)
    assert demo.target(rule["Targets"][0]["Arn"])["QueueName"] == "hub-demo-undelivered"
    assert "hub-demo-undelivered" in demo.named("AWS::CloudWatch::Alarm", "AlarmName")


def test_a_failed_execution_is_told_to_the_tickets_room(demo: Template) -> None:
    """The same rule puts it into the room's queue as the contract event, so no sweep has to find what died."""
    _, target = demo.named("AWS::Events::Rule", "Name")["hub-demo-flows-failed"]["Targets"]
    assert demo.target(target["Arn"])["QueueName"] == "hub-demo-tickets-events"
    transformer = target["InputTransformer"]
    assert transformer["InputPathsMap"] == {
        "id": "$.id",
        "at": "$.time",
        "execution": "$.detail.name",
        "status": "$.detail.status",
    }
    said = transformer["InputTemplate"].replace("<id>", "1b2").replace("<at>", "2026-11-30T02:45:00Z")
    said = said.replace("<execution>", "tkt_1-1").replace("<status>", "TIMED_OUT")
    event = parse_event(json.loads(said)["detail"])
    assert isinstance(event, ExecutionFailed)
    assert (event.id, event.tenant, event.execution, event.status) == ("evt_1b2", "demo", "tkt_1-1", "TIMED_OUT")


def test_every_path_of_a_room_and_all_below_it_reach_the_room(demo: Template) -> None:
    """`ANY p` and `ANY p/{proxy+}` for a room's paths, exact paths and webhook URLs as they are."""
    routed = {route["RouteKey"].removeprefix("ANY ") for route in demo.of("AWS::ApiGatewayV2::Route").values()}
    rooms = {path for facts in ROOMS.values() for path in facts["paths"]}
    exact = {path for facts in ROOMS.values() for path in facts.get("exact_paths", ())}
    below = {f"{path}/{{proxy+}}" for path in rooms}
    assert routed == rooms | below | exact | set(ACCEPT["entries"][0]["paths"])


def test_the_api_is_throttled_and_logs_the_route_alone(demo: Template) -> None:
    """Neither path nor query reach the access log: they carry ids, signatures and one-time codes."""
    stage = next(iter(demo.of("AWS::ApiGatewayV2::Stage").values()))
    logged = stage["AccessLogSettings"]["Format"]
    assert "$context.routeKey" in logged
    assert not any(word in logged for word in ("path", "query", "sourceIp", "authorizer"))
    assert stage["DefaultRouteSettings"]["ThrottlingRateLimit"] == 500
