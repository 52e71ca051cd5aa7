"""Self-check (自检): the platform's own check of the URL, played through the front door with the stored
secrets.

It proves that the secrets are stored, can be read and fit the protocol.
It does not prove that they are the console's: only the platform can, when the URL is saved there.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from hub.channels.base import Delivery
from hub.channels.door import Stamp
from hub.channels.registry import codec
from hub.contracts.base import Words
from hub.contracts.webhooks import ConnectionCheck
from hub.store.connection import Connection

PASSED = Words(
    zh="回调地址可用。请在平台后台保存该地址，由平台完成最后的验证。",
    en="The URL works. Save it in the platform's console: that is the last check, and only the platform can do it.",
)
DISABLED = Words(
    zh="回调地址可用，但连接已停用：收到的内容会保存，启用后再处理。",
    en="The URL works, but the connection is disabled: what comes is kept, and dealt with once it is enabled.",
)
FAILED = Words(
    zh="回调地址未按平台要求应答：设置是否完整？",
    en="The URL did not answer as the platform wants: are its settings whole?",
)


def check_connection(
    connection: Connection,
    door: Callable[[Mapping[str, Any]], Mapping[str, Any]],
    wall_now: datetime,
    randomness: bytes,
) -> ConnectionCheck:
    """Deliver the check to `door` and compare its answer. randomness: any bytes; they make the nonce and the
    echo."""
    path = f"/webhooks/{connection.channel}/{connection.id}"
    delivery, expected = codec(connection.channel).verification(
        {"push_path": path, **connection.settings},  # some platforms sign the path too
        Stamp(str(int(wall_now.timestamp())), nonce=randomness.hex()[:16], randomness=(randomness * 16)[:16]),
    )
    answer = door(to_event(connection, delivery))
    passed = (answer["statusCode"], answer["body"].encode()) == (expected.status, expected.body)
    explanation = (PASSED if connection.enabled else DISABLED) if passed else FAILED
    return ConnectionCheck(passed=passed, status=answer["statusCode"], explanation=explanation)


def to_event(connection: Connection, delivery: Delivery) -> dict[str, Any]:
    """A delivery as API Gateway hands it to the front door (HTTP API, payload 2.0)."""
    return {
        "version": "2.0",
        "rawPath": f"/webhooks/{connection.channel}/{connection.id}",
        "rawQueryString": urlencode(delivery.query),
        "headers": dict(delivery.headers),
        "requestContext": {"http": {"method": delivery.method}, "stage": "$default"},
        "body": base64.b64encode(delivery.body).decode(),
        "isBase64Encoded": True,
    }
