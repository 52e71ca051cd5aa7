"""What a tenant may choose, and what is refused before anything is synthesised."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from infra.tenant import Tenant, read_tenant

DEMO = Path(__file__).parents[2] / "infra" / "tenants" / "demo.toml"


def tenant(**chosen: Any) -> Tenant:
    return Tenant.model_validate({"id": "demo", "name": "Demo"} | chosen)


def test_the_demo_file_shows_every_parameter_with_its_default() -> None:
    """Copying demo.toml is enough to know what can be chosen: it has each parameter, explained, at its default."""
    shown = read_tenant(DEMO)
    assert shown == Tenant(id="demo", name=shown.name)
    given_names = tomllib.loads(DEMO.read_text(encoding="utf-8"))
    assert set(given_names) == set(Tenant.model_fields)
    for name, field in Tenant.model_fields.items():
        if isinstance(field.default, BaseModel):
            assert set(given_names[name]) == set(type(field.default).model_fields)


@pytest.mark.parametrize(
    "chosen",
    [
        {"clock_scale": 720},
        {"clock_scale": "stepped"},
        {"clock": "stepped"},
        {"clock_origin": "call"},
        {"id": "Demo"},
        {"id": "ab"},
        {"timezone": "Mars/Olympus"},
        {"region": "moon"},
        {"surprise": 1},
        {"logs": {"retention_days": 31}},
        {"domain": {"name": "hub.example.com"}},
        {"egress": {"kind": "shared", "vpc_id": "vpc-1"}},
        {"egress": {"kind": "nat", "vpc_id": "vpc-1"}},
        {"alarms": {"email": "nobody"}},
        {"concurrency": {"webhooks-changes": 1}},
        {"concurrency": {"everything": 10}},
        {"verify_files": {"../etc/passwd": "x"}},
        {"verify_files": {"WW_verify_a.txt": "x" * 2000}},
    ],
)
def test_what_makes_no_sense_is_refused(chosen: dict[str, Any]) -> None:
    """A wrong parameter stops the synthesis with its name; scaled time never leaves the local machine."""
    with pytest.raises(ValidationError):
        tenant(**chosen)


def test_a_file_describes_the_tenant_that_it_is_named_after(tmp_path: Path) -> None:
    """other.toml with id = "demo" would deploy over the wrong tenant."""
    path = tmp_path / "other.toml"
    path.write_text('id = "demo"\nname = "Demo"\n', encoding="utf-8")
    with pytest.raises(ValueError, match="must agree"):
        read_tenant(path)


@given(st.text(max_size=30))
def test_an_id_is_lower_case_letters_and_digits_or_nothing(text: str) -> None:
    """Whatever is written as an id, what is taken is 3 to 20 of [a-z0-9]: it stands in names of every service."""
    try:
        taken = tenant(id=text).id
    except ValidationError:
        return
    assert 3 <= len(taken) <= 20
    assert set(taken) <= set("abcdefghijklmnopqrstuvwxyz0123456789")
