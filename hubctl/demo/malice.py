"""Act 10: malice and accident at the front door. Each is answered as the platform's protocol says, never with a 5xx."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hub.channels.base import Delivery
from hubctl.demo.stage import Stage, wecom_delivery, wecom_text
from hubctl.seed import Connection

BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><xml><MsgType>text</MsgType><Content>&c;</Content></xml>'
)
TRACES = ("Traceback", "Exception", "Error:", "/functions/", ".py")


def malice(stage: Stage) -> dict[str, Any]:
    """Sends each wrong delivery, then waits until nothing is pending. Answers the final stats."""
    stage.begin("10 Malice and accident · 恶意与意外")
    connection = stage.connection("wecom")
    before = stage.call("GET", "/webhooks/stats")
    for name, delivery, status, stored in _cases(connection):
        response = stage.deliver(connection, delivery)
        stage.sent += stored
        clean = not any(trace in response.text for trace in TRACES)
        detail = "" if response.status_code == status else f"but {response.status_code}"
        stage.check(response.status_code == status and clean, f"{name}: {status}", detail)
    unknown = stage.http.post(stage.hub.ready.base_url + "/webhooks/wecom/con_nobody", data=b"x", timeout=30)
    stage.check(unknown.status_code == 404, "an unknown connection: 404")
    final = stage.eventually("nothing pending", lambda: _drained(stage))
    total = final["pending"] + final["processed"] + final["quarantined"] + final["dead"]
    stage.check(final["accepted"] == total, "accepted = pending + processed + quarantined + dead", _short(final))
    stage.check(final["accepted"] == stage.sent, "and accepted is what the senders sent", stage.sent)
    stage.check(
        final["dead"] == 0 and final["quarantined"] == before["quarantined"] + 3, "three quarantined, none dead"
    )
    return final


def _cases(connection: Connection) -> list[tuple[str, Delivery, int, int]]:
    """(name, delivery, the answer's status, messages that are stored and quarantined)."""
    text = wecom_text(connection, "mgr_chen", "冰柜不制冷", "7300000000000000099")
    good = wecom_delivery(connection, text)
    signature = good.query["msg_signature"]
    return [
        ("a wrong signature", _signed_as(good, "0" * 40), 403, 0),
        ("an uppercase signature", _signed_as(good, signature.upper()), 403, 0),
        ("a wrong receive id", wecom_delivery(connection, text, receive_ids=["ww_somebody_else"]), 403, 0),
        ("a truncated ciphertext", replace(good, body=good.body[: len(good.body) // 2]), 403, 0),
        ("an empty ciphertext", replace(good, body=b"<xml><Encrypt></Encrypt></xml>"), 403, 0),
        ("a body of 1 MiB", replace(good, body=b"x" * 2**20), 413, 0),
        ("a body that is not UTF-8", replace(good, body=b"\xff\xfe\x00<xml>\x80"), 403, 0),
        ("a DTD bomb inside valid crypto", wecom_delivery(connection, BOMB), 200, 1),
        ("text that is not UTF-8 inside valid crypto", wecom_delivery(connection, b"<xml>\xff\xfe</xml>"), 200, 1),
        ("an unknown event type", wecom_delivery(connection, _unknown(connection)), 200, 1),
    ]


def _signed_as(delivery: Delivery, signature: str) -> Delivery:
    return replace(delivery, query={**delivery.query, "msg_signature": signature})


def _unknown(connection: Connection) -> bytes:
    text = wecom_text(connection, "sys", "", "").decode()
    return text.replace("[text]", "[event]").replace("<MsgId></MsgId>", "<Event>brand_new_event</Event>").encode()


def _drained(stage: Stage) -> dict[str, Any] | None:
    stats: dict[str, Any] = stage.call("GET", "/webhooks/stats")
    return stats if stats["pending"] == 0 and stats["accepted"] >= stage.sent else None


def _short(stats: dict[str, Any]) -> str:
    return " ".join(f"{k}={v}" for k, v in stats.items() if isinstance(v, int))
