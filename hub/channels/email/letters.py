"""A notice as a letter: plain text in UTF-8, one receiver, an id that a repeat has too. Pure."""

from __future__ import annotations

import re
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from hub.kernel.errors import Invalid, Problem

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}"
_DOMAIN = r"([A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z][A-Za-z0-9-]{1,62}"
MAILBOX = re.compile(rf"{_ATOM}(\.{_ATOM}){{0,8}}@{_DOMAIN}", re.ASCII)
MAILBOX_RULE = "must be e-mail addresses, e.g. guest@example.com"
SUBJECT_LIMIT = 200
TEXT_LIMIT_BYTES = 100_000


def build_letter(
    sender: str, receiver: str, subject: str, text: str, *, send_id: str, at: datetime, sender_name: str = ""
) -> EmailMessage:
    """The letter. Raises Invalid for a subject or name that would end its header and begin another."""
    for pointer, value in (("/subject", subject), ("/from_name", sender_name)):
        if len(value) > SUBJECT_LIMIT or not value.isprintable():
            rule = f"must be one line of at most {SUBJECT_LIMIT} characters"
            raise Invalid("message", problems=[Problem(pointer, rule)])
    letter = EmailMessage(policy=SMTP)
    letter["From"] = Address(sender_name, addr_spec=sender)
    letter["To"] = Address(addr_spec=receiver)
    letter["Subject"] = subject
    letter["Date"] = format_datetime(at)
    letter["Message-ID"] = f"<{send_id}@{sender.rpartition('@')[2]}>"
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(text, charset="utf-8", cte="base64")
    return letter
