"""A form as one HTML page (H5 表单): labels and inputs, its style, its script and its rules, nothing from elsewhere.

Everything that comes from a document is escaped. The script and the style are let in by their hashes alone, and the
page may speak to nobody but the hub that it came from. Pure.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from html import escape
from importlib import resources
from typing import Any

from functions.tickets.forms.compiled import CompiledForm
from functions.tickets.forms.document import FormField, Section
from functions.tickets.forms.field_types import TYPES
from functions.tickets.forms.linkage import tree_of
from hub.contracts.base import Label

WORDS = {
    "missing": "请填写 · Please fill in",
    "sending": "正在提交… · Sending…",
    "failed": "提交未成功，请稍后再试 · That did not work, please try again",
    "thanks": "已收到，谢谢！ · Received, thank you!",
    "follow": "查看进度 · Follow the progress",
}
RADIOS = 8
"""Up to so many options are shown all at once; more go into a list."""
INPUTS: Mapping[str, str] = {
    "cn_mobile": 'type="tel" inputmode="tel" autocomplete="tel-national"',
    "phone": 'type="tel" inputmode="tel" autocomplete="tel"',
    "email": 'type="email" inputmode="email" autocomplete="email"',
    "integer": 'type="text" inputmode="numeric"',
    "money": 'type="text" inputmode="decimal"',
    "postcode": 'type="text" inputmode="numeric" autocomplete="postal-code"',
    "region": 'type="text" inputmode="numeric"',
    "date": 'type="date"',
}
TYPED = 'type="text"'
UNSHOWN = ("files",)
"""What cannot be filled in before there is something to hang it on."""


def render_page(form: CompiledForm) -> str:
    """The page. Its title and labels are Chinese with English beside them."""
    document, (style, script) = form.document, assets()
    return "".join(
        (
            '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width,initial-scale=1">',
            '<meta name="referrer" content="no-referrer"><link rel="icon" href="data:,">',
            f"<title>{escape(document.title.zh)}</title><style>{style}</style></head><body><main>",
            f"<h1>{_both(document.title)}</h1>",
            f'<p class="hint">{_both(document.intro)}</p>' if document.intro else "",
            "<noscript>请打开浏览器的 JavaScript。 · Please switch JavaScript on.</noscript>",
            '<form novalidate autocomplete="on">',
            *(_section(form, section) for section in document.sections),
            "<button>提交 · Send</button></form>",
            '<p role="status" aria-live="polite"></p></main>',
            f'<script type="application/json" id="form-data">{_data(form)}</script>',
            f"<script>{script}</script></body></html>",
        )
    )


def page_data(form: CompiledForm) -> dict[str, Any]:
    """What the script knows of a form: types, patterns, and the conditions as trees."""
    return {
        "fields": [_field_data(form, field) for field in form.document.fields if field.type not in UNSHOWN],
        "order": [name for name in form.order if form.fields[name].type not in UNSHOWN],
        "words": WORDS,
    }


@lru_cache(maxsize=1)
def assets() -> tuple[str, str]:
    """The style and the script."""
    folder = resources.files(__package__)
    style, script = (folder.joinpath(name).read_text(encoding="utf-8") for name in ("form.css", "form.js"))
    return style, script


@lru_cache(maxsize=1)
def content_security_policy() -> str:
    """Nothing but the page's own style and script, by their hashes, and answers to the hub it came from."""
    style, script = (
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in assets()
    )
    return (
        f"default-src 'none'; script-src {script}; style-src {style}; connect-src 'self'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    )


def _field_data(form: CompiledForm, field: FormField) -> dict[str, Any]:
    row, required = TYPES[field.type], form.required[field.id]
    return {
        "id": field.id,
        "type": field.type,
        "kind": row.rule_kind,
        "fold": list(row.fold),
        "pattern": row.pattern,
        "options": [option.id for option in field.options] if field.type == "select" else None,
        "when": tree_of(form.conditions[field.id]),
        "required": tree_of(required) if required is not None else None,
        "say": f"须为{row.zh} · must be {row.en}",
    }


def _data(form: CompiledForm) -> str:
    """JSON that no `</script>` can end."""
    text = json.dumps(page_data(form), ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _section(form: CompiledForm, section: Section) -> str:
    fields = [field for field in form.document.fields if field.section == section.id and field.type not in UNSHOWN]
    inner = "".join(_field(form, field) for field in fields)
    return f'<section data-section="{section.id}"><h2>{_both(section.label)}</h2>{inner}</section>' if fields else ""


def _field(form: CompiledForm, field: FormField) -> str:
    must = '<span class="must" aria-hidden="true"> *</span>' if form.required[field.id] is not None else ""
    title, hint = f"{_both(field.title)}{must}", f'<div class="hint">{_both(field.hint)}</div>' if field.hint else ""
    wrong = f'<div class="wrong" id="wrong-{field.id}" role="alert"></div>'
    if choices := list(_choices(field)):
        inner = f"<fieldset><legend>{title}</legend>{hint}{''.join(choices)}</fieldset>"
    else:
        inner = f'<label class="title" for="in-{field.id}">{title}</label>{hint}{_input(field)}'
    return f'<div class="field" data-field="{field.id}">{inner}{wrong}</div>'


def _choices(field: FormField) -> Iterator[str]:
    """Radio buttons or boxes, a row each; none for what is typed, or has too many."""
    if field.type == "boolean":
        yield _choice(field, "radio", "true", "是 <small>Yes</small>")
        yield _choice(field, "radio", "false", "否 <small>No</small>")
    elif field.type == "multi_select" or (field.type == "select" and len(field.options) <= RADIOS):
        kind = "checkbox" if field.type == "multi_select" else "radio"
        for option in field.options:
            yield _choice(field, kind, option.id, _both(option.title) if option.title else escape(option.id))


def _choice(field: FormField, kind: str, value: str, words: str) -> str:
    own = f'<input type="{kind}" name="{field.id}" value="{escape(value)}">'
    return f'<label class="choice">{own}<span>{words}</span></label>'


def _input(field: FormField) -> str:
    about = f'id="in-{field.id}" name="{field.id}" aria-describedby="wrong-{field.id}"'
    if field.type == "select":
        options = "".join(
            f'<option value="{escape(o.id)}">{escape(o.title.zh if o.title else o.id)}</option>' for o in field.options
        )
        return f'<select {about}><option value="">请选择 · Choose</option>{options}</select>'
    limit = min(int(field.value.get("maxLength", TYPES[field.type].most)), TYPES[field.type].most)
    if field.type == "long_text":
        return f'<textarea {about} maxlength="{limit}"></textarea>'
    named = ' autocomplete="name"' if field.fact == "name" else ""
    return f"<input {about} {INPUTS.get(field.type, TYPED)}{named}>"


def _both(label: Label) -> str:
    english = f" <small>{escape(label.en)}</small>" if label.en != label.zh else ""
    return f"{escape(label.zh)}{english}"
