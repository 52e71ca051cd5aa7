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
from urllib.error import HTTPError
from urllib.request import Request, urlopen

BATCH_MAX = 200
BATCH_BYTES_MAX = 899 * 1024
MESSAGE_BYTES_MAX = 192 * 1024
TRIES = 6
PAUSE_SECONDS = 0.2
HOPELESS = (400, 401, 403, 404, 413)
"""Trying again with the same secret and URL changes nothing."""


def signed(secret: str, source: str, messages: list[str]) -> tuple[dict[str, str], bytes]:
    """Headers and body of one batch, signed for this moment."""
    body = f'{{"source":{json.dumps(source)},"messages":[{",".join(messages)}]}}'.encode()
    stamp = str(int(time.time()))
    digest = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    headers = {"content-type": "application/json", "x-hub-timestamp": stamp, "x-hub-signature": f"v1={digest}"}
    return headers, body


def read_lines(lines: "Queue[str]") -> None:
    """What can be posted of the standard input into a queue, and "" at its end."""
    for raw in sys.stdin.buffer:
        line = raw.decode("utf-8", "replace").strip()
        if line and is_message(line):
            lines.put(line)
    lines.put("")


def is_message(line: str) -> bool:
    """One broken line would break the batch around it: it is named, left out, and so never acknowledged."""
    try:
        read = json.loads(line, parse_int=str)
    except (ValueError, RecursionError):
        read = None
    fits = isinstance(read, dict) and len(line.encode()) <= MESSAGE_BYTES_MAX
    if not fits:
        print(f"left out, no JSON object of at most {MESSAGE_BYTES_MAX} bytes: {line[:80]}", file=sys.stderr)  # noqa: T201
    return fits


def batches(size: int) -> Iterator[list[str]]:
    """Lines as they come: `size` and 900 KB at most, and what there is when no more come for a moment."""
    lines: Queue[str] = Queue()
    Thread(target=read_lines, args=(lines,), daemon=True).start()
    line: str | None = lines.get()
    while line:
        batch, room = [line], BATCH_BYTES_MAX - len(line.encode())
        line = next_line(lines)
        while line and len(batch) < size and len(line.encode()) < room:
            batch.append(line)
            room -= len(line.encode()) + 1
            line = next_line(lines)
        yield batch
        line = lines.get() if line is None else line


def next_line(lines: "Queue[str]") -> str | None:
    """The next line, "" after the last, None when none comes for a moment."""
    try:
        return lines.get(timeout=PAUSE_SECONDS)
    except Empty:
        return None


def send(url: str, secret: str, source: str, messages: list[str]) -> dict[str, list[object]]:
    """The hub's answer. Signs anew at each try: a signature is good for five minutes."""
    for nth in range(TRIES):
        headers, body = signed(secret, source, messages)
        try:
            with urlopen(Request(url, data=body, headers=headers, method="POST"), timeout=15) as reply:  # noqa: S310
                return dict(json.load(reply))
        except OSError as error:  # no answer, or another than 200
            if isinstance(error, HTTPError) and error.code in HOPELESS:
                sys.exit(f"the hub refuses the batch with {error.code}: see its guide, hub/channels/relay/setup.md")
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
