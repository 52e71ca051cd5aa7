"""What a sender says of a person beside the platform's own name for them, and how that tells who it is. Pure.

A phone number is never an id in plain: what is kept of it as an identity is its hash under a key of the tenant's.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from typing import Any

from functions.customers.people.identities import Identity
from hub.kernel.dataclass import dataclass

PHONE, UNION = "phone", "unionid"
"""Identities that hold across channels, under these names in place of a channel's."""

TEXT_LIMIT_CHARS = 200
_UNION_ID = re.compile(r"[!-~]{1,128}")


@dataclass(frozen=True)
class Person:
    """Somebody as a sender knows them; "" where it says nothing that can be used. phone: E.164."""

    phone: str = ""
    union_id: str = ""
    name: str = ""
    email: str = ""

    @property
    def facts(self) -> dict[str, str]:
        """What there is to know of them, by the name of the fact."""
        facts = {"phone": self.phone, "name": self.name, "email": self.email}
        return {name: value for name, value in facts.items() if value}


def person_of(content: Mapping[str, Any]) -> Person:
    """The person that a content speaks of. What is not as it should be is as if it were not there."""
    values = content.get("person")
    if not isinstance(values, Mapping):
        return Person()
    union_id = _text(values, "union_id")
    return Person(
        phone=_phone(_text(values, "phone")),
        union_id=union_id if _UNION_ID.fullmatch(union_id) else "",
        name=_text(values, "name"),
        email=_text(values, "email"),
    )


def identities_of(person: Person, phone_key: Callable[[], bytes]) -> tuple[Identity, ...]:
    """What the person is known by across channels, the strongest first. phone_key: asked for only where needed."""
    union = (Identity(UNION, "", person.union_id),) if person.union_id else ()
    return (*union, phone_identity(person.phone, phone_key())) if person.phone else union


def phone_identity(phone: str, key: bytes) -> Identity:
    """A number in E.164 as an identity: HMAC-SHA256 under the tenant's key, in hex."""
    return Identity(PHONE, "", hmac.new(key, phone.encode(), hashlib.sha256).hexdigest())


def _text(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    return value.strip() if isinstance(value, str) and len(value) <= TEXT_LIMIT_CHARS else ""


def _phone(text: str) -> str:
    """The number in E.164, "" for none. What reads numbers is large, and most messages tell none."""
    if not text:
        return ""
    from functions.customers.people.phones import read_phone

    return read_phone(text)
