"""Forms for tests: small documents, and what is handed in on them."""

from __future__ import annotations

from typing import Any

from functions.tickets.forms.compiled import CompiledForm, compile_form
from functions.tickets.forms.document import Form
from tests.support.http import Answer
from tests.support.tickets import World

SECTIONS = ({"id": "basic", "kind": "basic"}, {"id": "need", "kind": "need"}, {"id": "remark", "kind": "remark"})


def field(name: str, type_: str, **more: Any) -> dict[str, Any]:
    """One question, in the section of needs."""
    return {"id": name, "section": "need", "title": {"zh": name, "en": name}, "type": type_, **more}


def form(*fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A form's document with these fields."""
    title = {"zh": "表单", "en": "Form"}
    return {"title": title, "sections": list(SECTIONS), "fields": list(fields), **more}


def compiled(*fields: dict[str, Any], **more: Any) -> CompiledForm:
    """The same, ready to be filled in."""
    return compile_form(Form.model_validate(form(*fields, **more)))


def publish(hub: World, key: str, document: Any, scope: str = "base") -> Answer:
    """Publish a form; it works."""
    answer = hub.call("POST", f"/forms/{key}/publish", {"document": document, "scope": scope})
    assert answer.status == 200, answer.text
    return answer


def submit(hub: World, form_key: str, answers: dict[str, Any], **options: Any) -> Answer:
    """Hand a form in."""
    return hub.call("POST", f"/forms/{form_key}/submissions", answers, **options)


def pointers(answer: Answer) -> list[str]:
    """The places that a refusal names."""
    return [error["pointer"] for error in answer.json["errors"]]
