"""call_endpoint (调用外部系统): have a system of the tenant's own do something, and go on by its answer.

The endpoint is registered like one for events (POST /webhooks/endpoints): its address was checked, calls are signed,
tried again, and can be looked up. What the hub has no room for goes by it: stock, shipments, appointments.
"""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from functions.tickets.actions.action import ActionType, Outcome, Result, Work
from functions.tickets.ticket.ticket import Deed, Move, Note
from hub.contracts.base import Contract, Slug
from hub.kernel.ids import SYSTEM

DONE, REFUSED, UNREACHABLE = "done", "refused", "unreachable"


class CallEndpointParams(Contract):
    """Whom, for what, and how long the answer is waited for."""

    endpoint: Annotated[str, Field(pattern=r"^ep_[0-9A-Z]{26}$")] = Field(
        description="接收地址 · the registered endpoint, ep_…"
    )
    name: Slug = Field(description="做什么 · what it is to do, in a word of your own: reserve_stock, ship, book_slot")
    fields: Annotated[tuple[Slug, ...], Field(max_length=20)] = Field(
        default=(), description="带上的字段 · fields of the ticket that it is told"
    )
    wait_seconds: Annotated[int, Field(ge=1, le=7 * 86_400)] = Field(
        default=60, description="最多等待 · so long it is tried and waited for"
    )


def call_endpoint(work: Work[CallEndpointParams]) -> Result:
    """It is called once its visit is written; the answer ends the visit."""
    ticket, params = work.case.ticket, work.params
    about = {name: ticket.fields[name] for name in params.fields if name in ticket.fields}
    note = Note("calls", SYSTEM, {"action": params.name, "to": params.endpoint})
    deed = Deed(kind="endpoint", name=params.name, target=params.endpoint, about=about, order_no=ticket.order_no)
    return Result("", Move(ticket, (note,)), {}, deed, work.at + timedelta(seconds=params.wait_seconds))


CALL_ENDPOINT = ActionType(
    name="call_endpoint",
    zh="调用外部系统并按其回答继续",
    en="Have a system of your own do something, and go on by its answer",
    params=CallEndpointParams,
    outcomes=(
        Outcome(DONE, "已完成", "it answered 2xx; an `outcome` in its JSON is the outcome in place of this"),
        Outcome(REFUSED, "被拒绝", "it answered 4xx, or there is no such endpoint"),
        Outcome(UNREACHABLE, "无应答", "no answer in time, however often it was tried"),
    ),
    run=call_endpoint,
    late=UNREACHABLE,
    open_outcomes=True,
)
