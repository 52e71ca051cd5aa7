"""Large answers leave packed for whoever takes them so, and say the same."""

from __future__ import annotations

import base64
import gzip
from typing import Any

import pytest

from hub.edge.packing import PACKED_FROM_BYTES, packed, takes_gzip

LARGE = "冰柜" * PACKED_FROM_BYTES


def answer(body: str, **more: Any) -> dict[str, Any]:
    return {"statusCode": 200, "headers": {"ETag": '"x"', "Vary": "Origin"}, "body": body, **more}


@pytest.mark.parametrize(
    ("said", "takes"),
    [
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("*", True),
        ("gzip;q=0", False),
        ("*;q=0, identity", False),
        ("gzip;q=0, *", False),
        ("br", False),
        ("", False),
        ("notgzip", False),
    ],
)
def test_who_takes_it_says_so(said: str, takes: bool) -> None:
    """By name or by `*`, and not with a weight of nothing (RFC 9110, 12.5.3)."""
    assert takes_gzip(said) is takes


def test_a_large_answer_is_packed_and_says_the_same() -> None:
    """Smaller by far, marked as packed, its tag as it was; what a cache keeps it by is told."""
    sent = packed(answer(LARGE), "gzip, deflate")
    assert gzip.decompress(base64.b64decode(sent["body"])).decode() == LARGE
    assert sent["isBase64Encoded"] is True
    assert sent["headers"] == {"ETag": '"x"', "Vary": "Origin, Accept-Encoding", "Content-Encoding": "gzip"}
    assert len(sent["body"]) * 20 < len(LARGE.encode())


def test_the_rest_leaves_as_it_is() -> None:
    """Small ones, bytes, and for who does not take it."""
    assert packed(answer("{}"), "gzip") == answer("{}")
    assert packed(answer(LARGE, isBase64Encoded=True), "gzip") == answer(LARGE, isBase64Encoded=True)
    plain = packed(answer(LARGE), "br")
    assert (plain["body"], "Content-Encoding" in plain["headers"]) == (LARGE, False)
    assert plain["headers"]["Vary"] == "Origin, Accept-Encoding"
