"""Files (文件) in the tenant's bucket, each under its room, encrypted with the tenant's key. Whoever is shown one gets
an address that is good for a moment. What jobs write is gone after a week (infra.files)."""

from __future__ import annotations

from dataclasses import field
from typing import Any

from hub.kernel.dataclass import dataclass
from hub.kernel.errors import NotFound, Retry
from hub.store.faults import passing
from hub.store.rehearsal import is_rehearsal

URL_SECONDS = 30


@dataclass(frozen=True)
class Files:
    """One room's part of the bucket. s3: a botocore client. Raises Retry."""

    bucket: str
    room: str
    s3: Any = field(repr=False)

    def put(
        self, name: str, content: bytes, content_type: str = "application/octet-stream", shown_as: str = ""
    ) -> None:
        """Store a file, in place of the one before. shown_as: the name under which a browser saves it."""
        if is_rehearsal():
            return
        more = {"ContentDisposition": f'attachment; filename="{shown_as}"'} if shown_as else {}
        with passing("files"):
            self.s3.put_object(
                Bucket=self.bucket, Key=self._key(name), Body=content, ContentType=content_type, **more
            )  # fmt: skip

    def get(self, name: str) -> bytes:
        """A file's content. Raises NotFound when its week is over."""
        try:
            with passing("files"):
                content: bytes = self.s3.get_object(Bucket=self.bucket, Key=self._key(name))["Body"].read()
        except Retry as error:
            if error.facts.get("reason") != "NoSuchKey":
                raise
            raise NotFound("no such file", file=name) from None
        return content

    def address(self, name: str) -> tuple[str, str]:
        """The bucket and the key of a file: for what reads it by itself."""
        return self.bucket, self._key(name)

    def url(self, name: str, shown_as: str = "") -> str:
        """Where whoever has it may fetch the file, for URL_SECONDS. shown_as: the name under which a browser saves it,
        and never shows it in place; "": as it was stored."""
        saved = {"ResponseContentDisposition": f'attachment; filename="{shown_as}"'} if shown_as else {}
        params = {"Bucket": self.bucket, "Key": self._key(name), **saved}
        address: str = self.s3.generate_presigned_url("get_object", Params=params, ExpiresIn=URL_SECONDS)
        return address

    def _key(self, name: str) -> str:
        return f"{self.room}/{name}"
