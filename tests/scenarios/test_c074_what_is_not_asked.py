"""C074: what a form does not ask of somebody is dropped and never trusted; what it does ask has to be there."""

from __future__ import annotations

from tests.support.forms import field, form, pointers, publish, submit
from tests.support.tickets import world

LINKED = form(
    field("type", "select", options=["产品咨询", "售后服务"], required=True),
    field("model", "select", options=["BX3", "BX5"], required=True, when={"type": {"eq": "产品咨询"}}),
    field("fault", "long_text", required=True, when={"type": {"eq": "售后服务"}}),
)


def test_linkage_is_the_servers() -> None:
    """产品咨询 with a `fault` is stored without it, without a model 422; 售后服务 needs a fault and drops a model."""
    with world() as hub:
        publish(hub, "service", LINKED)
        asked = submit(hub, "service", {"type": "产品咨询", "model": "BX3", "fault": "不制冷"})
        assert (asked.status, asked.json["answers"]) == (201, {"type": "产品咨询", "model": "BX3"})
        kept = hub.call("GET", f"/forms/submissions/{asked.json['id']}")
        assert kept.json["answers"] == {"type": "产品咨询", "model": "BX3"}

        missing = submit(hub, "service", {"type": "产品咨询", "fault": "不制冷"})
        assert (missing.status, pointers(missing)) == (422, ["/model"])
        silent = submit(hub, "service", {"type": "售后服务", "model": "BX3"})
        assert (silent.status, pointers(silent)) == (422, ["/fault"])
        told = submit(hub, "service", {"type": "售后服务", "model": "BX3", "fault": "不制冷"})
        assert (told.status, told.json["answers"]) == (201, {"type": "售后服务", "fault": "不制冷"})
