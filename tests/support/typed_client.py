"""A typed client, generated from the reference by a tool that knows nothing of the hub (openapi-python-client)."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx

from hubctl.reference import reference
from tests.support.http import Context, http_event, token


class RoomTransport(httpx.BaseTransport):
    """Takes a request to the room as API Gateway does."""

    def __init__(self, room: Any) -> None:
        self.room = room

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode()
        answer = self.room(http_event(request.method, path, request.read(), dict(request.headers)), Context())
        body = answer.get("body", "")
        content = base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()
        return httpx.Response(answer["statusCode"], headers=answer["headers"], content=content)


@contextmanager
def generated(folder: Path) -> Iterator[Path]:
    """The folder with the generated package `hub_client` in it, which can be imported."""
    (folder / "openapi.json").write_text(json.dumps(reference()), encoding="utf-8")
    (folder / "config.yml").write_text("post_hooks: []\n", encoding="utf-8")
    tool = str(Path(sys.executable).with_name("openapi-python-client"))
    options = ["--path", "openapi.json", "--meta", "none", "--config", "config.yml", "--output-path", "hub_client"]
    done = subprocess.run([tool, "generate", *options], cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, [line for line in done.stdout.splitlines() if "WARNING" in line or "Unable" in line]) == (
        0,
        [],
    )
    sys.path.insert(0, str(folder))
    yield folder
    sys.path.remove(str(folder))


def client_of(room: Any) -> Any:
    """A client of the generated package, signed in as an administrator."""
    options = {"base_url": "http://hub", "token": token(), "httpx_args": {"transport": RoomTransport(room)}}
    return import_module("hub_client").AuthenticatedClient(**options)
