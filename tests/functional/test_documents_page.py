"""The page "a new kind of document in one file", followed to the letter."""

from __future__ import annotations

import json
import re
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from hub.documents.kinds import Kind
from hub.documents.scopes import Scope
from hub.edge.openapi import document
from hub.kernel.clock import StepClock
from tests.support.aws import account
from tests.support.documents import NOW
from tests.support.documents_room import documents_room
from tests.support.hosts import install
from tests.support.http import call, token

PAGE = Path(__file__).parents[2] / "docs" / "documents.md"


def code_blocks(language: str) -> list[str]:
    """The page's code of a language, in its order."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def kind_of_the_page(folder: Path) -> Kind[Any]:
    """The page's file, written and imported."""
    path = folder / "checklists.py"
    path.write_text(code_blocks("python")[0], encoding="utf-8")
    spec = spec_from_file_location("checklists", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    kind: Kind[Any] = module.CHECKLISTS
    return kind


def test_the_file_of_the_page_is_a_kind_with_all_that_it_promises(tmp_path: Path) -> None:
    """Routes, lint, history, the reference, and an overlay of a region: from one file."""
    with account("papers") as session:
        room = documents_room((kind := kind_of_the_page(tmp_path),))
        install(room, session, StepClock(NOW))
        path = f"{kind.path}/repair"
        assert call(room, "GET", path).json["document"]["title"] == "维修结单"
        optional = {"title": "维修结单", "points": [{"id": "photo", "label": "照片", "required": False}]}
        warned = call(room, "POST", f"{path}/lint", {"document": optional}).json["findings"]
        assert [finding["severity"] for finding in warned] == ["warning"]
        points = [{"id": "photo", "label": "完工照片"}, {"id": "signature", "label": "客户签字"}]
        base = {"document": {"title": "维修结单", "points": points}}
        assert call(room, "POST", f"{path}/publish", base, as_=token("supervisor")).json["version"] == 1
        east = token("supervisor", region="310000")
        overlay = {"document": json.loads(code_blocks("json")[0]), "scope": "310000"}
        assert call(room, "POST", f"{path}/publish", overlay, as_=east).json["version"] == 1
        checklist = room.desk.documents.current(kind, "repair", Scope("310101", "s1")).value
        assert (checklist.title, [point.id for point in checklist.points]) == ("华东维修结单", ["photo", "cold_chain"])
        assert call(room, "GET", f"{path}/history").json["data"][0]["what"] == "publish"
        assert f"{kind.path}/{{key}}/copy" in document([room], "1", {})["paths"]
