"""HTTP bodies of /tickets/queues."""

from typing import Annotated

from pydantic import Field

from hub.contracts.base import Contract, Moment, Priority
from hub.contracts.classes import Located


class QueuedView(Contract):
    """What waits in a queue: since when, and by which moment it stands there (its head start taken off)."""

    ticket_id: Annotated[str, Located("thing")]
    visit_id: str
    node: str
    priority: Priority
    vip: bool = Field(description="its customer is one: the ticket is tagged vip")
    since: Moment = Field(description="since when it waits")
    place: Moment = Field(description="by which it stands in the queue: the earliest is taken first")
