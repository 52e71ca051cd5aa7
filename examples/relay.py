"""Post what a platform's websocket says to a hub: what a process that holds such a socket calls, or pipes into.

    export HUB_RELAY_URL=https://<your domain>/webhooks/relay/<connection> HUB_RELAY_SECRET=<its relay secret>
    your-websocket-client | python examples/relay.py --source pdd-pmc

Reads one message a line: {"id": "…", "topic": "…", "shop_id": "…", "pub_time": "…", "content": {…}}. Writes the id
of each message that the hub took, a line each: acknowledge those to the platform, and no others.
"""

import argparse
import hashlib
import hmac
import json
import os
import sys
import time
from collections.abc import Iterator
from queue import Empty, Queue
from threading import Thread
from urllib.error import URLError
from urllib.request import Request, urlopen

BATCH_MAX = 200
TRIES = 6
PAUSE_SECONDS = 0.2


def signed(secret: str, source: str, messages: list[str]) -> tuple[dict[str, str], bytes]:
    """Headers and body of one batch, signed for this moment."""
    body = f'{{"source":{json.dumps(source)},"messages":[{",".join(messages)}]}}'.encode()
    stamp = str(int(time.time()))
    digest = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    headers = {"content-type": "application/json", "x-hub-timestamp": stamp, "x-hub-signature": f"v1={digest}"}
    return headers, body


def read_lines(lines: "Queue[str]") -> None:
    """The standard input into a queue, and "" at its end."""
    for line in sys.stdin:
        if line.strip():
            lines.put(line.strip())
    lines.put("")


def batches(size: int) -> Iterator[list[str]]:
    """Lines as they come: `size` at most, and what there is when no more come for a moment."""
    lines: Queue[str] = Queue()
    Thread(target=read_lines, args=(lines,), daemon=True).start()
    while first := lines.get():
        batch, line = [first], first
        while line and len(batch) < size:
            try:
                line = lines.get(timeout=PAUSE_SECONDS)
            except Empty:
                break
            batch += [line] if line else []
        yield batch
        if not line:
            return


def send(url: str, secret: str, source: str, messages: list[str]) -> dict[str, list[object]]:
    """The hub's answer. Signs anew at each try: a signature is good for five minutes."""
    for nth in range(TRIES):
        headers, body = signed(secret, source, messages)
        try:
            with urlopen(Request(url, data=body, headers=headers, method="POST"), timeout=15) as reply:  # noqa: S310
                return dict(json.load(reply))
        except URLError as error:
            print(f"try {nth + 1}: {error}", file=sys.stderr)  # noqa: T201
            time.sleep(min(2**nth, 30))
    sys.exit("the hub did not take the batch; nothing of it may be acknowledged")


arguments = argparse.ArgumentParser(description="Post a websocket's messages to a hub, signed.")
arguments.add_argument("--source", required=True, help="taobao-tmc, pdd-pmc, jd-jmq, or a name of your own")
arguments.add_argument("--batch", type=int, default=BATCH_MAX, help="messages a batch, at most 200")
arguments.add_argument("--dry-run", action="store_true", help="print what would be posted")
asked = arguments.parse_args()
url, secret = os.environ.get("HUB_RELAY_URL", ""), os.environ.get("HUB_RELAY_SECRET", "")
if not url or not secret:
    sys.exit("set HUB_RELAY_URL and HUB_RELAY_SECRET")

for lines in batches(max(1, min(asked.batch, BATCH_MAX))):
    if asked.dry_run:
        headers, body = signed(secret, asked.source, lines)
        print(json.dumps({"headers": headers, "body": body.decode()}))  # noqa: T201
        continue
    told = send(url, secret, asked.source, lines)
    for message_id in told["accepted"]:
        print(message_id, flush=True)  # noqa: T201
    for refused in told["rejected"]:
        print(f"rejected: {refused}", file=sys.stderr)  # noqa: T201
