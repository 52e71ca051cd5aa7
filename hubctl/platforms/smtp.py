"""A double of a mail server: it speaks as much SMTP (RFC 5321) as smtplib needs, on a loopback port of its own, and
keeps what it took. Not one of the doubles behind the common port: a client reaches it by
`base_url="smtp://127.0.0.1:<port>"`.
"""

from __future__ import annotations

import base64
import socketserver
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from types import TracebackType
from typing import Self

LINE_BYTES_MAX = 4096
LINES_MAX = 20_000


@dataclass
class MailServer:
    """refusals: a receiver to the reply to its RCPT, e.g. {"gone@example.com": "550 no such user"}. after_data: the
    reply to a letter. context: offers STARTTLS with it,
    or speaks TLS from the start where `implicit`. login: user and password that it wants."""

    refusals: dict[str, str] = field(default_factory=dict)
    after_data: str = "250 taken"
    context: ssl.SSLContext | None = None
    implicit: bool = False
    login: tuple[str, str] | None = None
    letters: list[tuple[str, EmailMessage]] = field(default_factory=list)
    _server: socketserver.ThreadingTCPServer | None = field(default=None, repr=False)

    def __enter__(self) -> Self:
        double = self

        class Handler(socketserver.StreamRequestHandler):
            timeout = 10

            def setup(self) -> None:
                if double.implicit and double.context:
                    self.request = double.context.wrap_socket(self.request, server_side=True)
                super().setup()

            def handle(self) -> None:
                _Conversation(self, double).hold()

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    @property
    def port(self) -> int:
        """Where it listens, once entered."""
        return int(self._server.server_address[1]) if self._server else 0


class _Conversation:
    """One connection: a line in, a reply out, until QUIT."""

    def __init__(self, handler: socketserver.StreamRequestHandler, double: MailServer) -> None:
        self.handler, self.double = handler, double
        self.secure, self.known, self.receiver = double.implicit, double.login is None, ""

    def hold(self) -> None:
        self._say("220 double ready")
        verbs: dict[str, Callable[[str], None]] = {
            "EHLO": self._greet,
            "STAR": self._start_tls,
            "AUTH": self._authenticate,
            "MAIL": lambda _: self._say("250 ok" if self.known else "530 authentication required"),
            "RCPT": self._take_receiver,
            "DATA": self._take_letter,
        }
        for _ in range(LINES_MAX):
            line = self.handler.rfile.readline(LINE_BYTES_MAX).decode("ascii", "replace").strip()
            if line[:4].upper() in ("", "QUIT"):
                return self._say("221 bye")
            verbs.get(line[:4].upper(), self._nod)(line)
        return None

    def _nod(self, _line: str) -> None:
        self._say("250 ok")

    def _greet(self, _line: str) -> None:
        offers = ["double"]
        offers += ["STARTTLS"] if self.double.context and not self.secure else []
        offers += ["AUTH PLAIN"] if self.double.login else []
        self._say("\r\n".join(f"250{'-' if i < len(offers) - 1 else ' '}{offer}" for i, offer in enumerate(offers)))

    def _start_tls(self, _line: str) -> None:
        if self.double.context is None:
            return self._say("454 no TLS here")
        self._say("220 go ahead")
        self.handler.request, self.secure = (
            self.double.context.wrap_socket(self.handler.request, server_side=True),
            True,
        )
        return self.handler.setup()

    def _authenticate(self, line: str) -> None:
        expected = base64.b64encode("\0".join(("", *(self.double.login or ()))).encode()).decode()
        self.known = line.split(" ")[-1] == expected
        self._say("235 welcome" if self.known else "535 authentication failed")

    def _take_receiver(self, line: str) -> None:
        self.receiver = line.partition("<")[2].partition(">")[0]
        self._say(self.double.refusals.get(self.receiver, "250 ok"))

    def _take_letter(self, _line: str) -> None:
        """Lines up to a lonely dot; a dot that was doubled is one."""
        self._say("354 go ahead")
        lines: list[bytes] = []
        while len(lines) < LINES_MAX and (line := self.handler.rfile.readline(LINE_BYTES_MAX)) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        if self.double.after_data.startswith("2"):
            self.double.letters.append((self.receiver, message_from_bytes(b"".join(lines), policy=default)))
        self._say(self.double.after_data)

    def _say(self, reply: str) -> None:
        self.handler.wfile.write(f"{reply}\r\n".encode())
