"""The door for Taobao's TMC messages: they come by websocket alone, so a relay posts them (hub.channels.relaying)."""

from __future__ import annotations

from hub.channels import relaying

name = "taobao"
BODY_LIMIT_BYTES = relaying.BODY_LIMIT_BYTES
DOOR = relaying.Door("taobao-tmc")
accept, sample, verification, refuse = DOOR.accept, DOOR.sample, DOOR.verification, relaying.refuse
