"""The door of a channel: what all doors do alike. Each channel's `codec` module has one, `DOOR`, and overrides what its
platform does differently.

The door's function starts cold in front of a platform that waits one second, so nothing here or in a codec imports
more than the standard library and `cryptography`.
"""

from __future__ import annotations

from dataclasses import field, replace

from hub.channels.base import Accepted, Answer, Delivery, Rejected, Settings
from hub.channels.parsing import is_packed, unpack
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Problem


@dataclass(frozen=True)
class Stamp:
    """What a platform puts on a delivery beside its message; each protocol takes what it has a place for.

    timestamp: epoch seconds, as text. randomness: 16 bytes or more, never used twice.
    """

    timestamp: str
    nonce: str
    randomness: bytes = field(repr=False)


class Door:
    """Verifies a platform's deliveries and answers them in its words; signs deliveries as it would."""

    METHODS: tuple[str, ...] = ("POST",)
    BODY_LIMIT_BYTES: int = 1 << 20
    """A longer body is answered 413 before it is looked at."""
    SUCCESS = Answer(200)
    REFUSAL = Answer(401)
    """Alike for all that does not verify: a forger learns nothing."""
    SIGNED_BY: tuple[str, ...] = ()
    """Settings that a form may leave out, and without which nothing verifies."""

    def accept(self, delivery: Delivery, secrets: Settings) -> Accepted:
        """Verify, then open. Raises Rejected and nothing else, whatever the bytes are."""
        if delivery.method not in self.METHODS:
            raise Rejected("bad-method")
        if len(delivery.body) > self.BODY_LIMIT_BYTES:
            raise Rejected("too-large", limit_bytes=self.BODY_LIMIT_BYTES)
        unpacked = self._unpacked(delivery)
        if unpacked is None:
            return self.open(delivery, secrets)
        try:
            return self.open(unpacked, secrets)
        except Rejected:
            return self.open(delivery, secrets)  # some sign what they have packed already

    def _unpacked(self, delivery: Delivery) -> Delivery | None:
        """The delivery with its body as it was before somebody on the way packed it (gzip, deflate); None where nobody
        did. Raises Rejected: bad-encoding, for what is packed in another way, or can't be unpacked within the limit."""
        encoding = delivery.headers.get("content-encoding", "").strip().lower()
        if is_packed(delivery.body) or encoding == "deflate":
            try:
                return replace(delivery, body=unpack(delivery.body, self.BODY_LIMIT_BYTES))
            except ValueError:
                raise Rejected("bad-encoding", encoding=encoding[:16]) from None
        if encoding not in ("", "identity", "gzip", "x-gzip"):
            raise Rejected("bad-encoding", encoding=encoding[:16])
        return None

    def open(self, delivery: Delivery, secrets: Settings) -> Accepted:
        """What a delivery of a known method and a bounded size brings, once it verifies. Raises Rejected only."""
        raise NotImplementedError

    def refuse(self, rejected: Rejected) -> Answer:
        """The platform's own words for no."""
        return self.REFUSAL

    def sample(self, settings: Settings, plaintext: bytes, stamp: Stamp) -> Delivery:
        """`plaintext` delivered as the platform would deliver it."""
        raise NotImplementedError

    def ping(self, settings: Settings, stamp: Stamp) -> bytes:
        """The message by which the platform tries a URL, as `sample` delivers it. Nobody keeps it."""
        raise NotImplementedError

    def verification(self, settings: Settings, stamp: Stamp) -> tuple[Delivery, Answer]:
        """What the platform sends when the webhook's URL is saved, and the answer that it accepts."""
        return self.sample(settings, self.ping(settings, stamp), stamp), self.SUCCESS

    def check_settings(self, settings: Settings) -> list[Problem]:
        """What is wrong with a connection's settings that the form in channel.json can't say."""
        return []
