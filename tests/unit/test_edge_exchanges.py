"""What goes around every answer, decided without a network: origins, versions of the API, entity tags."""

from __future__ import annotations

from datetime import date

import pytest

from hub.edge.cors import Origins, cors_headers
from hub.edge.etags import content_tag, is_held, seen_version
from hub.edge.versions import ApiVersion, version_of
from hub.kernel.errors import Invalid

DESK = "https://desk.example.com"
OLD, NEW = ApiVersion(date(2026, 12, 1), sunset=date(2027, 12, 1)), ApiVersion(date(2027, 6, 1))


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (DESK, True),
        ("http://localhost:5173", True),
        ("https://desk.example.com.evil.example", False),
        ("http://desk.example.com", False),
        ("https://desk.example.com:8443", False),
        ("http://localhost.evil.example:5173", False),
        ("null", False),
        ("", False),
    ],
)
def test_an_origin_is_allowed_whole_or_not_at_all(origin: str, allowed: bool) -> None:
    """Scheme, host and port are the tenant's own, and only a port may be any."""
    origins = Origins.read(f"{DESK} http://localhost:*")
    assert origins.allow(origin) is allowed
    assert ("Access-Control-Allow-Origin" in cors_headers(origins, origin)) is allowed


@pytest.mark.parametrize("setting", ["*", "https://*.example.com", "desk.example.com", "https://a.example/path"])
def test_what_is_no_origin_is_no_setting(setting: str) -> None:
    """A setting that would let in more than it names is refused."""
    with pytest.raises(ValueError, match="not an origin"):
        Origins.read(setting)


def test_what_is_open_to_any_names_nobody() -> None:
    """A page from anywhere may read it, and no cache keeps it for one origin alone."""
    assert cors_headers(Origins(), "https://anywhere.example", any_origin=True)["Access-Control-Allow-Origin"] == "*"
    assert cors_headers(Origins(), "https://anywhere.example") == {"Vary": "Origin"}


@pytest.mark.parametrize(
    ("asked", "held"), [("", NEW), ("2026-12-01", OLD), ("2027-05-31", OLD), ("2027-06-01", NEW), ("2031-01-01", NEW)]
)
def test_a_client_is_answered_in_the_version_of_its_day(asked: str, held: ApiVersion) -> None:
    """The newest that held then; the newest of all for whoever names none."""
    assert version_of(asked, (OLD, NEW)) is held


@pytest.mark.parametrize("asked", ["2026-11-30", "today", "2027-02-30"])
def test_a_version_that_never_was_is_named(asked: str) -> None:
    """No date, and a day before the oldest version, are the sender's fault."""
    with pytest.raises(Invalid) as refused:
        version_of(asked, (OLD, NEW))
    assert [problem.pointer for problem in refused.value.problems] == ["header:Hub-Version"]


def test_a_version_on_its_way_out_says_until_when() -> None:
    """By RFC 8594 (Sunset) and RFC 9745 (Deprecation); the newest has neither."""
    assert OLD.headers() == {
        "Hub-Version": "2026-12-01",
        "Sunset": "Wed, 01 Dec 2027 00:00:00 GMT",
        "Deprecation": "@1796083200",
    }
    assert NEW.headers() == {"Hub-Version": "2027-06-01"}


def test_a_tag_tells_a_version_and_what_is_shown_of_it() -> None:
    """Two viewers of one version hold different tags, and each names the version."""
    full, masked = content_tag('{"phone":"138"}', 7), content_tag('{"phone":"1**"}', 7)
    assert full != masked
    assert (seen_version(full), seen_version(masked), seen_version('"7"'), seen_version("*"), seen_version("")) == (
        7, 7, 7, None, None,
    )  # fmt: skip
    assert is_held(f'"x", W/{full}', full)
    assert is_held("*", full)
    assert not is_held(masked, full)


@pytest.mark.parametrize("header", ["7", '"seven"', '"7", "8"', 'W/"7"', '"0123456789abcdef"'])
def test_a_tag_without_a_version_holds_nothing_against_a_change(header: str) -> None:
    """Whoever can't say which version they saw hears so, and is not guarded by guesswork."""
    with pytest.raises(Invalid, match="header"):
        seen_version(header)
