"""A stored callback of WeChat's family, read field by field, and what contract events take from it. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from hub.channels.base import Draft, NotUnderstood, StoredMessage
from hub.channels.reading import envelope
from hub.channels.wechat.document import Fields, read_fields
from hub.contracts.events import PlatformNoticed
from hub.kernel.dataclass import dataclass

NAME_LIMIT_BYTES = 512
"""Ids and keys are shorter in every manual, and become keys of ours: DynamoDB takes 2048 bytes."""
LIST_LIMIT = 2000
"""People or accounts named in one callback; a customer group has at most 500 members."""
_SECONDS = re.compile(r"[1-9][0-9]{0,9}", re.ASCII)


@dataclass(frozen=True)
class Callback:
    """One message of the inbox and its fields, names in lower case. account: the corp, account or suite it is about."""

    message: StoredMessage
    fields: Fields
    account: str

    def below(self, name: str) -> Callback:
        """The same callback, read from the fields of the element `name`; without any where there is no such element."""
        inner = self.fields.get(name)
        return Callback(self.message, inner if isinstance(inner, dict) else {}, self.account)

    def required(self, name: str) -> str:
        """The text of `name`, an id. Raises NotUnderstood("missing-field") where there is none."""
        value = self.optional(name)
        if not value:
            raise NotUnderstood("missing-field", field=name)
        return value

    def optional(self, name: str) -> str:
        """The text of `name`, "" where it is missing, nested or repeated. Raises NotUnderstood where it is too long."""
        value = self.words(name).strip()
        if len(value.encode()) > NAME_LIMIT_BYTES:
            raise NotUnderstood("missing-field", field=name)
        return value

    def words(self, name: str) -> str:
        """What somebody wrote, however long, as it came; "" where there is no text."""
        value = self.fields.get(name)
        return value if isinstance(value, str) else ""

    def listed(self, name: str) -> tuple[str, ...]:
        """All texts of `name`, once or repeated, bare or each in an element of its own. Raises NotUnderstood."""
        texts = tuple(_texts(self.fields.get(name)))
        if len(texts) > LIST_LIMIT or any(len(text.encode()) > NAME_LIMIT_BYTES for text in texts):
            raise NotUnderstood("missing-field", field=name)
        return texts

    def platform_facts(self, kind: str, number: int = 0) -> dict[str, Any]:
        """What events of the type `kind` have that come of a platform; `number` counts those of one message."""
        return {**envelope(self.message, kind, number), "account": self.account, "source_at": self.source_at()}

    def source_at(self) -> datetime | None:
        """CreateTime (TimeStamp in suites, send_time in pulled rows), seconds of the platform's clock; None for 0."""
        for name in ("createtime", "timestamp", "send_time"):
            seconds = self.optional(name)
            if _SECONDS.fullmatch(seconds):
                return datetime.fromtimestamp(int(seconds), UTC)
        return None


def read_callback(message: StoredMessage) -> Callback:
    """The callback in a stored message; a suite's (第三方应用) is about the corp that authorised it.

    Raises NotUnderstood: dtd, bad-xml, bad-json, too-deep, empty.
    """
    fields = read_fields(message.plaintext)
    corp = fields.get("authcorpid")
    return Callback(message, fields, corp if isinstance(corp, str) and corp else message.account)


def accounts_changed(callback: Callback) -> list[Draft]:
    """kf_account_auth_change: accounts of customer service (客服账号) given to us or taken, one notice each.

    Taken is urgent: its customers are not heard any more.
    """
    changes = [("added", account) for account in callback.listed("authaddopenkfid")]
    changes += [("removed", account) for account in callback.listed("authdelopenkfid")]
    return [
        Draft(
            PlatformNoticed(
                **callback.platform_facts("platform.noticed", number),
                kind="account",
                status=status,
                subject_id=account,
                urgent=status == "removed",
            )
        )
        for number, (status, account) in enumerate(changes)
    ]


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value.strip()] if value.strip() else []
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for item in inner for text in _texts(item)]
