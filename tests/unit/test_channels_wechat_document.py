"""Reading a decrypted callback: any spelling, no DTD, bounded."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.channels.base import NotUnderstood
from hub.channels.wechat.document import DEPTH_LIMIT, parse_xml, read_fields, read_flat
from tests.channels.support import documented

names = st.sampled_from(["MsgType", "Content", "MsgId", "msgtype", "A_1", "B", "xml"])
SPECIALS = [*"ab &<>]\"'\r\n\t\x00\x0b\x85\u2028\ufffe😀中", "]]>", "<![CDATA[", "&amp;", "<b/>", "<!--"]
pieces = st.one_of(st.text("ab 1中\n\t😀", max_size=6), st.lists(st.sampled_from(SPECIALS), max_size=3).map("".join))
children = st.builds(
    lambda name, text, wrap, close, gap: (
        f"<{name}>{'<![CDATA[' + text + ']]>' if wrap else text}</{close or name}>{gap}"
    ),
    names,
    pieces,
    st.booleans(),
    st.sampled_from(["", "", "", "", "", "", "xml"]),
    st.sampled_from(["", "", "", "", " \n", "\u3000", "x", "\r\n"]),
)
documents = st.builds(
    lambda head, body, tail: (head + "<xml>" + "".join(body) + "</xml>" + tail).encode(),
    st.sampled_from(["", "", "", "", "", "<?xml version='1.0'?>"]),
    st.lists(children, max_size=3),
    st.sampled_from(["", "", "", "", "\n", "\u3000", "x"]),
)


@given(documents)
@settings(max_examples=1500, deadline=None)
def test_the_short_cut_agrees_with_the_parser(document: bytes) -> None:
    """Whatever the fast reader takes, expat reads to the same fields; what it leaves, it leaves."""
    flat = read_flat(document)
    if flat is not None:
        assert flat == parse_xml(document)


def test_what_wecom_writes_goes_the_short_way() -> None:
    """Every documented flat callback is read without the parser, and only those with elements in elements are not."""
    texts = [one["plaintext"].encode() for one in documented("wecom")]
    for text in (text for text in texts if text.startswith(b"<")):
        parsed = parse_xml(text)
        is_flat = all(isinstance(value, str) for value in parsed.values())
        assert read_flat(text) == (parsed if is_flat else None)


@pytest.mark.parametrize(
    "plaintext",
    [
        b"<xml><A>1</A><B><![CDATA[<b> & ]]></B><C/></xml>",
        b"\xef\xbb\xbf <?xml version='1.0' encoding='gbk'?>\n<xml>\n<a>1</a> <b>&lt;b> &amp; </b><c></c></xml>",
        b'{"A": 1, "b": "<b> & ", "C": ""}',
    ],
)
def test_every_spelling_reads_the_same(plaintext: bytes) -> None:
    """XML or JSON, CDATA or not, any case of names, numbers as texts."""
    assert read_fields(plaintext) == {"a": "1", "b": "<b> & ", "c": ""}


def test_children_nest_and_repeats_become_lists() -> None:
    """An element with children is a dict, a repeated one a list."""
    read = read_fields(b"<xml><S><I><K>1</K></I><I><K>2</K></I><I>3</I></S></xml>")
    assert read == {"s": {"i": [{"k": "1"}, {"k": "2"}, "3"]}}


LAUGHS = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 12))


@pytest.mark.parametrize(
    "plaintext",
    [
        b"<!DOCTYPE xml><xml><A>1</A></xml>",
        b"<\x00!DOCTYPE xml><xml><A>1</A></xml>",
        b"<?xml version='1.0'?>\n<!DOCTYPE xml SYSTEM 'http://x/d'><xml><A>1</A></xml>",
        b"<!DOCTYPE xml [" + LAUGHS + b"]><xml><A>&l11;</A></xml>",
        b" <!-- a --><!DOCTYPE xml [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><xml>&a;</xml>",
    ],
)
def test_a_dtd_is_refused_before_the_parser_sees_it(plaintext: bytes) -> None:
    """No document type and no entity, internal or external, is ever expanded."""
    with pytest.raises(NotUnderstood, match="dtd"):
        read_fields(plaintext)


def test_a_customer_may_write_about_doctypes() -> None:
    """`<!DOCTYPE` inside a message's text is text."""
    read = read_fields(b"<xml><Content><![CDATA[<!DOCTYPE html> <!ENTITY]]></Content></xml>")
    assert read == {"content": "<!DOCTYPE html> <!ENTITY"}


@pytest.mark.parametrize(
    ("plaintext", "reason"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"<xml>text</xml>", "bad-xml"),
        (b"<xml><A></xml>", "bad-xml"),
        (b"<xml><A>1</B></xml>", "bad-xml"),
        (b"<xml><A><![CDATA[1</A></xml>", "bad-xml"),
        ("<xml><A>1</A></xml>".encode("utf-16"), "bad-xml"),
        (b"<!-- c --><xml><A>1</A></xml>", "bad-xml"),
        (b"hello", "bad-xml"),
        (b"[1]", "bad-xml"),
        (b'{"a":', "bad-json"),
        (b'{"a":' + b"[" * 200_000, "bad-json"),
        (b'{"a":' * (DEPTH_LIMIT + 1) + b"1" + b"}" * (DEPTH_LIMIT + 1), "too-deep"),
        (b'{"a":' + b"[" * 900 + b"]" * 900 + b"}", "too-deep"),
        (b"<a>" * (DEPTH_LIMIT + 1) + b"</a>" * (DEPTH_LIMIT + 1), "too-deep"),
        (b"<a>" * 200_000, "too-deep"),
    ],
)
def test_what_is_no_document_says_why(plaintext: bytes, reason: str) -> None:
    """One error with a reason, for anything that cannot be read."""
    with pytest.raises(NotUnderstood) as refused:
        read_fields(plaintext)
    assert refused.value.reason == reason


def test_the_depth_limit_itself_is_read() -> None:
    """Elements may nest to the written bound."""
    depth = DEPTH_LIMIT - 1
    read = read_fields(b"<xml>" + b"<a>" * depth + b"1" + b"</a>" * depth + b"</xml>")
    for _ in range(depth):
        read = read["a"]
    assert read == "1"
    depth = DEPTH_LIMIT - 1
    assert read_fields(b'{"a":' * depth + b'{"a":1}' + b"}" * depth)


def test_every_number_is_a_text() -> None:
    """Whatever its size, and those that JSON does not know: nothing is rounded, and nothing is a float."""
    read = read_fields(b'{"a":NaN,"b":-Infinity,"c":1e999,"d":%b,"e":0.10}' % (b"9" * 5000))
    assert read == {"a": "NaN", "b": "-Infinity", "c": "1e999", "d": "9" * 5000, "e": "0.10"}
