"""The tenant's own key: tables, secrets and personal fields are encrypted under it."""

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.names import Names
from infra.tenant import Tenant


class TenantKey(Construct):
    """A CMK that rotates yearly, under alias/hub-<tenant>."""

    def __init__(self, scope: Construct, names: Names, tenant: Tenant) -> None:
        super().__init__(scope, "Key")
        self.key = kms.Key(
            self,
            "Key",
            alias=f"alias/{names.base}",
            description=f"scrm-hub {tenant.id}: tables, secrets and personal fields",
            enable_key_rotation=True,
            removal_policy=cdk.RemovalPolicy.RETAIN if tenant.keep_data else cdk.RemovalPolicy.DESTROY,
        )
