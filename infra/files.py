"""The tenant's bucket: what jobs write for people to fetch, of which nothing stays a week, and the photos and papers
that people bring, which are evidence and stay."""

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.grants import Grants
from infra.names import Names

KEPT_DAYS = 7


class Files(Construct):
    """Under the tenant's key, over TLS alone, never public; an account's buckets share one namespace with the world."""

    def __init__(self, scope: Construct, names: Names, *, key: kms.IKey) -> None:
        super().__init__(scope, "Files")
        self.name = names.bucket("files")
        encryption = s3.CfnBucket.ServerSideEncryptionByDefaultProperty(
            sse_algorithm="aws:kms", kms_master_key_id=key.key_arn
        )
        bucket = s3.CfnBucket(
            self,
            "Bucket",
            bucket_name=self.name,
            bucket_encryption=s3.CfnBucket.BucketEncryptionProperty(
                server_side_encryption_configuration=[
                    s3.CfnBucket.ServerSideEncryptionRuleProperty(
                        bucket_key_enabled=True, server_side_encryption_by_default=encryption
                    )
                ]
            ),
            lifecycle_configuration=s3.CfnBucket.LifecycleConfigurationProperty(
                rules=[
                    s3.CfnBucket.RuleProperty(
                        status="Enabled", expiration_in_days=KEPT_DAYS, id=f"forget-{room}", prefix=f"{room}/job_"
                    )
                    for room in Grants.FILE_ROOMS
                ]
            ),
            public_access_block_configuration=s3.CfnBucket.PublicAccessBlockConfigurationProperty(
                block_public_acls=True,
                block_public_policy=True,
                ignore_public_acls=True,
                restrict_public_buckets=True,
            ),
        )
        bucket.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
        everything = cdk.Fn.join("", [bucket.attr_arn, "/*"])
        s3.CfnBucketPolicy(
            self,
            "TlsAlone",
            bucket=bucket.ref,
            policy_document={
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Deny",
                        "Principal": "*",
                        "Action": "s3:*",
                        "Resource": [bucket.attr_arn, everything],
                        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                    }
                ],
            },
        )
