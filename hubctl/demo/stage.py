"""What the acts of the demo share: the hub, its clock, HTTP as each person, and the book of checks."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
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
from hubctl.clock.stepper import Stepper
from hubctl.dev import Hub
from hubctl.seed import Connection
from hubctl.state import LocalState

ZONE = ZoneInfo("Asia/Shanghai")
PATIENCE = timedelta(minutes=5)
WORTH_SAYING = timedelta(minutes=15)
HTTP_SECONDS = 60

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

    @property
    def stepper(self) -> Stepper:
        """What moves the day's clock."""
        assert self.hub.stepper is not None  # noqa: S101 - the day is played on a stepped clock
        return self.hub.stepper

    def wait_until(self, moment: datetime) -> None:
        """Let business time reach `moment`, with all that is due until then; a long way is announced."""
        if moment - self.now() >= WORTH_SAYING:
            self.tell(f"  [dim]… until {moment.astimezone(ZONE):%H:%M}[/dim]")
        self.stepper.until(moment)

    def settle(self) -> None:
        """Let what is at work end; business time stands meanwhile."""
        self.stepper.settle()

    def eventually(self, what: str, probe: Callable[[], Found | None], patience: timedelta = PATIENCE) -> Found:
        """What `probe` finds, once that is neither None nor False: when nothing is at work any more, or after one of
        the things that are due soon (a second try). Raises StepFailed after `patience` of business time."""
        end = self.now() + patience
        while True:
            self.settle()
            result = probe()
            if result is not None and result is not False:
                return result
            due = self.stepper.due()
            if not due or due[0].at > end:
                break
            self.stepper.until(due[0].at)
        self.check(False, what, f"not seen within {patience}")
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
