"""What is deployed to AWS, run as Lambda runs it: real bundles, the real layer, handlers found by name.

The embedded AWS's own executor is slow and falls over under load, so this is one quiet walk along the whole way.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
import requests
from pypdf import PdfReader

from hub.channels.base import Delivery
from hub.channels.door import Stamp
from hub.channels.registry import codec
from hubctl.layer import SERVICES
from hubctl.stamps import ROOT
from tests.support.stock_hub import LAYER, VERIFY_CONTENT, VERIFY_FILE, build_for_this_machine

pytestmark = pytest.mark.e2e

START_SECONDS = 300.0
STOP_SECONDS = 15.0
CALL_SECONDS = 60.0
TICKET_SECONDS = 180.0
CUSTOMER = "mgr_chen"
WECOM = {
    "token": "StockToken2026",
    "encoding_aes_key": "bG9jYWxEZW1vS2V5Rm9yU2NybUh1YjAxMjM0NTY3ODk",
    "corp_id": "wwstock0000000001",
    "receive_ids": ["wwstock0000000001"],
    "agent_id": "1000002",
    "secret": "stock-wecom-app-secret-0001",
}
IMPORT_HANDLERS = """
import importlib, json, sys
sys.path[:0] = sys.argv[1:3]
for entry in json.load(open(sys.argv[2] + "/manifest.json"))["entries"]:
    module, _, name = entry["handler"].rpartition(".")
    found = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    assert callable(found), entry["handler"]
"""


MAKE_CLIENTS = """
import sys
sys.path.insert(0, sys.argv[1])
from botocore.session import get_session
place = {"region_name": "cn-north-1", "aws_access_key_id": "none", "aws_secret_access_key": "none"}
clients = {name: get_session().create_client(name, **place) for name in sys.argv[2:]}
assert clients["dynamodb"].can_paginate("query") and clients["dynamodb"].get_paginator("query")
assert clients["dynamodb"].get_waiter("table_exists") and clients["dynamodb"].put_item.__doc__ == ""
assert not {"html.parser", "botocore.docs.service"} & sys.modules.keys()
import boto3
assert boto3.resource("dynamodb", **place).Table("t").name == "t"
"""


class StockHub:
    """The deployed API, as an administrator and as WeCom call it."""

    def __init__(self, ready: dict[str, Any]) -> None:
        self.base = f"{ready['endpoint']}/_aws/execute-api/{ready['outputs']['ApiId']}/$default"
        self.http = requests.Session()
        self.http.trust_env = False
        self.headers = {"Authorization": f"Bearer {ready['token']}"}

    def call(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.http.request(method, self.base + path, json=body, headers=self.headers, timeout=CALL_SECONDS)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text[:2000]}"
        return answer.json()

    def read(self, path: str) -> str:
        """What everybody may read."""
        return self.http.get(self.base + path, timeout=CALL_SECONDS).text

    def deliver(self, connection: str, delivery: Delivery) -> bytes:
        url = f"{self.base}/webhooks/wecom/{connection}?{urlencode(delivery.query)}"
        headers = dict(delivery.headers)
        answer = self.http.request(delivery.method, url, data=delivery.body, headers=headers, timeout=CALL_SECONDS)
        assert answer.status_code == 200, answer.text
        return answer.content


@pytest.fixture(scope="module", name="hub")
def _hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StockHub]:
    place = tmp_path_factory.mktemp("stock")
    ready, said = place / "ready.json", place / "hub.txt"
    with said.open("wb") as output:
        command = [sys.executable, "-m", "tests.support.stock_hub", str(ready)]
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output, start_new_session=True)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not ready.exists():
            alive = process.poll() is None and time.monotonic() < deadline
            assert alive, f"the stack does not stand:\n{said.read_text(errors='replace')[-4000:]}"
            time.sleep(0.2)
        yield StockHub(json.loads(ready.read_text(encoding="utf-8")))
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """The stock executor and its workers, who may be waiting for an answer that no longer comes."""
    process.send_signal(signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOP_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.fixture(scope="module", name="bundles")
def _bundles() -> Path:
    return build_for_this_machine()


FUNCTIONS = ("accept", "customers", "directory", "notifications", "pricing", "settlement", "tickets", "webhooks")


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_handler_runs_on_its_bundle_and_the_layer_alone(bundles: Path, function: str) -> None:
    """Nothing of this machine's environment helps: what the layer leaves out would be missed here."""
    command = [sys.executable, "-I", "-S", "-c", IMPORT_HANDLERS, str(LAYER), str(bundles / function)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=CALL_SECONDS)
    assert done.returncode == 0, done.stderr


