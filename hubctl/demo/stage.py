"""What the acts of the demo share: the hub, its clock, HTTP as each person, and the book of checks."""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import requests
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from hub.channels.base import Delivery
from hub.channels.door import Stamp
from hub.channels.registry import codec
from hubctl.dev import Hub
from hubctl.seed import Connection
from hubctl.state import LocalState

ZONE = ZoneInfo("Asia/Shanghai")
PATIENCE_SECONDS = 25.0
POLL_SECONDS = 0.1
WORTH_SAYING_SECONDS = 2.0
HTTP_SECONDS = 30

Found = TypeVar("Found")


class StepFailed(Exception):
    """A step of the day did not hold; the day ends there."""


@dataclass
class Check:
    """One line that the day promises, and whether it held. business_at: when, by the hub's own clock."""

    act: str
    text: str
    ok: bool
    detail: str
    business_at: datetime


@dataclass
class Stage:
    """The running hub and what has been seen of it so far. `tell` prints while the day goes on."""

    hub: Hub
    tell: Callable[[RenderableType], None]
    checks: list[Check] = field(default_factory=list)
    act: str = ""
    sent: int = 0
    http: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.http.trust_env = False

    # Time.

    def now(self) -> datetime:
        """Business time, now."""
        return self.hub.clock.business_now()

    def wait_until(self, moment: datetime) -> None:
        """Let business time reach `moment`; a long wait is announced."""
        real_seconds = (moment - self.now()).total_seconds() / self.hub.ready.clock_scale
        if real_seconds >= WORTH_SAYING_SECONDS:
            self.tell(f"  [dim]… until {moment.astimezone(ZONE):%H:%M}, which takes {real_seconds:.0f} s[/dim]")
        self._sleep_until(moment)

    def _sleep_until(self, moment: datetime) -> None:
        while (left := (moment - self.now()).total_seconds()) > 0:
            time.sleep(max(left / self.hub.ready.clock_scale, 0.001))

    def eventually(self, what: str, probe: Callable[[], Found | None], patience: float = PATIENCE_SECONDS) -> Found:
        """What `probe` finds, once that is neither None nor False. Raises StepFailed after `patience` seconds."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            found = probe()
            if found is not None and found is not False:
                return found
            time.sleep(POLL_SECONDS)
        self.check(False, what, f"not seen within {patience:.0f} s")
        raise StepFailed(what)

    # Checks.

    def begin(self, act: str) -> None:
        """The next act."""
        self.act = act
        self.tell(f"\n[bold]{act}[/bold]")

    def check(self, ok: bool, text: str, detail: object = "") -> None:
        """Write down whether a promise held, and say so. Raises StepFailed when it did not."""
        moment = self.now()
        self.checks.append(Check(self.act, text, ok, str(detail), moment))
        self.tell(_line(self.checks[-1]))
        if not ok:
            raise StepFailed(text)

    # HTTP.

    def call(self, method: str, path: str, body: Any = None, *, as_: str = "", expect: int = 200) -> Any:
        """One API call as an administrator, or with the bearer token `as_`. Checks its status; answers its JSON."""
        headers = {"Authorization": f"Bearer {as_ or self.hub.ready.token}"}
        url = self.hub.ready.base_url + path
        try:
            response = self.http.request(method, url, json=body, headers=headers, timeout=HTTP_SECONDS)
        except requests.RequestException as failure:
            self.check(False, f"{method} {path} is answered", type(failure).__name__)
            raise
        if response.status_code != expect:
            self.check(False, f"{method} {path} answers {expect}", f"{response.status_code}: {response.text[:400]}")
        return response.json() if response.content else None

    def token(self, sub: str, *roles: str, region: str = "310000") -> str:
        """A token of one of the day's people."""
        return LocalState().token(self.hub.ready.tenant, sub=sub, roles=roles, region=region)

    def connection(self, channel: str) -> Connection:
        """The day's connection on a channel."""
        return next(c for c in self.hub.ready.connections if c.channel == channel)

    def deliver(self, connection: Connection, delivery: Delivery) -> requests.Response:
        """Send a delivery to the connection's webhook, byte for byte, as its platform would."""
        url = connection.webhook_url + ("?" + urlencode(delivery.query) if delivery.query else "")
        return self.http.request(
            delivery.method, url, data=delivery.body, headers=dict(delivery.headers), timeout=HTTP_SECONDS
        )

    def deliver_at(self, moment: datetime, connection: Connection, delivery: Delivery) -> threading.Thread:
        """Send a delivery when business time reaches `moment`, whatever else is going on by then."""

        def wait_and_send() -> None:
            self._sleep_until(moment)
            with requests.Session() as session:
                session.trust_env = False
                url = connection.webhook_url + "?" + urlencode(delivery.query)
                session.post(url, data=delivery.body, headers=dict(delivery.headers), timeout=HTTP_SECONDS)

        self.sent += 1
        sender = threading.Thread(target=wait_and_send, name="sender", daemon=True)
        sender.start()
        return sender

    def platform_calls(self, channel: str, path: str) -> list[dict[str, Any]]:
        """What the hub has called on a platform's double."""
        url = f"{self.hub.ready.platforms_url}/_control/recorded"
        calls = self.http.get(url, params={"channel": channel}, timeout=HTTP_SECONDS).json()["calls"]
        return [call for call in calls if call["path"] == path]

    def cards(self, person: str, contains: str = "") -> list[dict[str, Any]]:
        """The WeCom messages that the double took for `person` and that contain `contains`."""
        sent = self.platform_calls("wecom", "/cgi-bin/message/send")
        return [
            call
            for call in sent
            if person in str(call["body"].get("touser", "")).split("|")
            and contains in json.dumps(call["body"], ensure_ascii=False)
        ]


def _line(check: Check) -> Table:
    """Time, mark, text: what is too long for the terminal goes on below the text, never below the time."""
    line = Table.grid(padding=(0, 1))
    line.add_column(no_wrap=True)
    line.add_column(no_wrap=True)
    line.add_column(overflow="fold")
    mark = Text("✓", "green") if check.ok else Text("✗", "red")
    text = Text.assemble(check.text, ("  " + check.detail if check.detail else "", "dim"))
    line.add_row(f"  {check.business_at.astimezone(ZONE):%H:%M:%S}", mark, text)
    return line


def wecom_delivery(connection: Connection, plaintext: bytes, **changed: Any) -> Delivery:
    """`plaintext` encrypted and signed as WeCom does; `changed` settings make it wrong on purpose."""
    stamp = Stamp(str(int(time.time())), secrets.token_hex(8), secrets.token_bytes(16))
    return codec("wecom").sample({**connection.settings, **changed}, plaintext, stamp)


def wecom_text(connection: Connection, sender: str, text: str, message_id: str) -> bytes:
    """A WeCom text message's plaintext XML."""
    return (
        f"<xml><ToUserName><![CDATA[{connection.settings['corp_id']}]]></ToUserName>"
        f"<FromUserName><![CDATA[{sender}]]></FromUserName><CreateTime>{int(time.time())}</CreateTime>"
        f"<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{text}]]></Content>"
        f"<MsgId>{message_id}</MsgId><AgentID>1000002</AgentID></xml>"
    ).encode()
