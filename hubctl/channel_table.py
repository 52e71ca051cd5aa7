"""The table of channels in the documents: each channel × message × contract event, read off the code itself."""

from __future__ import annotations

import json
from pathlib import Path

from hub.channels.market import Feed
from hub.channels.open.documents import json_schema
from hub.channels.registry import CHANNELS, channel_document, client, inbound_channels, samples
from hubctl.state import ROOT

PATH = ROOT / "docs" / "channels.md"
SCHEMA = ROOT / "docs" / "open-webhook.schema.json"
HEAD = """# Channels · 渠道

Which channels there are, how each one's messages come in, and which contract event each becomes. This page is generated
from the code (`make generate`): each line below is a sample that `hubctl sample CHANNEL NAME` sends, that the tests
deliver through the front door, and that `hub/channels/<channel>/inbound.py` turned into the event beside it.

**None of these channels has been tried against its real platform.** Signatures and encryption agree with published
vectors and independent implementations; everything else follows the platforms' documents and public code, and is
tested against doubles. What is unconfirmed is said in each channel's guide (`setup.md`, `GET
/webhooks/channels/{channel}/guide`).

"""


def pages() -> dict[Path, str]:
    """What is generated, by its path: the page, and the form of the open channel."""
    parts = [HEAD, _overview(), *(_channel(name) for name in inbound_channels())]
    schema = json.dumps(json_schema(), ensure_ascii=False, indent=1) + "\n"
    return {PATH: "".join(parts), SCHEMA: schema}


def _overview() -> str:
    lines = ["| Channel | 渠道 | In | Orders pulled | Out | Guide |\n", "|---|---|---|---|---|---|\n"]
    for name, channel in CHANNELS.items():
        title, guide = channel_document(name)["title"], f"[setup](../hub/channels/{name}/setup.md)"
        into = f"`POST /webhooks/{name}/{{connection}}`" if channel.inbound else ""
        pulled = ", ".join(_pulled(feed) for feed in client(name).FEEDS) if channel.market else ""
        out = "yes" if "out" in channel_document(name)["direction"] else ""
        lines.append(f"| `{name}` {title['en']} | {title['zh']} | {into} | {pulled} | {out} | {guide} |\n")
    return "".join(lines) + "\n"


def _pulled(feed: Feed) -> str:
    minutes = int(feed.window.total_seconds() // 60)
    window = (
        f"{minutes // 1440} d"
        if minutes % 1440 == 0
        else f"{minutes // 60} h"
        if minutes % 60 == 0
        else f"{minutes} min"
    )
    return f"{feed.entity} ({feed.paging}, ≤ {window})"


def _channel(name: str) -> str:
    title = channel_document(name)["title"]
    lines = [
        f"## {title['en']} · {title['zh']}\n\n",
        "| Message | 含义 · Meaning | Contract event |\n",
        "|---|---|---|\n",
    ]
    for sample in samples(name):
        event = f"`{sample['event']}`" if sample["event"] else "understood; says nothing to the hub"
        lines.append(f"| `{sample['name']}` | {sample['title']['zh']} · {sample['title']['en']} | {event} |\n")
    return "".join(lines) + "\n"