def test_every_client_is_made_of_the_layer_alone(bundles: Path) -> None:
    """Each service that functions call, with pages and waiters, and without the help texts that nobody asks for."""
    command = [sys.executable, "-I", "-S", "-c", MAKE_CLIENTS, str(LAYER), *SERVICES]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=CALL_SECONDS)
    assert done.returncode == 0, done.stderr


def test_the_deployed_bundles_take_a_message_to_its_ticket(hub: StockHub) -> None:
    """The reference and the domain's verification file are served, a connection is made and its URL verified; one
    message becomes one ticket, whose flow waits for a person."""
    assert hub.call("GET", "/openapi.json")["openapi"].startswith("3.1")
    assert hub.read(f"/{VERIFY_FILE}") == VERIFY_CONTENT
    made = hub.call("POST", "/webhooks/connections", {"channel": "wecom", "name": "报修", "settings": WECOM})
    question, answer = codec("wecom").verification(WECOM, stamp())
    assert hub.deliver(made["id"], question) == answer.body
    hub.call("POST", "/flows/repair/publish", {})
    hub.deliver(made["id"], codec("wecom").sample(WECOM, text("冰柜不制冷"), stamp()))
    ticket = eventually(lambda: hub.call("GET", "/tickets")["data"])[0]
    visits = eventually(lambda: hub.call("GET", f"/tickets/{ticket['id']}")["visits"][1:])
    assert (ticket["type"], [visit["node"] for visit in visits]) == ("repair", ["accept"])


def test_the_deployed_bundles_close_a_period_and_print_its_statement(hub: StockHub) -> None:
    """Two hours of work of the day before yesterday are settled by the machine, whose maps read their items from S3;
    the statement is printed by the function that has reportlab and the font in a layer of its own."""
    day = datetime.now(ZoneInfo("Asia/Shanghai")).date() - timedelta(days=2)
    work = {"id": "work:1", "kind": "work", "occurred_at": f"{day}T10:00:00+08:00", "about": {"ticket_type": "repair"},
            "quantities": {"labour_minutes": "120"}, "parties": {"person": "wang.wei", "region": "310101"}}  # fmt: skip
    hub.call("POST", "/settlement/parties", {"parties": ["person:wang.wei"]})
    (taken,) = hub.call("POST", "/settlement/facts", {"facts": [work]})["results"]
    assert (taken["state"], taken["entries"]) == ("settled", 1)
    run = hub.call("POST", "/settlement/runs", {"scope": "base", "day": str(day)})["id"]
    eventually(lambda: hub.call("GET", f"/settlement/runs/{run}")["state"] == "closed")
    (head,) = hub.call("GET", f"/settlement/statements?run={run}")["data"]
    path = f"{hub.base}/settlement/statements/{head['id']}/pdf"
    printed = hub.http.get(path, headers=hub.headers, timeout=CALL_SECONDS)
    assert (printed.status_code, printed.headers["content-type"]) == (200, "application/pdf"), printed.text[:2000]
    (page,) = [page.extract_text() for page in PdfReader(BytesIO(printed.content)).pages]
    assert (head["hash"] in page, "36.00" in page, "维修提成" in page) == (True, True, True)


def stamp() -> Stamp:
    """What makes a delivery's signature fresh."""
    return Stamp(str(int(time.time())), secrets.token_hex(8), secrets.token_bytes(16))


def text(content: str) -> bytes:
    return (
        f"<xml><ToUserName><![CDATA[{WECOM['corp_id']}]]></ToUserName><FromUserName><![CDATA[{CUSTOMER}]]>"
        f"</FromUserName><CreateTime>{int(time.time())}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
        f"<Content><![CDATA[{content}]]></Content><MsgId>7300000000000000001</MsgId><AgentID>1000002</AgentID></xml>"
    ).encode()


def eventually(found: Callable[[], Any]) -> Any:
    """What `found` answers once it answers something."""
    deadline = time.monotonic() + TICKET_SECONDS
    while not (answer := found()):
        assert time.monotonic() < deadline, f"nothing within {TICKET_SECONDS:.0f} s"
        time.sleep(1.0)
    return answer
