"""The door for Pinduoduo's messages: they come by websocket alone, so a relay posts them (hub.channels.relaying)."""

from __future__ import annotations

from hub.channels.relaying import RelayedDoor

DOOR = RelayedDoor("pdd-pmc")
