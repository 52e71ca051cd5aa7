"""A build directory as `hubctl build` leaves it, with hand-written manifests and no code in the bundles."""

import json
from itertools import product
from pathlib import Path
from typing import Any

OUTBOX = ("changes", "forward")
SHARED = ("forward",)
"""Of a room whose changes come by the queue of its events."""
ROOMS: dict[str, dict[str, Any]] = {
    "webhooks": {
        "paths": ["/webhooks"],
        "events": ["order.touched"],
        "outbox": OUTBOX,
        "schedules": {
            "pull": "rate(10 minutes)",
            "sweep": "rate(5 minutes)",
            "fold": "rate(1 hour)",
            "recheck": "rate(2 minutes)",
        },
        "queues": ["greetings", "pulls"],
    },
    "tickets": {
        "paths": ["/tickets", "/flows", "/t"],
        "events": ["message.resolved", "card.tapped"],
        "outbox": SHARED,
        "followed": ["ticket", "visit#"],
        "tasks": ["steps"],
        "schedules": {"sweep": "rate(5 minutes)"},
    },
    "customers": {"paths": ["/customers"], "events": ["message.received"], "outbox": SHARED},
    "notifications": {
        "paths": ["/notifications"],
        "events": ["ticket.closed"],
        "outbox": SHARED,
        "followed": ["job"],
        "schedules": {"sweep": "rate(1 minute)"},
    },
    "outbound": {
        "paths": ["/webhooks/endpoints", "/webhooks/event-types"],
        "events": ["*"],
        "schedules": {"sweep": "rate(1 minute)"},
        "queues": ["deliver"],
        "queue_options": {"batch": 1, "concurrency": 20},
    },
    "settlement": {
        "paths": ["/settlement"],
        "apart": ("paper", "pdf", "/settlement/statements/{statement_id}/pdf"),
        "events": ["ticket.closed", "refund.paid"],
        "outbox": SHARED,
        "tasks": ["steps"],
        "schedules": {"hourly": "cron(0 * * * ? *)"},
    },
    "pricing": {
        "paths": ["/pricing"],
        "events": ["store.changed"],
        "outbox": SHARED,
        "followed": ["p#"],
        "schedules": {"look": "rate(15 minutes)"},
    },
    "directory": {
        "paths": ["/directory", "/auth", "/jobs/directory", "/docs"],
        "exact_paths": ["/openapi.json", "/{file}"],
        "events": ["staff.changed"],
        "outbox": SHARED,
    },
}
ACCEPT = {
    "function": "accept",
    "schema": 1,
    "entries": [
        {
            "name": "http",
            "kind": "accept",
            "handler": "functions.webhooks.accept.handler",
            "paths": ["/webhooks/wecom/{connection}", "/webhooks/douyin/{connection}"],
            "timeout": 10,
            "memory": 512,
        }
    ],
}


def manifest_of(room: str) -> dict[str, Any]:
    """The manifest of a room as `hub.edge.room.Room.manifest` would write it."""
    facts = ROOMS[room]
    entries = [_entry(room, "http", "http", "room", paths=facts["paths"], exact_paths=facts.get("exact_paths", []))]
    if "apart" in facts:
        name, layer, path = facts["apart"]
        entries.append(_entry(room, name, "http", "room", exact_paths=[path], layer=layer) | {"memory": 1024})
    if "events" in facts:
        entries.append(_entry(room, "events", "events", "on_event", subscriptions=facts["events"]))
    followed = facts.get("followed", [])
    entries += [_entry(room, name, name, name, followed=followed) for name in facts.get("outbox", ())]
    entries += [_entry(room, name, "task", name) for name in facts.get("tasks", ())]
    options = facts.get("queue_options", {})
    entries += [_entry(room, name, "queue", name, queue=name, **options) for name in facts.get("queues", ())]
    for name, expression in facts.get("schedules", {}).items():
        entries.append(_entry(room, name, "schedule", name, schedule=expression))
    return {"function": room, "schema": 1, "entries": entries}


def write_build(build: Path) -> Path:
    """Manifests of accept and all eight rooms under `build`, and empty layers."""
    for manifest in (ACCEPT, *(manifest_of(room) for room in ROOMS)):
        bundle = build / manifest["function"]
        bundle.mkdir(parents=True)
        (bundle / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    for layer, architecture in product(("layer", "layer-pdf"), ("arm64", "x86_64")):
        python = build / layer / architecture / "python"
        python.mkdir(parents=True)
        (python / f"{layer}.py").write_text("", encoding="utf-8")
    return build


def _entry(room: str, name: str, kind: str, attribute: str, **facts: Any) -> dict[str, Any]:
    handler = f"functions.{room}.app.{attribute}"
    return {"name": name, "kind": kind, "handler": handler, "timeout": 60, "memory": 512, **facts}
