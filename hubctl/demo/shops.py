"""Acts 7 and 8: one service, two cities, two prices; and a marketplace that pushes, is re-read, and is pulled."""

from __future__ import annotations

import json
import time
from datetime import datetime, timedelta
from typing import Any

from hub.channels.base import Delivery
from hub.channels.door import Stamp
from hub.channels.registry import codec
from hub.edge.bus import events_of
from hub.kernel.clock import parse_rfc3339
from hubctl.demo.stage import ZONE, Stage
from hubctl.seed import Connection

SERVICE = "fruit_tea"
STORE = "sh001"
SHANGHAI_DISTRICT, THIRD_TIER_DISTRICT = "310101", "410302"
SWITCH = datetime(2026, 12, 1, tzinfo=ZONE)
PULL_PATIENCE = timedelta(minutes=11)
PLATFORM_SECONDS = 1.5
"""Platforms' own time is real, in whole seconds: so much of it passes before a pull asks what is new."""
CHANGED_BEFORE_SECONDS = 300
"""How long ago the platform changed an order: a pull leaves what changed within a minute to the next."""


def prices(stage: Stage) -> list[dict[str, Any]]:
    """Act 7. Answers the quotes."""
    stage.begin("7  Regional prices · 区域定价")
    shanghai, third = _quote(stage, SHANGHAI_DISTRICT), _quote(stage, THIRD_TIER_DISTRICT)
    stage.check(shanghai["price"] == "25.00", "the same service is 25.00 in 上海", _path(shanghai))
    stage.check(third["price"] == "18.00", "and 18.00 in a third-tier city", _path(third))
    kept = stage.call("GET", f"/pricing/quotes/{shanghai['id']}")
    _publish(stage, "26.00", SWITCH)
    before = _quote(stage, SHANGHAI_DISTRICT, at="2026-11-30T23:59:59+08:00")
    after = _quote(stage, SHANGHAI_DISTRICT, at="2026-12-01T00:00:00+08:00")
    both = (before["price"], after["price"])
    stage.check(
        both == ("25.00", "26.00"), "rehearsed: a switch on 1 December holds from 00:00:00 on", " → ".join(both)
    )
    _watch_switch(stage)
    later = stage.call("GET", f"/pricing/quotes/{shanghai['id']}")
    stage.check(later["price"] == kept["price"] == "25.00", "the quote that was given keeps its price")
    _refuse_a_loss(stage)
    _answer_a_competitor(stage)
    return [shanghai, third, before, after]


def _refuse_a_loss(stage: Stage) -> None:
    """A promotion that would sell below the floor does not get past its draft."""
    book = stage.call("GET", "/pricing/books/standard")
    document = book["document"]
    document["services"][SERVICE]["floors"] = {"base": "16.00"}
    stage.call("POST", "/pricing/books/standard/publish", {"document": document, "seen_version": book["head_version"]})
    half = {"pieces": 1, "cut": {"percent": "50"}}
    loss = _campaign({"id": "half", "kind": "limited_quantity", "name": _words("半价", "Half"), "terms": half})
    refused = stage.call("PUT", "/pricing/campaigns/double_twelve/draft", {"document": loss}, expect=422)
    rule = refused["errors"][0]["detail"]
    stage.check("below its floor 16.00" in rule, "a promotion that sells at a loss is refused at its draft", rule)


def _answer_a_competitor(stage: Stage) -> None:
    """A competitor 2.8 km from the store asks 15.00: an offer holds in the same call, no lower than the floor."""
    terms = {"radius_m": 3000, "above": "0.50", "apply": "auto", "max_cut_percent": "40"}
    moat = _campaign({"id": "moat", "kind": "moat", "name": _words("护城河", "Moat"), "terms": terms})
    stage.call("POST", "/pricing/campaigns/moat/publish", {"document": moat})
    stage.settle()
    position = {"latitude": 31.2284, "longitude": 121.5074, "datum": "gcj02"}
    rival = {"competitor_id": "rival", "service": SERVICE, "price": "15.00", "position": position}
    results = stage.call("POST", "/pricing/competitors", rival)["results"]
    offers = [(result["distance_m"], (result["offer"] or {}).get("price")) for result in results]
    stage.check(offers == [(2784, "16.00")], "a competitor 2.8 km away is answered, at the floor", offers)
    quote = stage.call("POST", "/pricing/quotes", {"service": SERVICE, "store": STORE}, expect=201)
    stage.check(quote["total"] == "16.00", "the store sells at the offer's price", quote["total"])


def _campaign(strategy: dict[str, Any]) -> dict[str, Any]:
    return {"name": strategy["name"], "strategies": [strategy]}


def _words(zh: str, en: str) -> dict[str, str]:
    return {"zh": zh, "en": en}


def _publish(stage: Stage, price: str, valid_from: datetime) -> None:
    """A version of the book in which the service costs `price` in 上海, from `valid_from` on."""
    book = stage.call("GET", "/pricing/books/standard")
    document = book["document"]
    document["services"][SERVICE]["prices"]["310000"] = price
    publication = {"document": document, "valid_from": valid_from.isoformat(), "seen_version": book["head_version"]}
    stage.call("POST", "/pricing/books/standard/publish", publication)
    stage.settle()  # guides hear of where a book stands: of two publications in one moment they may hear once


