"""The edge's pure parts: matching paths, cursors, what a log may show, what a setting must be."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from hub.edge import cursors
from hub.edge.access import masked
from hub.edge.http_api import match_path, query_values, raw_body, request_path
from hub.edge.logs import MaskingFormatter
from hub.edge.private import MASK, masked_facts
from hub.edge.settings import Settings
from hub.kernel.errors import Invalid

ROUTES = ("/tickets", "/tickets/rules", "/tickets/{ticket_id}", "/tickets/{ticket_id}/assign", "/{file}")


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/tickets", "/tickets"),
        ("/tickets/", "/tickets"),
        ("/tickets/rules", "/tickets/rules"),
        ("/tickets/tkt_1", "/tickets/{ticket_id}"),
        ("/tickets/tkt_1/assign", "/tickets/{ticket_id}/assign"),
        ("/WW_verify_x.txt", "/{file}"),
        ("/tickets/tkt_1/fly", None),
        ("/", "/{file}"),
    ],
)
def test_a_path_finds_the_route_with_most_static_segments(path: str, template: str | None) -> None:
    """Static segments win over parameters, left to right; what fits nothing finds nothing."""
    match = match_path(ROUTES, path)
    assert (match.template if match else None) == template


def test_a_path_parameter_is_decoded_once() -> None:
    """`%2B` is a plus and `%252B` is the text %2B."""
    match = match_path(ROUTES, "/tickets/a%2Bb%252B")
    assert match is not None
    assert match.parameters == {"ticket_id": "a+b%2B"}


def test_a_query_is_decoded_exactly_once() -> None:
    """A signed query keeps its plus signs when they came as %2B; of a repeated name the last counts."""
    assert query_values({"rawQueryString": "echostr=a%2Bb%2F%3D&x=1&x=2&empty="}) == {
        "echostr": "a+b/=",
        "x": "2",
        "empty": "",
    }


@given(st.binary(max_size=200), st.booleans())
def test_a_body_arrives_byte_for_byte(body: bytes, as_base64: bool) -> None:
    """Whatever the bytes, the room gets the same, sent as text or as base64."""
    if as_base64:
        event = {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
    else:
        event = {"body": body.decode("utf-8", "surrogateescape")}
    assert raw_body(event) == body


def test_the_stage_is_no_part_of_the_path() -> None:
    """A named stage before the path is cut off, the default stage is not there."""
    assert request_path({"rawPath": "/prod/tickets", "requestContext": {"stage": "prod"}}) == "/tickets"
    assert request_path({"rawPath": "/tickets", "requestContext": {"stage": "$default"}}) == "/tickets"


KEY = st.builds(lambda text: {"S": text}, st.text(max_size=20))


@given(st.dictionaries(st.text(min_size=1, max_size=10), KEY, min_size=1, max_size=3))
def test_a_cursor_comes_back_as_it_was(position: dict[str, Any]) -> None:
    """Any position survives its cursor."""
    assert cursors.decode(cursors.encode(position)) == position


@pytest.mark.parametrize("cursor", ["nonsense", "W10", "e30", "eyJhIjoxfQ", "x" * 5000, "🙂"])
def test_a_cursor_that_is_not_ours_is_refused(cursor: str) -> None:
    """A forged cursor is a 422 that names it, never an error inside."""
    with pytest.raises(Invalid) as caught:
        cursors.decode(cursor)
    assert caught.value.problems[0].pointer == "query:cursor"


def test_a_log_line_masks_what_is_private() -> None:
    """A secret or a person's words never reach the log, even when code hands them over by mistake."""
    from aws_lambda_powertools import Logger

    out = io.StringIO()
    logger = Logger(service="sample-masking", stream=out, logger_formatter=MaskingFormatter())
    logger.info("sent", extra={"token": "t0ken", "phone": "13800000000", "text": "冰柜", "ticket": "tkt_1"})
    line = json.loads(out.getvalue())
    assert (line["token"], line["phone"], line["text"], line["ticket"]) == (MASK, MASK, MASK, "tkt_1")
    assert masked_facts({"secret": "s", "ticket": "tkt_1"}) == {"fact_secret": MASK, "fact_ticket": "tkt_1"}
    assert masked_facts({"customer": "13800138000"}, typed=True) == {"fact_customer": MASK}


def test_a_missing_setting_is_named() -> None:
    """A stack that forgot a variable fails at once, by its name."""
    with pytest.raises(ValidationError, match="bus"):
        Settings.load({"HUB_TENANT": "demo", "HUB_TABLE": "hub-demo-tickets"})


def test_a_masked_text_shows_its_first_character() -> None:
    """How long it was stays hidden; what is empty stays so."""
    assert (masked("李四"), masked("")) == ("李**", "")
