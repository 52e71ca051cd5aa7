"""The way out: a fixed address for the functions that call platforms, through an own NAT or a VPC that exists."""

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.names import Names
from infra.permissions import Grant
from infra.roles import make_role
from infra.tenant import Tenant

NETWORKED = frozenset({"webhooks", "notifications", "tickets", "customers", "directory"})
"""The functions with channel clients; accept never."""


@dataclass(frozen=True)
class Network:
    """Where functions with channel clients sit."""

    vpc: ec2.IVpc
    subnets: ec2.SubnetSelection
    security_group: ec2.ISecurityGroup


class OwnNat(Construct):
    """Two zones, one NAT gateway: its elastic IP is the address to tell the platforms."""

    def __init__(self, scope: Construct, names: Names, tenant: Tenant) -> None:
        super().__init__(scope, "Egress")
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            vpc_name=names.base,
            max_azs=2,
            nat_gateways=1,
            gateway_endpoints={
                "DynamoDb": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.DYNAMODB)
            },
        )
        self.security_group = ec2.SecurityGroup(
            self, "Out", vpc=self.vpc, description="HTTPS out, nothing in", allow_all_outbound=False
        )
        self.security_group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "HTTPS")
        self._log_flows(names, tenant)
        cdk.CfnOutput(self, "Address", value=self._address(), key="EgressAddress")

    def _address(self) -> str:
        """The elastic IP of the one NAT gateway."""
        addresses = [each for each in self.vpc.node.find_all() if isinstance(each, ec2.CfnEIP)]
        return str(addresses[0].attr_public_ip)

    def network(self) -> Network:
        private = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS)
        return Network(self.vpc, private, self.security_group)

    def _log_flows(self, names: Names, tenant: Tenant) -> None:
        group = logs.CfnLogGroup(
            self, "FlowLogs", log_group_name=f"/hub/{tenant.id}/network", retention_in_days=tenant.logs.retention_days
        )
        group.apply_removal_policy(cdk.RemovalPolicy.DESTROY)
        writing = tuple(f"logs:{verb}" for verb in ("CreateLogStream", "DescribeLogStreams", "PutLogEvents"))
        role = make_role(
            self,
            "FlowLogsRole",
            name=names.of("network"),
            service="vpc-flow-logs.amazonaws.com",
            grants=[Grant(writing, (group.attr_arn,))],
        )
        ec2.CfnFlowLog(
            self,
            "Flows",
            resource_id=self.vpc.vpc_id,
            resource_type="VPC",
            traffic_type="REJECT",
            log_group_name=group.ref,
            deliver_logs_permission_arn=role.role_arn,
        )


def make_network(scope: Construct, names: Names, tenant: Tenant) -> Network | None:
    """The network of the tenant's choice, None where no fixed address is asked for."""
    egress = tenant.egress
    if egress.kind == "none":
        return None
    if egress.kind == "nat":
        return OwnNat(scope, names, tenant).network()
    shared = ec2.Vpc.from_vpc_attributes(
        scope,
        "SharedVpc",
        vpc_id=egress.vpc_id,
        availability_zones=list(egress.availability_zones),
        private_subnet_ids=list(egress.subnet_ids),
    )
    group = ec2.SecurityGroup.from_security_group_id(scope, "SharedOut", egress.security_group_id, mutable=False)
    return Network(shared, ec2.SubnetSelection(subnets=shared.private_subnets), group)
