"""People, keys, regions: the small rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from functions.directory.keys import write_key
from functions.directory.people import GRANTS_LIMIT, add_grant, person_changed
from functions.directory.regions import names, show_region
from functions.directory.roles import ROLES
from hub.contracts.base import Role
from hub.contracts.directory import GrantBody
from hub.edge.auth import principal_from
from hub.kernel.errors import Invalid, NotFound

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def grant(hours: int) -> GrantBody:
    return GrantBody(role="supervisor", starts_at=NOW - timedelta(days=9), ends_at=NOW + timedelta(hours=hours))


def test_a_new_grant_sweeps_out_what_is_over() -> None:
    """Ended grants do not pile up, and the same grant stands once."""
    assert add_grant((grant(-1), grant(1), grant(2)), grant(2), NOW) == (grant(1), grant(2))


def test_a_grant_that_is_over_is_refused() -> None:
    """A grant for the past would do nothing."""
    with pytest.raises(Invalid):
        add_grant((), grant(0), NOW)


def test_grants_have_a_limit() -> None:
    """A person holds at most GRANTS_LIMIT grants."""
    full = tuple(grant(h) for h in range(1, GRANTS_LIMIT + 1))
    assert len(add_grant(full[1:], full[0], NOW)) == GRANTS_LIMIT
    with pytest.raises(Invalid):
        add_grant(full, grant(999), NOW)


@pytest.mark.parametrize(
    ("moment", "roles"),
    [
        (NOW - timedelta(seconds=1), ("agent",)),
        (NOW, ("agent", "supervisor")),
        (NOW + timedelta(days=7, seconds=-1), ("agent", "supervisor")),
        (NOW + timedelta(days=7), ("agent",)),
    ],
)
def test_a_granted_role_is_held_from_its_start_to_its_end(moment: datetime, roles: tuple[str, ...]) -> None:
    """Held by the clock alone: nothing has to be deleted for it to end."""
    grant = GrantBody(role="supervisor", starts_at=NOW, ends_at=NOW + timedelta(days=7)).model_dump(mode="json")
    record = {"roles": ["agent"], "region": "base", "grants": [grant]}
    assert principal_from({"sub": "li", "aud": "demo"}, record, moment).roles == roles


@pytest.mark.parametrize(
    ("active", "frozen", "works"), [(True, False, True), (True, True, False), (False, False, False)]
)
def test_who_is_frozen_gets_no_work(active: bool, frozen: bool, works: bool) -> None:
    """To the other rooms, frozen is not active; and each version of a person is one event."""
    item = {
        "person_id": "li",
        "roles": ["agent"],
        "skills": [],
        "teams": ["east"],
        "region": "310000",
        "store_id": "",
        "supervisor": "",
        "wecom_userid": "li",
        "active": active,
        "frozen": frozen,
        "updated_at": "2026-11-21T09:00:00.000000Z",
    }
    event = person_changed("demo", item | {"version": 2})
    assert (event.active, event.version, event.at) == (works, 2, NOW)
    assert event.id == person_changed("demo", item | {"version": 2}).id
    assert event.id != person_changed("demo", item | {"version": 3}).id


def test_a_key_is_unguessable_or_not_made() -> None:
    """Fewer than 32 random bytes are refused."""
    assert write_key("hubk_", bytes(32)) == "hubk_" + "A" * 43
    with pytest.raises(ValueError, match="32"):
        write_key("hubk_", bytes(31))


def test_every_role_has_a_title_in_both_languages() -> None:
    """The catalogue is complete."""
    assert [role.id for role in ROLES] == list(get_args(Role))
    assert all(role.title.zh and role.title.en for role in ROLES)


def test_all_provinces_have_names() -> None:
    """34 provincial-level regions, and the whole tenant."""
    assert sum(code.endswith("0000") for code in names()) == 34
    assert show_region("base").path[0].name.en == "All regions"


def test_a_region_says_what_it_lies_in() -> None:
    """黄浦 lies in 上海, and a code without a name still knows where it lies."""
    huangpu = show_region("310101")
    assert [(step.code, step.name.zh) for step in huangpu.path] == [
        ("310101", "黄浦区"),
        ("310100", "上海市"),
        ("310000", "上海市"),
        ("base", "全国"),
    ]
    assert show_region("310199").name.zh == ""


@pytest.mark.parametrize("code", ["990000", "31010", "shanghai", "", "３１００００"])
def test_what_is_no_region_is_not_found(code: str) -> None:
    """A code outside every province, or no code at all."""
    with pytest.raises(NotFound):
        show_region(code)