def _watch_switch(stage: Stage) -> None:
    """A switch ten minutes from now: a second before it the old price holds, at its second the new one."""
    switch = (stage.now() + timedelta(minutes=10)).replace(microsecond=0)
    _publish(stage, "25.50", switch)
    quotes = []
    for moment in (switch - timedelta(seconds=1), switch):
        stage.wait_until(moment)
        quote = _quote(stage, SHANGHAI_DISTRICT)
        quotes.append((parse_rfc3339(quote["created_at"]), quote["price"]))
    held = quotes == [(switch - timedelta(seconds=1), "25.00"), (switch, "25.50")]
    summary = " → ".join(f"{at.astimezone(ZONE):%H:%M:%S} {price}" for at, price in quotes)
    stage.check(held, "a scheduled switch takes effect at its second", summary)


def marketplace(stage: Stage) -> None:
    """Act 8: two orders pushed in one array, re-read, paid once each; pulled again: nothing; forged: 401."""
    stage.begin("8  Douyin pushes, the hub re-reads · 抖店推送与复核")
    connection = stage.connection("douyin")
    paid = _tap_bus(stage)
    orders = [_order(number) for number in ("6917100000000000001", "6917100000000000002")]
    url = f"{stage.hub.ready.platforms_url}/_control/douyin/orders"
    stage.http.post(url, json=orders, timeout=30).raise_for_status()
    pushed = [_push(order, number) for number, order in enumerate(orders)]
    stage.sent += len(pushed)
    response = stage.deliver(connection, _signed(connection, pushed))
    stage.check(
        response.text == '{"code":0,"msg":"success"}',
        "an array of two with a valid event-sign is accepted",
        response.text,
    )
    stage.settle()
    seen = paid()
    numbers = {order["order_id"] for order in orders}
    stage.check(numbers == _reread(stage), "the orders were re-read from the platform's API", len(numbers))
    pulls = len(stage.platform_calls("douyin", "/order/searchList"))
    time.sleep(PLATFORM_SECONDS)
    stage.eventually("the scheduled pull met them", lambda: _pulled(stage, pulls, numbers), PULL_PATIENCE)
    seen += paid()
    held = sorted(seen) == sorted(numbers)
    stage.check(held, "one order.paid each; the pull that met them again emitted nothing more", len(seen))
    before = stage.call("GET", "/webhooks/stats")["rejected_signature"]
    forged = _signed(connection, pushed, app_secret="forged-secret-of-nobody")  # noqa: S106 - a wrong one on purpose
    stage.check(stage.deliver(connection, forged).status_code == 401, "a forged push is answered 401")
    stage.settle()
    stage.check(stage.call("GET", "/webhooks/stats")["rejected_signature"] == before + 1, "and counted")


def _quote(stage: Stage, region: str, at: str | None = None) -> dict[str, Any]:
    body = {"service": SERVICE, "region": region, **({"at": at} if at else {})}
    quote: dict[str, Any] = stage.call("POST", "/pricing/quotes", body, expect=201)
    return quote


def _path(quote: dict[str, Any]) -> str:
    return " → ".join(f"{step['region']} {step['price'] or '-'}" for step in quote["path"])


def _order(number: str) -> dict[str, Any]:
    now = int(time.time()) - CHANGED_BEFORE_SECONDS
    return {
        "order_id": number,
        "shop_id": 4463798,
        "order_status": 2,
        "pay_amount": 19900,
        "promotion_pay_amount": 5000,
        "pay_time": now,
        "update_time": now,
        "create_time": now - 60,
        "doudian_open_id": f"buyer-{number[-4:]}",
    }


def _push(order: dict[str, Any], number: int) -> dict[str, str]:
    data = {
        "shop_id": order["shop_id"],
        "p_id": int(order["order_id"]),
        "order_status": 2,
        "pay_time": order["pay_time"],
    }
    return {"tag": "101", "msg_id": f"dy-{order['order_id']}-{number}", "data": json.dumps(data)}


def _signed(connection: Connection, pushed: list[dict[str, str]], **changed: str) -> Delivery:
    body = json.dumps(pushed).encode()
    return codec("douyin").sample({**connection.settings, **changed}, body, Stamp("", "", b""))


def _reread(stage: Stage) -> set[str]:
    return {call["body"]["shop_order_id"] for call in stage.platform_calls("douyin", "/order/orderDetail")}


def _pulled(stage: Stage, after: int, expected: set[str]) -> bool | None:
    calls = stage.platform_calls("douyin", "/order/searchList")[after:]
    met = {str(o["order_id"]) for call in calls for o in (call["answer"].get("data") or {}).get("shop_order_list", ())}
    return expected <= met or None


def _tap_bus(stage: Stage) -> Any:
    """A queue beside the hub's own that sees every order.paid on the bus; answers a reader of new order numbers."""
    sqs, events = stage.hub.aws.client("sqs"), stage.hub.aws.client("events")
    url = sqs.create_queue(QueueName="demo-tap")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    bus = f"hub-{stage.hub.ready.tenant}"
    pattern = json.dumps({"source": ["hub"], "detail-type": ["order.paid"]})
    events.put_rule(Name="demo-tap", EventBusName=bus, EventPattern=pattern, State="ENABLED")
    events.put_targets(Rule="demo-tap", EventBusName=bus, Targets=[{"Id": "tap", "Arn": arn}])

    def read() -> list[str]:
        numbers = []
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=0).get("Messages"):
            for message in messages:
                numbers += [str(event["order_no"]) for event in events_of(json.loads(message["Body"])["detail"])]
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return numbers

    return read
