"""Who asks, a person's browser or a program: by the Accept header (RFC 9110, 12.5.1). Pure."""

from __future__ import annotations


def prefers_html(accept: str) -> bool:
    """Whether a page is wanted rather than JSON: it is named, and weighs no less. Who accepts anything is taken for a
    program."""
    weights = dict(map(_weight, accept.lower().split(",")))
    html = max(weights.get("text/html", 0.0), weights.get("application/xhtml+xml", 0.0))
    return html > 0 and html >= weights.get("application/json", 0.0)


def _weight(part: str) -> tuple[str, float]:
    name, *parameters = (piece.strip() for piece in part.split(";"))
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return name, float(parameter[2:])
            except ValueError:
                return name, 0.0
    return name, 1.0
