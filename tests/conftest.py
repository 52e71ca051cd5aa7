"""What all tests share: a property test has no time limit of its own, as speed is measured in benchmarks/ alone; and of
two workers none is idle while the other plays a whole day."""

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("hub", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("hub")

FIRST = (
    "tests/scenarios/test_c008_a_day_of_3600_orders.py",  # minutes: one worker's, from the beginning
    "tests/infra/test_template.py",
    "tests/functional/test_webhooks_folding.py",  # goes to whoever has the day: a worker always holds two files
    "tests/infra/",  # so all of these run on the other worker, and CDK makes their templates once
    "tests/functional/",
)
"""The order of files, by how their paths begin; what begins otherwise is quick and comes last."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, else as they were found. The workers take whole files in this order."""
    items.sort(key=lambda item: next((i for i, path in enumerate(FIRST) if item.nodeid.startswith(path)), len(FIRST)))
