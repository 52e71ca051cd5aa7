"""Act 9: every channel says hello through its own URL, signed as its platform signs; and is forged once."""

from __future__ import annotations

from typing import Any

from hub.channels.registry import channel_document, inbound_channels
from hubctl.demo.stage import Stage
from hubctl.sampling import Target, send_sample
from hubctl.seed import Connection

HELLOS = {
    "wecom": "text",
    "wechat_kf": "kf_msg_or_event",
    "official_account": "text",
    "wechat_store": "user_enter_tempsession",
    "douyin": "400",
    "kuaishou": "kwaishop_order_addOrder",
    "xiaohongshu": "msg_item_audit_reject",
    "youzan": "SCRM_CUSTOMER_EVENT",
    "shopify": "customers-create",
    "taobao": "taobao_item_ItemAdd",
    "jd": "order",
    "pinduoduo": "pdd_goods_GoodsOffShelf",
    "relay": "relay.connected",
    "open": "message.created",
}
"""Which documented message each sends. Kuaishou's and JD's name an order that is asked for and not found: the doubles
have none by that number."""
DESK = "wkKF1"
"""The customer service account that its message names."""
TAIL = 8


def hellos(stage: Stage) -> None:
    """One sample and one forgery each, then the counts: what was taken is dealt with, what was forged is refused."""
    stage.begin("9  Every channel says hello · 各渠道各发一条")
    url = f"{stage.hub.ready.platforms_url}/_control/wechat_kf/accounts"
    stage.http.post(url, json=[{"open_kfid": DESK}], timeout=30).raise_for_status()
    before = stage.call("GET", "/webhooks/stats")
    for channel in inbound_channels():
        _hello(stage, stage.connection(channel))
    count = len(inbound_channels())
    stage.sent += count
    after = stage.eventually("all dealt with", lambda: _dealt_with(stage, before["accepted"] + count))
    dealt = after["processed"] + after["quarantined"] + after["dead"]
    stage.check(
        after["accepted"] == dealt and after["dead"] == 0,
        "accepted = processed + quarantined",
        f"{after['accepted']} = {after['processed']} + {after['quarantined']}",
    )
    held = after["rejected_signature"] == before["rejected_signature"] + count
    stage.check(held, "every forgery is refused and counted", count)


def _hello(stage: Stage, connection: Connection) -> None:
    """The same message twice: as the platform would sign it, and with secrets that are nobody's."""
    name = HELLOS[connection.channel]
    genuine, nobodys = (Target(connection.webhook_url, known) for known in (connection.settings, forged(connection)))
    accepted = send_sample(connection.channel, name, genuine, "你好")
    wrong = send_sample(connection.channel, name, nobodys, "你好")
    stage.check(
        accepted.status == 200 and wrong.status in (401, 403),
        f"{channel_document(connection.channel)['title']['zh']} {name}",
        f"{accepted.status} {accepted.body or '(empty body)'}; forged: {wrong.status}",
    )


def forged(connection: Connection) -> dict[str, Any]:
    """The connection's settings with the end of each secret changed, so that it still has a secret's form."""
    fields = channel_document(connection.channel)["settings"]
    secret = [field["name"] for field in fields if field["secret"] and connection.settings.get(field["name"])]
    values = {name: str(connection.settings[name]) for name in secret}
    return {**connection.settings, **{name: v[:-TAIL] + v[-TAIL:].swapcase() for name, v in values.items()}}


def _dealt_with(stage: Stage, accepted: int) -> dict[str, Any] | None:
    stats = _stats(stage)
    return stats if stats["pending"] == 0 and stats["accepted"] >= accepted else None


def _stats(stage: Stage) -> dict[str, Any]:
    stats: dict[str, Any] = stage.call("GET", "/webhooks/stats")
    return stats
