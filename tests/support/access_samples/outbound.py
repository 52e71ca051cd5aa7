"""One endpoint with one delivery. Endpoints are the whole tenant's: nobody of a region changes one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from functions.outbound import app
from tests.support.access import Ids, Sample
from tests.support.outbound import OK, outbound_hub

URL = "https://a.example/hook"


@contextmanager
def stage() -> Iterator[Ids]:
    """What an endpoint was told of a ticket."""
    with outbound_hub() as hub:
        hub.receivers.behaviours[URL] = OK
        endpoint = hub.register(URL)
        hub.tell(hub.closed(1))
        hub.work()
        (delivery,) = hub.deliveries(endpoint["id"])
        yield {"endpoint_id": endpoint["id"], "delivery_id": delivery["id"]}


SAMPLE = Sample(
    app.room,
    stage,
    bodies={("POST", "/webhooks/endpoints"): {"url": URL, "events": ["*"]}},
)
