"""The door for JD's hints: it pushes to no public URL, so a relay posts them (hub.channels.relaying)."""

from __future__ import annotations

from hub.channels import relaying

name = "jd"
BODY_LIMIT_BYTES = relaying.BODY_LIMIT_BYTES
DOOR = relaying.Door("jd-jmq")
accept, sample, verification, refuse = DOOR.accept, DOOR.sample, DOOR.verification, relaying.refuse
