"""Structured logs and metrics that cannot leak: what is named like a secret or a person is masked."""

from __future__ import annotations

import logging

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from aws_lambda_powertools.metrics import MetricUnit

from hub.edge.private import MASK, PRIVATE
from hub.edge.tracing import REQUEST_ID

NAMESPACE = "scrm-hub"


class MaskingFormatter(LambdaPowertoolsFormatter):
    """Powertools' JSON lines, with private fields masked wherever they stand, and the request that they belong to."""

    def format(self, record: logging.LogRecord) -> str:
        for key in PRIVATE & record.__dict__.keys() - {"name"}:
            record.__dict__[key] = MASK
        if request_id := REQUEST_ID.get():
            record.__dict__["request_id"] = request_id
        return str(super().format(record))


def make_logger(service: str) -> Logger:
    """The room's logger: JSON lines, masked, at the level of POWERTOOLS_LOG_LEVEL."""
    return Logger(service=service, logger_formatter=MaskingFormatter(), utc=True)


def count_metric(service: str, tenant: str, name: str, value: int) -> None:
    """Add to a metric of the tenant's room, in CloudWatch's embedded format: one line in the log."""
    metrics = Metrics(namespace=NAMESPACE, service=service)
    metrics.add_dimension(name="tenant", value=tenant)
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)
    metrics.flush_metrics()
