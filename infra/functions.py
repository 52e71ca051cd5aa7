"""Lambda: the functions of one bundle, with one role, one layer and a log group each."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.egress import Network
from infra.manifest import Entry, Manifest
from infra.names import Names
from infra.permissions import Grant
from infra.roles import make_role
from infra.tenant import Tenant

PYTHON_MINORS = (11, 12, 13)
LIVE = "live"


def runtime() -> lambda_.Runtime:
    """The Lambda runtime of the Python that runs now: bytecode is only good for the minor that made it."""
    minor = sys.version_info.minor
    if minor not in PYTHON_MINORS:
        raise ValueError(f"bundles are built for Python 3.{PYTHON_MINORS}, not 3.{minor}")
    return lambda_.Runtime(f"python3.{minor}", lambda_.RuntimeFamily.PYTHON)


class Layer(Construct):
    """The dependencies of all functions, from the lock file; or, with a name, what one function alone needs."""

    def __init__(self, scope: Construct, names: Names, tenant: Tenant, *, directory: Path, name: str = "") -> None:
        super().__init__(scope, f"Layer{name.capitalize()}")
        self.version = lambda_.LayerVersion(
            self,
            "Layer",
            layer_version_name=names.of(name or "dependencies"),
            code=lambda_.Code.from_asset(str(directory)),
            compatible_runtimes=[runtime()],
            compatible_architectures=[architecture(tenant)],
        )


def architecture(tenant: Tenant) -> lambda_.Architecture:
    return lambda_.Architecture.ARM_64 if tenant.architecture == "arm64" else lambda_.Architecture.X86_64


class RoomFunctions(Construct):
    """A Lambda for each entry of the manifest; `functions` holds them by entry name. layers: "" is everybody's."""

    def __init__(
        self,
        scope: Construct,
        names: Names,
        tenant: Tenant,
        *,
        manifest: Manifest,
        code: Path,
        layers: Mapping[str, Layer],
        grants: list[Grant],
        environment: dict[str, str],
        network: Network | None,
    ) -> None:
        super().__init__(scope, manifest.function.capitalize())
        self.names = names
        self.tenant = tenant
        self.manifest = manifest
        self.code = lambda_.Code.from_asset(str(code))
        self.layers = layers
        self.environment = environment
        self.network = network
        self.role = make_role(
            self, "Role", name=names.of(manifest.function), service="lambda.amazonaws.com", grants=grants
        )
        self.functions = {entry.name: self._function(entry) for entry in manifest.entries}
        self.live = self._live() if manifest.function == "accept" else None

    def _function(self, entry: Entry) -> lambda_.Function:
        manifest, reserved = self.manifest, self.tenant.limits.accept_concurrency
        return lambda_.Function(
            self,
            entry.name.capitalize(),
            function_name=self.names.of(manifest.function, entry.name),
            description=f"{manifest.function}: {entry.name} ({entry.kind})",
            runtime=runtime(),
            architecture=architecture(self.tenant),
            handler=entry.handler,
            code=self.code,
            layers=[self.layers[name].version for name in dict.fromkeys(("", entry.layer))],
            role=self.role.without_policy_updates(),
            environment=self.environment,
            timeout=cdk.Duration.seconds(entry.timeout),
            memory_size=entry.memory,
            reserved_concurrent_executions=reserved if manifest.function == "accept" and reserved else None,
            log_group=self._log_group(entry),
            vpc=self.network.vpc if self.network else None,
            vpc_subnets=self.network.subnets if self.network else None,
            security_groups=[self.network.security_group] if self.network else None,
        )

    def _log_group(self, entry: Entry) -> logs.ILogGroup:
        group = logs.CfnLogGroup(
            self,
            f"{entry.name.capitalize()}Logs",
            log_group_name=self.names.log_group(self.manifest.function, entry.name),
            retention_in_days=self.tenant.logs.retention_days,
        )
        group.apply_removal_policy(cdk.RemovalPolicy.DESTROY)
        return logs.LogGroup.from_log_group_name(self, f"{entry.name}LogsByName", group.ref)

    def _live(self) -> lambda_.Alias | None:
        """Where warmth is provisioned, callers use this alias: the versions behind it are kept ready."""
        if self.tenant.warmth.kind != "provisioned":
            return None
        function = self.functions[self.manifest.entries[0].name]
        return lambda_.Alias(
            self,
            "Live",
            alias_name=LIVE,
            version=function.current_version,
            provisioned_concurrent_executions=self.tenant.warmth.instances,
        )


def environment(
    names: Names, tenant: Tenant, *, base_url: str, room: str, changes_url: str, tally_url: str
) -> dict[str, str]:
    """What a function is told; accept is told its tenant, its table and its queue alone."""
    lean = {
        "HUB_TENANT": tenant.id,
        "HUB_INBOX_TABLE": names.of("inbox"),
        "HUB_TALLY_QUEUE_URL": tally_url,
    }
    if room == "accept":
        return lean
    return lean | {
        "HUB_TABLE": names.of(room),
        "HUB_CONTENT_TABLE": names.of("content"),
        "HUB_DIRECTORY_TABLE": names.of("directory"),
        "HUB_PLATFORMS_TABLE": names.of("platforms"),
        "HUB_BUS": names.base,
        "HUB_CHANGES_QUEUE_URL": changes_url,
        "HUB_CLOCK_SCALE": str(tenant.clock_scale),
        "HUB_CLOCK_ORIGIN": "",
        "HUB_BASE_URL": base_url,
        "HUB_KEY_ID": f"alias/{names.base}",
        "HUB_FLOW_ROLE_ARN": names.role_arn("flows"),
        "HUB_STEPS_FUNCTION": names.of("tickets", "steps"),
        "HUB_ESCALATION_ARN": names.machine_arn("escalation"),
        "HUB_RUN_ARN": names.machine_arn("settlement-run"),
        "HUB_PLATFORMS_URL": "",
        "HUB_VERIFY_FILES": json.dumps(tenant.verify_files, ensure_ascii=False),
        "HUB_TIMEZONE": tenant.timezone,
        "HUB_ALLOWED_ORIGINS": " ".join(tenant.web.origins),
        "HUB_REQUESTS_PER_MINUTE": str(tenant.limits.per_caller_and_minute),
        "HUB_BOARD_URL": tenant.web.board_url,
        "HUB_FILES_BUCKET": names.bucket("files"),
        "HUB_DEFAULT_REGION": tenant.default_region,
        "POWERTOOLS_SERVICE_NAME": room,
        "POWERTOOLS_METRICS_NAMESPACE": names.base,
        "POWERTOOLS_TRACE_DISABLED": "1",
    }
