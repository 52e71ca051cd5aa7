"""What a relayed hint about JD says, in contract events. Pure.

JD pushes to no public URL, and its message services live in its own cloud. The topics here are this project's own, for
a relay that runs there: `order` {"order_id"}, `refund` {"order_id", "refund_id"} of a cancel refund (退款审核单) and
`service` {"order_id", "service_id"} of a service bill (售后服务单). The shop is the venderId.
"""

from __future__ import annotations

from hub.channels.base import Draft, NotUnderstood, StoredMessage
from hub.channels.reading import read_id
from hub.channels.relayed import after_sale_touched, order_touched, read_relayed


def events(message: StoredMessage) -> list[Draft]:
    """One `order.touched` or `after_sale.touched`. Raises NotUnderstood: bad-json, missing-field, unknown-topic."""
    relayed = read_relayed(message.plaintext, shop_field="vender_id")
    content = relayed.content
    if relayed.topic == "order":
        return [order_touched(message, relayed, read_id(content, "order_id"))]
    if relayed.topic == "refund":
        number = f"cancel-{read_id(content, 'refund_id')}"
    elif relayed.topic == "service":
        number = f"service-{read_id(content, 'service_id')}"
    else:
        raise NotUnderstood("unknown-topic", topic=relayed.topic)
    return [after_sale_touched(message, relayed, number, read_id(content, "order_id"))]
