"""A collection for Bruno, made of the API's document: a request an operation, which can be sent as it is."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from hubctl.bruno import collection_files
from hubctl.reference import PACKAGED

METHODS = ("get", "put", "post", "patch", "delete")
BLOCK = re.compile(r"^([a-z:]+) \{\n((?:  .*\n)*)\}\n", re.MULTILINE)
"""A block of the language: its name, then lines that are indented by two."""


@pytest.fixture(scope="module", name="document")
def _document() -> Any:
    return json.loads(PACKAGED.read_text(encoding="utf-8"))


def blocks(text: str) -> dict[str, list[str]]:
    """The blocks of a file; there is nothing but blocks."""
    assert BLOCK.sub("", text).strip() == ""
    return {name: [line[2:] for line in lines.splitlines()] for name, lines in BLOCK.findall(text)}


def test_every_operation_is_a_request_with_its_example(document: Any) -> None:
    """By method and path, in a folder of its room, with the body that the reference shows, parameters filled in."""
    made_of = collection_files(document)
    requests = [blocks(text) for name, text in made_of.items() if "/" in name and not name.startswith("environments/")]
    expected = {}
    for path, item in document["paths"].items():
        for method in (method for method in METHODS if method in item):
            body = item[method].get("requestBody", {}).get("content", {}).get("application/json", {})
            url = "{{hub}}" + re.sub(r"{(\w+)}", r":\1", path)
            expected[method, url] = body.get("example", {} if body else None)
    made = {}
    for parts in requests:
        (method,) = set(parts) & set(METHODS)
        made[method, parts[method][0].removeprefix("url: ")] = (
            json.loads("\n".join(parts["body:json"])) if "body:json" in parts else None
        )
    assert made == expected


def test_a_credential_stands_in_no_file(document: Any, tmp_path: Path) -> None:
    """The token is a secret of the environment; what is public asks for none. A sample's secret is all zeros."""
    files = collection_files(document)
    assert "vars:secret [\n  token\n]" in files["environments/this machine.bru"]
    assert not [name for name, text in files.items() if re.search(r"hubk_\w{8}|eyJ\w{8}|whsec_(?!A{40})\w{8}", text)]
    assert "auth: none" in files["tickets/read_progress.bru"]
