"""The one HTTP API of the tenant: every room behind its own paths, throttled, logged by route alone."""

import json

import aws_cdk as cdk
from aws_cdk import aws_apigatewayv2 as apigw
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.functions import RoomFunctions
from infra.manifest import Entry
from infra.names import Names
from infra.tenant import Tenant

# The route's template, never the path or the query: those carry ids, signatures and one-time codes.
LOGGED = {
    "requestId": "$context.requestId",
    "time": "$context.requestTime",
    "route": "$context.routeKey",
    "status": "$context.status",
    "milliseconds": "$context.responseLatency",
    "bytes": "$context.responseLength",
    "integrationStatus": "$context.integrationStatus",
}


class Api(Construct):
    """`url` is where the tenant is reached: its own domain, or the address that AWS gives."""

    def __init__(self, scope: Construct, names: Names, tenant: Tenant) -> None:
        super().__init__(scope, "Api")
        self.names = names
        self.tenant = tenant
        self.api = apigw.CfnApi(
            self,
            "Api",
            name=names.base,
            description=f"scrm-hub {tenant.id}",
            protocol_type="HTTP",
            disable_execute_api_endpoint=bool(tenant.domain.name),
        )
        self.id = self.api.ref
        self.stage = self._stage()
        self.target = self._domain(tenant.domain.name, tenant.domain.certificate_arn) if tenant.domain.name else ""
        generated = f"https://{self.id}.execute-api.{cdk.Aws.REGION}.{cdk.Aws.URL_SUFFIX}"
        self.url = f"https://{tenant.domain.name}" if tenant.domain.name else generated

    def route(self, room: RoomFunctions) -> None:
        """One integration and one permission an HTTP entry, and a route for each of its paths."""
        for entry in room.manifest.of_kind("http", "accept"):
            called: lambda_.IFunction = room.live or room.functions[entry.name]
            target = self._integration(room, called, "" if entry.name == "http" else entry.name.capitalize())
            for path in route_paths(entry):
                apigw.CfnRoute(
                    room,
                    f"Route {path}",
                    api_id=self.id,
                    route_key=f"ANY {path}",
                    target=f"integrations/{target.ref}",
                    authorization_type="NONE",
                )

    def _integration(self, room: RoomFunctions, called: lambda_.IFunction, name: str) -> apigw.CfnIntegration:
        lambda_.CfnPermission(
            room,
            f"{name}CalledByApi",
            action="lambda:InvokeFunction",
            function_name=called.function_arn,
            principal="apigateway.amazonaws.com",
            source_arn=cdk.Stack.of(self).format_arn(service="execute-api", resource=self.id, resource_name="*/*"),
        )
        return apigw.CfnIntegration(
            room,
            f"{name}Integration",
            api_id=self.id,
            integration_type="AWS_PROXY",
            integration_uri=called.function_arn,
            payload_format_version="2.0",
        )

    def _stage(self) -> apigw.CfnStage:
        group = logs.CfnLogGroup(
            self,
            "AccessLogs",
            log_group_name=f"/hub/{self.tenant.id}/http",
            retention_in_days=self.tenant.logs.retention_days,
        )
        group.apply_removal_policy(cdk.RemovalPolicy.DESTROY)
        limits = self.tenant.limits
        return apigw.CfnStage(
            self,
            "Stage",
            api_id=self.id,
            stage_name="$default",
            auto_deploy=True,
            access_log_settings=apigw.CfnStage.AccessLogSettingsProperty(
                destination_arn=group.attr_arn, format=json.dumps(LOGGED)
            ),
            default_route_settings=apigw.CfnStage.RouteSettingsProperty(
                throttling_rate_limit=limits.requests_per_second,
                throttling_burst_limit=limits.burst,
                detailed_metrics_enabled=True,
            ),
        )

    def _domain(self, name: str, certificate_arn: str) -> str:
        """The custom domain; answers the name to point a CNAME at."""
        configuration = apigw.CfnDomainName.DomainNameConfigurationProperty(
            certificate_arn=certificate_arn, endpoint_type="REGIONAL", security_policy="TLS_1_2"
        )
        domain = apigw.CfnDomainName(self, "Domain", domain_name=name, domain_name_configurations=[configuration])
        mapping = apigw.CfnApiMapping(self, "Mapping", api_id=self.id, domain_name=domain.ref, stage=self.stage.ref)
        mapping.add_dependency(self.stage)
        return str(domain.attr_regional_domain_name)


def route_paths(entry: Entry) -> list[str]:
    """`/tickets` → itself and all below it; exact paths and accept's webhook URLs as they are."""
    if entry.kind == "accept":
        return list(entry.paths)
    below = [f"{path}{rest}" for path in entry.paths for rest in ("", "/{proxy+}")]
    return [*below, *entry.exact_paths]
