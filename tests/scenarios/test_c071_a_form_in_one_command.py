"""C071: one command makes a form, one request hands it in: 201; its page shows all of it and asks nobody else."""

from __future__ import annotations

import json
import re
from typing import Any

import requests
from typer.testing import CliRunner

from functions.tickets import app
from hubctl.cli import app as hubctl
from tests.support.gateway import gateway
from tests.support.http import token
from tests.support.tickets import world

FIELDS = ("name:text!", "phone:cn_mobile!", "course:select[maths,english]")


def outside(page: str) -> list[str]:
    """The addresses that a page would have fetched by itself."""
    return re.findall(r"""(?:src|href|action)=["']?(?!data:)([^"'\s>]+)|url\(([^)]+)\)|@import""", page)


def test_a_form_stands_after_one_command() -> None:
    """Two commands in all: `hubctl form new`, and a POST that is answered with 201. The page at /f/signup has each
    field, and nothing in it comes from elsewhere."""
    with world() as hub, gateway(app.room) as url:
        as_boss = ["--url", url, "--token", token()]
        made = CliRunner().invoke(hubctl, ["form", *as_boss, "new", "signup", "--fields", *FIELDS])
        assert made.exit_code == 0, made.output
        assert f"{url}/f/signup" in made.stdout

        answers: dict[str, Any] = {"name": "韩梅梅", "phone": "138 0013 8000", "course": "maths"}
        headers = {"Authorization": f"Bearer {token()}"}
        sent = requests.post(f"{url}/forms/signup/submissions", json=answers, headers=headers, timeout=30)
        assert (sent.status_code, sent.json()["answers"]) == (201, {**answers, "phone": "13800138000"})

        page = requests.get(f"{url}/f/signup", timeout=30)
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert all(f'name="{name}"' in page.text for name in (*answers, "note"))
        assert outside(page.text) == []
        assert "default-src 'none'" in page.headers["content-security-policy"]

        public = requests.post(f"{url}/f/signup", data=json.dumps(answers), timeout=30)
        assert (public.status_code, public.json()["link"]) == (201, "")
        listed = hub.call("GET", "/forms/submissions?form=signup").json["data"]
        assert {row["made_by"] for row in listed} == {"boss", "public"}
