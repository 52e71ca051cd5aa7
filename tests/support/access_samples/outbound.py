"""One endpoint with one delivery, of a region. Nobody of a region changes one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from functions.outbound import app
from functions.outbound.api.endpoints import ONE
from tests.support.access import REGION, Ids, Sample
from tests.support.outbound import OK, outbound_hub

URL = "https://a.example/hook"


@contextmanager
def stage() -> Iterator[Ids]:
    """What an endpoint was told of a ticket."""
    with outbound_hub() as hub:
        hub.receivers.behaviours[URL] = OK
        endpoint = hub.register(URL, region=REGION)
        hub.tell(hub.closed(1))
        hub.work()
        (delivery,) = hub.deliveries(endpoint["id"])
        yield {"endpoint_id": endpoint["id"], "delivery_id": delivery["id"]}


SAMPLE = Sample(
    app.room,
    stage,
    bodies={("POST", "/webhooks/endpoints"): {"url": URL, "events": ["*"]}},
    found_by=dict.fromkeys(
        (f"{ONE}{part}" for part in ("", "/statistics", "/deliveries", "/deliveries/{delivery_id}")),
        ("the tenant", "the province"),
    ),
)
