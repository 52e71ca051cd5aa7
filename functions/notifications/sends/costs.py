"""What a message costs, by the tenant's price list. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from functions.notifications.gateways.message import Message

SINGLE_CHARS, PART_CHARS = 70, 67
"""An SMS of more than 70 characters is billed in parts of 67 (长短信)."""


def cost_of(channel: str, message: Message, costs: Mapping[Any, str]) -> str:
    """A decimal text, "0" where the list names no price."""
    price = Decimal(costs.get(channel, "0"))
    return str(price * _parts(channel, message))


def _parts(channel: str, message: Message) -> int:
    """How many messages an SMS is, by what its variables and its title say: the template's own words are not known."""
    if channel != "sms":
        return 1
    values = message.sms.values.values() if message.sms else (message.title,)
    length = sum(map(len, values))
    return 1 if length <= SINGLE_CHARS else -(-length // PART_CHARS)
