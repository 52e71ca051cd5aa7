"""What a fresh local hub is connected to, and what every channel says in the demo."""

from __future__ import annotations

import re
import time
from dataclasses import replace

import pytest

from hub.channels.base import Rejected
from hub.channels.door import Stamp
from hub.channels.registry import codec, inbound_channels, settings_problems
from hub.channels.samples import find_sample, render
from hubctl import seed
from hubctl.demo.channels import HELLOS, forged
from hubctl.seed import Connection

BODIES = [step.body for step in seed.read_steps() if step.connection]
SEEDED = {
    body["channel"]: Connection(
        id="con_1", channel=body["channel"], webhook_url="http://hub/1", settings=body["settings"]
    )
    for body in BODIES
}


def test_every_inbound_channel_is_seeded_once_and_says_hello() -> None:
    """Whatever channel is added needs a connection here, under a name that staff read, and a message."""
    assert sorted(body["channel"] for body in BODIES) == sorted(inbound_channels())
    assert [body["name"] for body in BODIES if not re.search("[一-鿿]", body["name"])] == []
    assert HELLOS.keys() == set(inbound_channels())


@pytest.mark.parametrize("channel", inbound_channels())
def test_a_hello_is_taken_and_its_forgery_refused(channel: str) -> None:
    """The seeded settings are whole and sign; with the end of each secret changed they sign for nobody."""
    connection, now = SEEDED[channel], time.time()
    known = {"push_path": "/hook", **connection.settings}
    assert settings_problems(channel, connection.settings) == []
    plaintext = render(find_sample(channel, HELLOS[channel])["plaintext"], known, now=now, number=1)
    for signer in (known, {**known, **forged(connection)}):
        sent = codec(channel).sample(signer, plaintext, Stamp(str(int(now)), "n1", bytes(16)))
        sent = replace(sent, at=now)
        if signer is known:
            assert [one.plaintext for one in codec(channel).accept(sent, known).messages] == [plaintext]
        else:
            with pytest.raises(Rejected):
                codec(channel).accept(sent, known)
