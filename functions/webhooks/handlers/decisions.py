"""What is looked after every other minute: decisions that were taken while a platform did not answer, and lost turns of
promotions."""

from __future__ import annotations

from datetime import datetime

from functions.webhooks.desk import Desk
from functions.webhooks.room import room
from hub.kernel.clock import UNTIL_CALLED


@room.schedule("rate(2 minutes)")
def recheck(desk: Desk, now: datetime) -> datetime:
    """Say which decisions stood on a state that had changed (`decision.corrected`); begin the turns anew that were
    lost."""
    desk.promotions.promoter.resume()
    desk.orders.live.recheck(sorted(desk.orders.shops.every()))
    return UNTIL_CALLED
