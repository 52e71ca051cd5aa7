"""The reference page."""

from __future__ import annotations

from html.parser import HTMLParser

from functions.directory.reference import render_reference

EVIL = '<script src="//evil"></script>'


class Tags(HTMLParser):
    """The tags and links of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]


def document(text: str) -> dict[str, object]:
    operation = {
        "summary": text,
        "description": text,
        "parameters": [{"name": text, "in": "query", "schema": {"type": text}, "description": text}],
        "requestBody": {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{text}"}}}},
        "responses": {"200": {"description": text, "content": {"application/json": {"schema": {"enum": [text]}}}}},
    }
    schema = {"description": text, "properties": {text: {"anyOf": [{"const": text}, {"type": "null"}]}}}
    return {
        "info": {"title": text, "version": text, "description": text},
        "paths": {f"/tickets/{text}": {"post": operation}},
        "components": {"schemas": {text: schema}},
    }


def test_nothing_in_the_document_can_become_markup() -> None:
    """Every text of the document is escaped, wherever it stands."""
    page = Tags()
    page.feed(render_reference(document(EVIL)))
    assert "script" not in page.tags
    assert all(link.startswith(("#", "/")) and not link.startswith("//") for link in page.links)


def test_the_page_shows_each_operation_and_schema() -> None:
    """Method, path, summary and the schema it links to stand on the page."""
    html = render_reference(document("Ticket"))
    for expected in ("POST", "/tickets/Ticket", '<a href="#Ticket">', 'id="Ticket"', "Ticket | null"):
        assert expected in html
