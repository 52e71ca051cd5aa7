"""What is kept of a message that is too large to be stored whole."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.channels.base import MESSAGE_LIMIT_BYTES
from hub.channels.hints import TEXT_LIMIT_CHARS, fit

VARIANT = {"id": 1, "title": "x" * 400, "sku": "BX-3"}


def hint(document: Any, limit_bytes: int = MESSAGE_LIMIT_BYTES) -> Any:
    kept = fit(json.dumps(document).encode(), limit_bytes)
    assert kept is not None
    assert len(kept) <= limit_bytes
    return json.loads(kept)


@pytest.mark.parametrize("plaintext", [b"", b"\xff", b"<xml/>", b"x" * MESSAGE_LIMIT_BYTES])
def test_what_is_within_the_limit_is_kept_as_it_is(plaintext: bytes) -> None:
    """Byte for byte, whatever it is."""
    assert fit(plaintext) is plaintext


def test_of_a_large_product_ids_stay_and_long_lists_go() -> None:
    """Five hundred variants become fifty; what names the product is whole."""
    kept = hint({"id": 7_300_000_000_000_000_001, "vendor": {"name": "冰柜厂"}, "variants": [VARIANT] * 500})
    assert (kept["id"], kept["vendor"], len(kept["variants"])) == ("7300000000000000001", {"name": "冰柜厂"}, 50)


def test_lists_are_shortened_until_it_fits() -> None:
    """Where fifty items are too much still, five are kept, and none where five are."""
    document = {"id": 1, "variants": [VARIANT] * 500}
    assert [len(hint(document, limit)["variants"]) for limit in (50_000, 5_000, 1_000)] == [50, 5, 0]


@pytest.mark.parametrize("write", [str, quote])
def test_json_in_a_text_is_shortened_where_it_stands(write: Any) -> None:
    """Douyin's data and Youzan's msg hold JSON once more: the ids in it can be read as before."""
    data = json.dumps({"shop_id": 4321, "p_id": 6917000000000000001, "skus": [VARIANT] * 600})
    kept = hint({"tag": "101", "data": write(data)})
    inner = json.loads(unquote(kept["data"]) if write is quote else kept["data"])
    assert (kept["tag"], inner["shop_id"], inner["p_id"], len(inner["skus"])) == (
        "101",
        "4321",
        "6917000000000000001",
        50,
    )


def test_a_long_text_is_cut() -> None:
    """A description of half a megabyte leaves its beginning."""
    assert hint({"id": 1, "body_html": "汉" * 500_000}) == {"id": "1", "body_html": "汉" * TEXT_LIMIT_CHARS}


@pytest.mark.parametrize(
    "plaintext",
    [
        b"x" * (MESSAGE_LIMIT_BYTES + 1),
        b"[" * 100_000 + b"]" * 100_000,
        json.dumps(["x" * MESSAGE_LIMIT_BYTES]).encode(),
        json.dumps({str(number): "x" * 100 for number in range(3000)}).encode(),
    ],
    ids=["no JSON", "too deep", "no object", "too many names"],
)
def test_what_holds_no_hint_has_none(plaintext: bytes) -> None:
    """It is refused then, and nothing of it kept."""
    assert fit(plaintext) is None


@given(st.dictionaries(st.text(), st.recursive(st.none() | st.text() | st.integers() | st.floats(), st.lists)))
def test_a_hint_is_json_within_the_limit(document: dict[str, Any]) -> None:
    """Whatever JSON it is: what is kept can be read again and fits, or nothing is."""
    plaintext = json.dumps(document).encode()
    kept = fit(plaintext, 64)
    assert kept is None or kept is plaintext or (len(kept) <= 64 and isinstance(json.loads(kept), dict))
