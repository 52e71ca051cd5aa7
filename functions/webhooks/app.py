"""The webhooks room: its routes (`api/`), and what its queues, streams and schedules call (`handlers/`). The front door
itself is accept.py, a function of its own."""

from __future__ import annotations

from functions.webhooks.api import connections as _connections
from functions.webhooks.api import live as _live
from functions.webhooks.api import messages as _messages
from functions.webhooks.api import orders as _orders
from functions.webhooks.api import promotions as _promotions
from functions.webhooks.api import reconcile as _reconcile
from functions.webhooks.api import replays as _replays
from functions.webhooks.api import reviews as _reviews
from functions.webhooks.handlers import changes, counters, decisions, messages, promotions, pulls, replays, touched
from functions.webhooks.mappings.kind import STATUS_MAPPINGS
from functions.webhooks.room import IMPORTS, room
from hub.documents.routes import serve_documents
from hub.jobs.routes import serve_jobs

ROUTES = (_connections, _live, _messages, _orders, _promotions, _reconcile, _replays, _reviews)
HANDLERS = (changes, messages, replays, counters, touched, pulls, decisions, promotions)

serve_documents(room, (STATUS_MAPPINGS,), lambda desk: desk.documents)
serve_jobs(room, IMPORTS)

__all__ = ["HANDLERS", "ROUTES", "room"]
