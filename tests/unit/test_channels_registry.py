"""The registry names the channels and imports no more of them than it is asked for."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from hub.channels import registry
from hub.channels.door import Door
from hub.kernel.errors import NotFound

PROBE = """
import json, sys
before = set(sys.modules)
from hub.channels import base, registry
for name in registry.inbound_channels():
    registry.codec(name)
roots = {module.split(".")[0] for module in set(sys.modules) - before}
print(json.dumps(sorted(roots - set(sys.stdlib_module_names))))
print(json.dumps(sorted(module for module in sys.modules if module.startswith("hub.channels."))))
"""


def probe() -> list[list[str]]:
    run = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True)
    return [json.loads(line) for line in run.stdout.splitlines()]


def test_the_doors_import_the_standard_library_and_cryptography_alone() -> None:
    """A cold start has one second: no pydantic, requests, botocore, pynamodb or Powertools behind a codec."""
    roots, modules = probe()
    assert set(roots) <= {"hub", "cryptography", "_cffi_backend", "_openssl"}
    assert not [module for module in modules if module.endswith((".inbound", ".client"))]


def test_channels_are_found_by_name() -> None:
    """CHANNELS is a mapping: membership, iteration and items by name."""
    assert {"wecom", "official_account", "douyin", "taobao", "relay", "open", "email"} <= set(registry.CHANNELS)
    assert registry.CHANNELS["douyin"].name == "douyin"
    assert "email" not in registry.inbound_channels()


@pytest.mark.parametrize("name", registry.CHANNELS)
def test_every_channel_has_its_parts(name: str) -> None:
    """Form and guide for all; a door, samples and an interpreter for those that have a URL; a client for those that
    call an API; orders, feeds and a mapping for marketplaces."""
    channel = registry.CHANNELS[name]
    assert registry.channel_document(name)["name"] == name
    assert registry.setup_guide(name)
    if channel.inbound:
        assert isinstance(registry.codec(name), Door)
        assert registry.samples(name)
        assert registry.inbound(name)
    if channel.market:
        assert registry.client(name).FEEDS
        assert channel.module("orders").canonical_order
        assert channel.module("orders").canonical_after_sale
        assert channel.text("status.json")
    if "out" in registry.channel_document(name)["direction"]:
        assert channel.name == registry.client(name).Client.CHANNEL


@pytest.mark.parametrize(
    "ask",
    [
        registry.codec,
        registry.inbound,
        registry.client,
        registry.channel_document,
        registry.setup_guide,
    ],
)
def test_an_unknown_channel_is_not_found(ask: object) -> None:
    """A name nobody knows is a 404, not an import error, however it is spelled."""
    for name in ("amazon", "", "../kernel", "wecom.codec"):
        with pytest.raises(NotFound):
            ask(name)  # type: ignore[operator]
