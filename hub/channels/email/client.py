"""Letters by SMTP (RFC 5321), with TLS from the start (port 465) or by STARTTLS (587, 25).

The tenant names the server, so it is checked and connected to by hub.channels.guard. Reply codes are mapped by their
first digit: 4 is passing, 5 is final; 530, 534, 535 and 538 speak of our login.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from email.message import EmailMessage
from functools import partial
from typing import Any
from urllib.parse import SplitResult, urlsplit

from hub.channels.base import Settings
from hub.channels.client import ApiClient, ErrorTable, PlatformGone, PlatformMisconfigured, PlatformRefused, TokenSource
from hub.channels.email.letters import MAILBOX, MAILBOX_RULE, TEXT_LIMIT_BYTES, build_letter
from hub.channels.guard import Connect, Dial, Resolve, connect, system_resolve
from hub.channels.outbound import Sent, check_message, cut_text
from hub.kernel.errors import HubError, Invalid, Problem, Retry

API = "send"
DEFAULT_PORT, TLS_PORT = 587, 465
LOGIN_CODES = frozenset({530, 534, 535, 538})
RETRY_SECONDS = 60


class Client(ApiClient):
    """One mailbox on one server. settings: host, port, username, password, from_address, from_name.

    base_url: `smtp://host:port` of a server that the operator runs, without TLS and unchecked; "" in any deployment.
    """

    CHANNEL = "email"
    ERRORS = ErrorTable(channel="email")

    def __init__(
        self,
        settings: Settings,
        tokens: TokenSource | None = None,
        *,
        resolve: Resolve = system_resolve,
        dial: Dial = socket.create_connection,
        tls: Callable[[], ssl.SSLContext] = ssl.create_default_context,
        **options: Any,
    ) -> None:
        super().__init__(settings, tokens, **options)
        self._connect = partial(connect, resolve=resolve, dial=dial)
        self._tls = tls

    def send_text(self, receivers: Sequence[str], text: str, *, send_id: str, subject: str) -> Sent:
        """A plain letter to one receiver. Its Message-ID follows from `send_id`, so a server or a reader that sees it
        twice can tell. Raises Retry, PlatformMisconfigured (login, TLS), PlatformGone (no such mailbox),
        PrivateAddress, Invalid."""
        if not send_id:
            raise Invalid("message", problems=[Problem("/send_id", "must be given: the Message-ID follows from it")])
        check_message(receivers, send_id, least=1, most=1, form=MAILBOX, rule=MAILBOX_RULE)
        letter = build_letter(
            str(self.settings["from_address"]),
            receivers[0],
            subject,
            cut_text(text, TEXT_LIMIT_BYTES),
            send_id=send_id,
            at=self.wall_now(),
            sender_name=str(self.settings.get("from_name") or ""),
        )
        if self._budget is not None:
            self._budget.take(API)
        try:
            self._deliver(letter, receivers[0])
        finally:
            if self._budget is not None:
                self._budget.done(API)
        return Sent(str(letter["Message-ID"]))

    def _deliver(self, letter: EmailMessage, receiver: str) -> None:
        try:
            server = self._open()
            try:
                server.send_message(letter, str(self.settings["from_address"]), [receiver])
            finally:
                with suppress(smtplib.SMTPException, OSError):
                    server.quit()
        except (smtplib.SMTPException, OSError) as failure:
            raise _translated(failure) from None

    def _open(self) -> smtplib.SMTP:
        """A server that let us in; never without TLS where a password or a customer's words travel."""
        if self._base_url:
            return self._open_local(urlsplit(self._base_url))
        host, port = str(self.settings["host"]), int(self.settings.get("port") or DEFAULT_PORT)
        context = self._tls()
        at_once = context if port == TLS_PORT else None
        server = _Guarded(self._connect, at_once, host, port, self._domain, timeout=self._timeout[1])
        if at_once is None:
            server.starttls(context=context)
        if self.settings.get("username"):
            server.login(str(self.settings["username"]), str(self.settings.get("password") or ""))
        return server

    def _open_local(self, url: SplitResult) -> smtplib.SMTP:
        if url.scheme != "smtp" or not url.hostname or not url.port:
            raise PlatformMisconfigured("email", reason="the base URL must be smtp://host:port")
        return smtplib.SMTP(url.hostname, url.port, self._domain, timeout=self._timeout[1])

    @property
    def _domain(self) -> str:
        """What we call ourselves in EHLO; else smtplib would look our own name up."""
        return str(self.settings["from_address"]).rpartition("@")[2]


class _Guarded(smtplib.SMTP):
    """smtplib's client on a socket from the guard; TLS still verifies the name. context: None without TLS at first."""

    def __init__(self, connect: Connect, context: ssl.SSLContext | None, *args: Any, **options: Any) -> None:
        self._guarded_connect, self._context = connect, context
        super().__init__(*args, **options)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = self._guarded_connect(host, port, timeout_seconds=timeout)
        return self._context.wrap_socket(plain, server_hostname=host) if self._context else plain


def _translated(failure: Exception) -> HubError:
    """smtplib's words as ours, without the server's prose: it may quote the letter."""
    if isinstance(failure, smtplib.SMTPRecipientsRefused):
        code = next(iter(failure.recipients.values()))[0]
        return _by_code(code, PlatformGone)
    if isinstance(failure, smtplib.SMTPAuthenticationError | smtplib.SMTPSenderRefused):
        return _by_code(failure.smtp_code, PlatformMisconfigured)
    if isinstance(failure, smtplib.SMTPResponseException):
        misconfigured = failure.smtp_code in LOGIN_CODES
        return _by_code(failure.smtp_code, PlatformMisconfigured if misconfigured else PlatformRefused)
    if isinstance(failure, ssl.SSLCertVerificationError | smtplib.SMTPNotSupportedError):
        return PlatformMisconfigured("email", failure=type(failure).__name__)
    return Retry("email-unreachable", after_seconds=RETRY_SECONDS, failure=type(failure).__name__)


def _by_code(code: int, kind: type[PlatformRefused]) -> HubError:
    if 400 <= code < 500 or code < 0:
        return Retry("email", after_seconds=RETRY_SECONDS, smtp_code=code)
    return kind("email", smtp_code=code)
