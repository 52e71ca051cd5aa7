"""AWS clients, made once a process and only when first used."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import boto3
from botocore.config import Config

_CONFIG = Config(connect_timeout=3, read_timeout=20, retries={"mode": "standard", "max_attempts": 4})


@lru_cache(maxsize=16)
def client(service: str) -> Any:
    """The process's client of an AWS service, e.g. `client("sqs")`."""
    return boto3.client(service, config=_CONFIG)


def forget_clients() -> None:
    """Drop the cached clients: tests move from one simulated account to the next."""
    client.cache_clear()
