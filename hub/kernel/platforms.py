"""What a call to a platform can come to, whoever makes it: refused, misconfigured, gone, or one too many just now.

Clients raise the first three (hub.channels.client), limits the last (hub.store.limits); who decides what follows from
them needs neither.
"""

from __future__ import annotations

import math

from hub.kernel.errors import Refuse, Retry


class PlatformRefused(Refuse):
    """A platform answered with an error that trying again would not change. code: `<channel>-refused`."""

    def __init__(self, channel: str, **facts: object) -> None:
        super().__init__(channel, **facts)
        self.code = f"{channel}-refused"


class PlatformMisconfigured(PlatformRefused):
    """The app or its authorisation is wrong: a bad secret, an untrusted IP, a shop that withdrew.
    code: `<channel>-misconfigured`."""

    def __init__(self, channel: str, **facts: object) -> None:
        super().__init__(channel, **facts)
        self.code = f"{channel}-misconfigured"


class PlatformGone(PlatformRefused):
    """Whom or what we wanted to reach is not there for us (blocked, left, not found, the time to answer is over).
    code: `<channel>-gone`."""

    def __init__(self, channel: str, **facts: object) -> None:
        super().__init__(channel, **facts)
        self.code = f"{channel}-gone"


class OverLimit(Retry):
    """The call would be one too many. wait_seconds: until it may start, where nobody else asks."""

    code = "over-limit"

    def __init__(self, api: str, wait_seconds: float) -> None:
        super().__init__("too many calls", after_seconds=max(1, math.ceil(wait_seconds)), api=api)
        self.wait_seconds = wait_seconds
