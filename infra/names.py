"""The names of everything in AWS: literal, made of the tenant's id, so that no two constructs need each other."""

from aws_cdk import ArnFormat, Stack

PREFIX = "hub"


class Names:
    """Names and ARNs of one tenant's things; ARNs are made of the stack's own partition, region and account."""

    def __init__(self, stack: Stack, tenant: str) -> None:
        self.stack = stack
        self.tenant = tenant
        self.base = f"{PREFIX}-{tenant}"

    def of(self, *parts: str) -> str:
        """hub-<tenant>-<parts joined by hyphens>."""
        return "-".join((self.base, *parts))

    def function_arn(self, function: str, entry: str) -> str:
        return self._colon("lambda", "function", self.of(function, entry))

    def log_group(self, function: str, entry: str) -> str:
        return f"/aws/lambda/{self.of(function, entry)}"

    def log_streams_arn(self, function: str, entry: str) -> str:
        return self._colon("logs", "log-group", f"{self.log_group(function, entry)}:*")

    def queue_arn(self, *parts: str) -> str:
        return self._arn("sqs", self.of(*parts), ArnFormat.NO_RESOURCE_NAME)

    def table_arn(self, name: str, *below: str) -> str:
        return self._slash("dynamodb", "table", "/".join((self.of(name), *below)))

    def bus_arn(self) -> str:
        return self._slash("events", "event-bus", self.base)

    def rule_arn(self, name: str) -> str:
        return self._slash("events", "rule", f"{self.base}/{name}")

    def default_rule_arn(self, name: str) -> str:
        """A rule on the account's own bus, where AWS's services speak."""
        return self._slash("events", "rule", name)

    def machine_arn(self, name: str) -> str:
        return self._colon("states", "stateMachine", self.of(name))

    def executions_arn(self, name: str) -> str:
        return self._colon("states", "execution", f"{self.of(name)}*")

    def role_arn(self, name: str) -> str:
        arn = self.stack.format_arn(service="iam", region="", resource="role", resource_name=self.of(name))
        return str(arn)

    def parameter_arn(self, *below: str) -> str:
        return self._slash("ssm", "parameter", "/".join((PREFIX, self.tenant, *below)))

    def _slash(self, service: str, resource: str, name: str) -> str:
        return str(self.stack.format_arn(service=service, resource=resource, resource_name=name))

    def _colon(self, service: str, resource: str, name: str) -> str:
        return str(
            self.stack.format_arn(
                service=service,
                resource=resource,
                resource_name=name,
                arn_format=ArnFormat.COLON_RESOURCE_NAME,
            )
        )

    def _arn(self, service: str, resource: str, arn_format: ArnFormat) -> str:
        return str(self.stack.format_arn(service=service, resource=resource, arn_format=arn_format))
