"""Uploads (上传) straight into the tenant's bucket: a form that lets exactly one file in, and what has come of it.

The sender's browser posts to S3 itself. The policy that it carries names the key, the type, the size and the SHA-256:
another file, or the same one elsewhere, is refused by S3.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from hub.kernel.dataclass import dataclass
from hub.kernel.errors import NotFound, Retry
from hub.store.faults import passing
from hub.store.files import Files

OPEN_SECONDS = 900
"""So long a form lets its file in: a photo over a slow line."""
NOTHING_THERE = ("404", "403", "NoSuchKey")
"""What S3 says of a key that is not there; 403 to who may not list the bucket, as no function may."""


@dataclass(frozen=True, slots=True)
class Form:
    """Where to post to, and the fields that go with the file."""

    url: str
    fields: Mapping[str, str]


@dataclass(frozen=True)
class Uploads(Files):
    """What is uploaded for one room: files that others put there. Raises Retry."""

    def form(self, name: str, *, content_type: str, size_bytes: int, sha256: str) -> Form:
        """The form for one file. sha256: in hex."""
        fields = {
            "Content-Type": content_type,
            "x-amz-checksum-algorithm": "SHA256",
            "x-amz-checksum-sha256": base64.b64encode(bytes.fromhex(sha256)).decode(),
        }
        conditions: list[Any] = [{key: value} for key, value in fields.items()]
        conditions.append(["content-length-range", size_bytes, size_bytes])
        made = self.s3.generate_presigned_post(
            self.bucket, self._key(name), Fields=fields, Conditions=conditions, ExpiresIn=OPEN_SECONDS
        )
        return Form(made["url"], made["fields"])

    def stored(self, name: str) -> tuple[int, str]:
        """(bytes, SHA-256 in hex) of what lies there. Raises NotFound where nothing does."""
        try:
            with passing("files"):
                head = self.s3.head_object(Bucket=self.bucket, Key=self._key(name), ChecksumMode="ENABLED")
        except Retry as error:
            if error.facts.get("reason") not in NOTHING_THERE:
                raise
            raise NotFound("no such file", file=name) from None
        return int(head["ContentLength"]), base64.b64decode(head.get("ChecksumSHA256", "")).hex()

    def _key(self, name: str) -> str:
        return super()._key(f"uploads/{name}")
