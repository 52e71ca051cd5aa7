"""Tell the hub something from a system of your own, with nothing but Python's standard library (docs/open-webhook.md).

    export HUB_SECRET=whsec_…                                          # the connection's
    python examples/send_open_event.py https://hub.example.com/webhooks/open/con_… '{"type": "ping"}'

Without a body it sends a customer's message that came in on a website.
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import time
import uuid
from datetime import UTC, datetime
from urllib.error import HTTPError
from urllib.request import Request, urlopen

MESSAGE = {
    "type": "message.created",
    "occurred_at": datetime.now(UTC).isoformat(),
    "data": {
        "person": {"id": "crm-1001", "phone": "+8613800000000", "name": "王女士"},
        "entry": "website",
        "kind": "text",
        "text": "冰柜不制冷，请尽快上门",
    },
}


def signed_headers(secret: str, body: bytes, message_id: str, timestamp: int) -> dict[str, str]:
    """Standard Webhooks: HMAC-SHA256 over `id.timestamp.body`, keyed with the bytes behind whsec_."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{message_id}.{timestamp}.".encode() + body
    signature = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{signature}",
    }


def main() -> int:
    """Send one body; 0 when the hub has it."""
    if len(sys.argv) < 2 or "HUB_SECRET" not in os.environ:
        print(__doc__, file=sys.stderr)  # noqa: T201
        return 2
    body = sys.argv[2].encode() if len(sys.argv) > 2 else json.dumps(MESSAGE, ensure_ascii=False).encode()
    message_id = f"msg_{uuid.uuid4().hex}"  # keep it for a retry: it tells repeats
    try:
        headers = signed_headers(os.environ["HUB_SECRET"], body, message_id, int(time.time()))
    except ValueError:
        print("HUB_SECRET must be whsec_ and base64, as the connection has it", file=sys.stderr)  # noqa: T201
        return 2
    try:
        with urlopen(Request(sys.argv[1], data=body, headers=headers, method="POST"), timeout=10) as answer:  # noqa: S310
            print(answer.status, answer.read().decode())  # noqa: T201
    except HTTPError as refused:
        print(refused.code, refused.read().decode(), file=sys.stderr)  # noqa: T201
        return 1
    except (OSError, ValueError) as failure:  # no hub there, or no URL
        print(f"{sys.argv[1]} does not answer: {failure}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
