"""Flows that have a system of the tenant's own do something: tickets and outbound webhooks in one account."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from hub.contracts.events import parse_event
from tests.support.aws import TENANT, make_table
from tests.support.http import bus_events
from tests.support.outbound import Hub, install_hub
from tests.support.tickets import World, world


@dataclass
class Calls:
    """Tickets and outbound webhooks on one account and clock, and a system of the shop's own behind an endpoint."""

    tickets: World
    outbound: Hub
    endpoint: dict[str, Any]

    def exchange(self, **span: float) -> None:
        """What each says the other hears; calls are made, and time passes."""
        for _ in range(10):
            said, self.tickets.emitted[:] = list({e.id: e for e in self.tickets.emitted}.values()), []
            self.outbound.tell(*said)
            self.outbound.run(**span)
            span = {}
            heard = [parse_event(event) for event in bus_events(self.tickets.session)]
            answered = [event for event in heard if event.type == "flow.answered"]  # type: ignore[attr-defined]
            if answered:
                self.tickets.tell(*answered, *answered)
            if not said and not answered:
                return
        raise AssertionError("they do not come to rest")

    def stands(self, ticket_id: str) -> list[tuple[str, str]]:
        visits = self.tickets.ticket(ticket_id)["visits"]
        return [(visit["node"], visit["outcome"]) for visit in visits]


@contextmanager
def calling(url: str) -> Iterator[tuple[World, Hub, dict[str, Any]]]:
    """A shop with a supervisor, whose system at `url` is registered: its three parts."""
    with world(publish=()) as tickets:
        tickets.hire("chen", role="supervisor", region="base")
        if f"hub-{TENANT}-outbound" not in tickets.session.client("dynamodb").list_tables()["TableNames"]:
            make_table(f"hub-{TENANT}-outbound")
        outbound = install_hub(tickets.session, tickets.clock, table=f"hub-{TENANT}-outbound")
        yield tickets, outbound, outbound.register(url, events=["endpoint.called"], ordered=False)
