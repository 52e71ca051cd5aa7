"""DynamoDB: one table a room, the inbox, the content store and the platforms' table.

All are on demand, restorable and under the tenant's key.
"""

from collections.abc import Iterable

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.names import Names
from infra.tenant import Tenant

BY_LIST = ("by_list", "list_pk", "list_sk", "ALL")
LEVELS = ("tenant", "province", "city", "district", "store", "person")
BY_LEVEL = tuple((f"by_{level}", f"l_{level}", "l_at", "KEYS_ONLY") for level in LEVELS)
BY_DUE = ("by_due", "due_pk", "due_at", "KEYS_ONLY")
BY_CONNECTION = ("by_connection", "connection_pk", "connection_sk", "KEYS_ONLY")
BY_PENDING = ("by_pending", "pending_pk", "pending_since", "KEYS_ONLY")
Index = tuple[str, str, str, str]


class Tables(Construct):
    """`streamed` names the tables whose stream someone reads; the others have none."""

    def __init__(
        self, scope: Construct, names: Names, tenant: Tenant, *, key: kms.IKey, rooms: Iterable[str], streamed: set[str]
    ) -> None:
        super().__init__(scope, "Tables")
        self.names = names
        self.tenant = tenant
        self.key = key
        self.streamed = streamed
        indexes: dict[str, tuple[Index, ...]] = dict.fromkeys(rooms, (BY_LIST, BY_DUE, *BY_LEVEL))
        indexes |= {"inbox": (BY_PENDING, BY_CONNECTION), "content": (), "platforms": ()}
        self.tables = {name: self._table(name, of_table) for name, of_table in indexes.items()}

    def _table(self, name: str, indexes: tuple[Index, ...]) -> dynamodb.CfnTable:
        attributes = dict.fromkeys(["pk", "sk", *(field for index in indexes for field in index[1:3])])
        table = dynamodb.CfnTable(
            self,
            name.capitalize(),
            table_name=self.names.of(name),
            billing_mode="PAY_PER_REQUEST",
            attribute_definitions=[_attribute(field) for field in attributes],
            key_schema=_key_schema("pk", "sk"),
            global_secondary_indexes=[_index(*index) for index in indexes] or None,
            time_to_live_specification=dynamodb.CfnTable.TimeToLiveSpecificationProperty(
                attribute_name="expires_at", enabled=True
            ),
            point_in_time_recovery_specification=dynamodb.CfnTable.PointInTimeRecoverySpecificationProperty(
                point_in_time_recovery_enabled=True
            ),
            sse_specification=dynamodb.CfnTable.SSESpecificationProperty(
                sse_enabled=True, sse_type="KMS", kms_master_key_id=self.key.key_arn
            ),
            stream_specification=_stream() if name in self.streamed else None,
            deletion_protection_enabled=self.tenant.keep_data,
        )
        keep = cdk.RemovalPolicy.RETAIN if self.tenant.keep_data else cdk.RemovalPolicy.DESTROY
        table.apply_removal_policy(keep)
        return table


def _attribute(name: str) -> dynamodb.CfnTable.AttributeDefinitionProperty:
    return dynamodb.CfnTable.AttributeDefinitionProperty(attribute_name=name, attribute_type="S")


def _key_schema(hash_key: str, range_key: str) -> list[dynamodb.CfnTable.KeySchemaProperty]:
    return [
        dynamodb.CfnTable.KeySchemaProperty(attribute_name=hash_key, key_type="HASH"),
        dynamodb.CfnTable.KeySchemaProperty(attribute_name=range_key, key_type="RANGE"),
    ]


def _index(name: str, hash_key: str, range_key: str, shown: str) -> dynamodb.CfnTable.GlobalSecondaryIndexProperty:
    return dynamodb.CfnTable.GlobalSecondaryIndexProperty(
        index_name=name,
        key_schema=_key_schema(hash_key, range_key),
        projection=dynamodb.CfnTable.ProjectionProperty(projection_type=shown),
    )


def _stream() -> dynamodb.CfnTable.StreamSpecificationProperty:
    return dynamodb.CfnTable.StreamSpecificationProperty(stream_view_type="NEW_AND_OLD_IMAGES")
