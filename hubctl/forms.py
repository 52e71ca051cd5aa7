"""`hubctl form new`: a form from a line of words, published at once on a hub that runs here or on AWS.

    hubctl form new signup --fields name:text! phone:cn_mobile! course:select[maths,english]

A field is NAME:TYPE, with [OPTIONS] for a select, and ! where an answer is required.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from hubctl import documents
from hubctl.failures import OperatorError

_FIELD = re.compile(r"(?P<id>[a-z][a-z0-9_]{0,63}):(?P<type>[a-z_]+)(\[(?P<options>[^\[\]]+)\])?(?P<must>!?)")
PEOPLE = ("cn_mobile", "phone", "email", "cn_id_card", "cn_plate", "region", "postcode")
"""Types that tell of the customer, and stand in the first section; `name` does, too."""
KNOWN = {
    "name": ("姓名", "Name"),
    "phone": ("手机", "Mobile"),
    "course": ("课程", "Course"),
    "note": ("备注", "Remarks"),
}
SECTIONS = tuple({"id": kind, "kind": kind} for kind in ("basic", "need", "remark"))

app = typer.Typer(no_args_is_help=True, help="Forms: make one from a line of words (docs/forms.md).")
app.callback()(documents.main)


@app.command(context_settings={"allow_extra_args": True})
def new(
    context: typer.Context,
    key: Annotated[str, typer.Argument(help="its name: a-z, 0-9 and _")],
    fields: Annotated[
        list[str], typer.Option("--fields", help="NAME:TYPE[OPTIONS]! …: text, cn_mobile, select[a,b], money, date …")
    ],
    title: Annotated[str, typer.Option(help="what it is called; else its name")] = "",
    ticket: Annotated[str, typer.Option(help="the type of the ticket that it opens; none: it opens none")] = "",
    staff: Annotated[bool, typer.Option("--staff", help="for staff alone: no page for customers")] = False,
    out: Annotated[Path | None, typer.Option(help="write the document here, publish nothing")] = None,
) -> None:
    """Make a form and publish it; prints where its page is, and what to send."""
    document = form_document(key, [*fields, *context.args], title, ticket, open_to="staff" if staff else "public")
    if out is not None:
        out.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        sys.stdout.write(f"{out}\n")
        return
    hub: documents.Hub = context.obj
    done = hub.ask("POST", f"/forms/{key}/publish", {"document": document})
    sys.stdout.write(f"form        {key}, version {done['version']}\n")
    if not staff:
        sys.stdout.write(f"page        {hub.base_url}/f/{key}\n")
    sys.stdout.write(f"submissions POST {hub.base_url}/forms/{key}/submissions\n")


def form_document(
    key: str, words: Sequence[str], title: str = "", ticket: str = "", *, open_to: str = "public"
) -> dict[str, Any]:
    """The document of a form with these fields. Raises OperatorError for a word that is no field."""
    fields = [_field(word) for word in words]
    label = {"zh": title or key, "en": title or key}
    note = {**_field("note:long_text"), "section": "remark"}
    return {
        "title": label,
        "open_to": open_to,
        "sections": list(SECTIONS),
        "fields": fields if any(field["section"] == "remark" for field in fields) else [*fields, note],
        "on_submit": {"ticket": {"type": ticket}} if ticket else {},
    }


def _field(word: str) -> dict[str, Any]:
    match = _FIELD.fullmatch(word)
    if match is None:
        raise OperatorError(f"{word!r} is no field: it is NAME:TYPE, select[a,b] with its options, ! if required")
    name, kind = match["id"], match["type"]
    zh, en = KNOWN.get(name, (name, name))
    field: dict[str, Any] = {"id": name, "section": _section(name, kind), "title": {"zh": zh, "en": en}, "type": kind}
    if match["options"]:
        field["options"] = [option.strip() for option in match["options"].split(",")]
    if name in ("name", "phone", "email"):
        field["fact"] = name
    return (
        field | ({"field_class": "identity"} if name == "name" else {}) | ({"required": True} if match["must"] else {})
    )


def _section(name: str, kind: str) -> str:
    if name == "name" or kind in PEOPLE:
        return "basic"
    return "remark" if name in ("note", "remark") else "need"
