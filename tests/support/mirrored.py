"""What a marketplace says of its promotion 满199减50."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hub.contracts.events import PromotionChanged
from tests.support.aws import TENANT

HERE = {"tenant": TENANT, "connection_id": "con_1", "channel": "open", "shop_id": "shop-1"}


def promotion_said(at: datetime, off_minor: int, **more: Any) -> PromotionChanged:
    """Heard at a moment: so much off from 199.00 on, for thirty days unless it says otherwise."""
    period = {"source_at": at, "starts_at": at - timedelta(days=1), "ends_at": at + timedelta(days=30)}
    facts = {"id": f"evt_{at.timestamp()}", "at": at, "platform": "jd", "promotion_id": "JD1", "threshold_minor": 19900,
             "reduction_minor": off_minor, **HERE, **period, **more}  # fmt: skip
    return PromotionChanged.model_validate(facts)
