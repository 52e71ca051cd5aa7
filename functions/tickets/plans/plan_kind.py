"""Plans (巡检排期、维保计划) as documents: which devices are looked after how often, by whom. Pure."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

from pydantic import Field

from functions.tickets.context import Context
from functions.tickets.flows.flow import Title
from functions.tickets.ticket.types import TICKET_TYPES
from hub.contracts.base import Contract, Priority, RegionCode, Slug
from hub.documents.kinds import Finding, Kind, Proposal

DEVICES_LIMIT = 2000


class Device(Contract):
    """One device: its number, whose it is, and where it stands."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$", examples=["AC1"])]
    customer_id: Annotated[str, Field(pattern=r"^cus_[0-9A-Za-z]{1,32}$")]
    region: RegionCode
    store_id: Annotated[str, Field(max_length=64)] = ""


class Plan(Contract):
    """Each device gets a ticket of the type every so many months, on a work day; the devices of a month are shared out
    evenly over those who hold the role (and are of the team, where one is named) and cover its region, and over the
    month's work days."""

    title: Title
    type: Slug
    every_months: Annotated[int, Field(ge=1, le=12)] = 1
    role: Literal["engineer", "agent", "store_manager"] = "engineer"
    team: Slug | None = None
    priority: Priority = "normal"
    enabled: bool = True
    devices: Annotated[tuple[Device, ...], Field(min_length=1, max_length=DEVICES_LIMIT)]


def lint_plan(proposal: Proposal[Plan], context: Context) -> Iterable[Finding]:
    """A type that there is not could never be opened; a device stands once."""
    if proposal.value.type not in context.in_force(TICKET_TYPES):
        yield Finding("/type", "no ticket type has this name")
    first: dict[str, int] = {}
    for i, device in enumerate(proposal.value.devices):
        if first.setdefault(device.id, i) != i:
            yield Finding(f"/devices/{i}/id", "stands twice")


def watch(proposal: Proposal[Plan], context: Context) -> Mapping[str, str]:
    """From now on somebody looks every morning what of the plan is to be opened."""
    context.watch_plan(proposal.key)
    return {}


PLANS = Kind[Plan](
    name="service_plan",
    path="/tickets/plans",
    title="巡检排期 · Service plan",
    schema=Plan,
    lint=lint_plan,
    published=watch,
    readers=("supervisor", "agent", "engineer", "store_manager", "viewer", "integrator"),
    editors=("supervisor",),
)
