"""What leaves the hub: for random contracts of every kind nothing beyond the policy, and nothing is missing."""

from __future__ import annotations

import json
from typing import Annotated, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from hub.contracts.base import Contract
from hub.contracts.classes import PERSONAL_FACTS, Classified, Keyed, Located
from hub.contracts.customers import CustomerView, FactView, IdentityView
from hub.contracts.http import Page
from hub.contracts.tickets import TicketView
from hub.edge.access.masks import masked_value
from hub.edge.access.policy import FieldPolicy, Policy, packaged_policy
from hub.edge.access.projector import PUBLIC, Viewer, project, project_json, verdict_at
from hub.edge.access.scope import Place
from hub.edge.auth import Principal
from tests.support.contracts import MOMENT, Maker, all_contracts

ROLES = (
    "administrator",
    "supervisor",
    "agent",
    "engineer",
    "finance",
    "integrator",
    "store_manager",
    "viewer",
    "guest",
)
CONTRACTS = all_contracts()


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(CONTRACTS), st.integers(0, 10**9), st.lists(st.sampled_from(ROLES), max_size=2).map(tuple))
def test_nothing_beyond_the_policy_leaves_and_all_within_it_does(
    model: type[Contract], seed: int, roles: tuple[str, ...]
) -> None:
    """Of a random contract the JSON holds exactly those values that are plain or of a class seen in full."""
    maker = Maker(seed)
    made = maker.make(model)
    verdicts = packaged_policy().verdicts(roles)
    text = project_json(made, Viewer(roles), packaged_policy())
    shown = {leaf: leaf in text for leaf in maker.leaves}
    assert shown == {leaf: cls is None or verdicts[cls] == "full" for leaf, cls in maker.leaves.items()}


def test_the_makers_leaves_have_every_class_but_those_of_no_field_yet() -> None:
    """The test above says something of each class that a contract uses."""
    maker = Maker(7)
    for model in CONTRACTS:
        for _ in range(3):
            maker.make(model)
    assert set(maker.leaves.values()) == {None, "contact", "identity", "words", "cost", "earning", "contract", "secret"}


@pytest.mark.parametrize("model", [m for m in CONTRACTS if "Page" not in m.__name__], ids=lambda m: m.__name__)
def test_the_administrator_sees_contracts_as_they_are(model: type[Contract]) -> None:
    """Where everything is seen the projected answer is byte for byte what pydantic writes, but for secrets."""
    maker = Maker(3)
    made = maker.make(model)
    if "secret" in maker.leaves.values() or model.__name__ in ("NewConnection", "NewSettings", "TokenBody"):
        return
    assert project_json(made, Viewer(("administrator",)), packaged_policy()) == made.model_dump_json()


CUSTOMER = CustomerView.model_construct(
    id="cus_1", created_at=MOMENT, first_channel="wecom", version=2, contacts=(), tickets=(), orders=(),
    facts=tuple(
        FactView(name=name, value=value, personal=personal, source="amy", at=MOMENT)
        for name, value, personal in (
            ("city", "上海", False), ("name", "张三", True), ("mobile", "13800138000", True),
            ("id_card", "310101", True),
        )
    ),
    identities=(IdentityView(channel="phone", account="", external_id="ab12", linked_at=MOMENT),),
)  # fmt: skip


@pytest.mark.parametrize(
    ("role", "values"),
    [
        ("agent", ["上海", "张三", "13800138000", "310101"]),
        ("viewer", ["上海", "张**", "1**", "3**"]),
        ("finance", ["上海", None, None, None]),
    ],
)
def test_a_fact_that_nobody_declared_plain_is_personal(role: str, values: list[str | None]) -> None:
    """A customer's `mobile` and `id_card` are personal without anybody having said so; `city` is declared plain."""
    shown = project(CUSTOMER, Viewer((role,)), packaged_policy())
    assert [fact.get("value") for fact in shown["facts"]] == values


def test_a_tenant_declares_facts_plain() -> None:
    """A name that the tenant's policy calls plain is shown to everybody; what is well known to be personal never is."""
    document = packaged_policy().document.model_copy(update={"plain_facts": ("id_card", "mobile")})
    shown = project(CUSTOMER, Viewer(("viewer",)), Policy.of(document))
    assert [fact["value"] for fact in shown["facts"]] == ["上**", "张**", "1**", "310101"]
    assert PERSONAL_FACTS["mobile"] == "contact"


def ticket(**values: Any) -> BaseModel:
    made = Maker(1).make(TicketView)
    plain: dict[str, Any] = {
        "id": "tkt_1",
        "region": "310101",
        "store_id": "",
        "team": "",
        "assignee": "bob",
        "visits": (),
    }
    return made.model_copy(update={**plain, "subject": "冰柜坏了", "labour_amount": "25.00", **values})


def test_each_part_of_a_list_is_judged_where_it_belongs() -> None:
    """Of two tickets in one page the one outside the viewer's region shows nothing that is classified, even if it
    should ever get there."""
    page = Page[TicketView](data=()).model_copy(update={"data": (ticket(), ticket(region="440100"))})
    viewer = Viewer.of(Principal("amy", ("engineer",), "demo", region="310000"))
    inside, outside = project(page, viewer, packaged_policy())["data"]
    assert (inside["subject"], inside["labour_amount"]) == ("冰柜坏了", "25.00")
    assert "subject" not in outside
    assert "labour_amount" not in outside


def test_a_guest_sees_a_thing_as_a_guest_whatever_their_roles() -> None:
    """The expert of another region reads the words, and of the person a mask at most (C051); broken glass shows all."""
    guest = Principal("exp", ("supervisor",), "demo", region="440000", guest_of=("tkt_1",))
    shown = project(ticket(), Viewer.of(guest), packaged_policy())
    assert shown["subject"] == "冰柜坏了"
    assert "labour_amount" not in shown
    assert verdict_at(Viewer.of(guest), packaged_policy(), "contact", Place("310101", thing="tkt_1")) == "masked"
    glass = Principal("gm", ("viewer",), "demo", region="440000", glass_of=("tkt_1",))
    assert project(ticket(), Viewer.of(glass), packaged_policy())["labour_amount"] == "25.00"


def test_ones_own_earnings_are_shown() -> None:
    """Whoever a thing is about sees what they earn by it, whatever their role."""
    engineer = Viewer.of(Principal("bob", ("engineer",), "demo", region="310000"))
    assert verdict_at(engineer, packaged_policy(), "earning", Place("310101", people=("bob",))) == "full"
    assert verdict_at(engineer, packaged_policy(), "earning", Place("310101", people=("amy",))) == "hidden"


def test_a_rule_for_a_node_holds_for_what_stands_at_it() -> None:
    """At the node `finance` an agent has no words of the customer; beside it they do (C087)."""
    rules = [*packaged_policy().document.model_dump(mode="json")["rules"], {"role": "agent", "node": "finance"}]
    policy = Policy.of(FieldPolicy.model_validate({"rules": rules}))
    agent = Viewer.of(Principal("amy", ("agent",), "demo", region="310000"))
    assert "subject" not in project(ticket(), agent, policy, Place("310101", node="finance"))
    assert project(ticket(), agent, policy, Place("310101", node="repair"))["subject"] == "冰柜坏了"


def test_a_mask_tells_two_people_apart_and_no_amount() -> None:
    """The first letter of a name, and nothing of a cost: its first digit says how much. What it hides has no length."""
    shown = [masked_value("13800138000", "contact"), masked_value("王伟", "identity"), masked_value("", "cost")]
    assert shown == ["1**", "王**", ""]
    assert masked_value({"labour": "25.00", "parts": ["9.90", 5]}, "cost") == {"labour": "**", "parts": ["**"]}


class Inner(Contract):
    phone: Annotated[str, Classified("contact")]


class Odd(Contract):
    """Shapes that no contract has today."""

    anything: Any
    by_key: dict[str, Inner]
    either: Inner | str | None
    nested: tuple[tuple[Inner, ...], ...]
    phones: Annotated[tuple[str, ...], Classified("contact")]
    lines: Annotated[tuple[Inner, ...], Classified("words")]
    points: Annotated[int, Classified("contact")]
    store: Annotated[str, Located("store")] = ""
    facts: Annotated[dict[str, Any], Keyed(plain=frozenset({"a"}), inner={"deep": Keyed(plain=frozenset({"b"}))})]


def test_what_is_classified_is_found_in_any_shape() -> None:
    """In unions, dicts, tuples of tuples, fields of any type, and lists under a key of an allowlist."""
    one = Inner(phone="13800138000")
    odd = Odd(
        anything=[{"x": one}], by_key={"k": one}, either=one, nested=((one,), ()), phones=("139", ""),
        lines=(one,), points=4,
        facts={"a": 1, "z": 2, "y": "words", "deep": [{"b": 1, "c": "d"}]},
    )  # fmt: skip
    masked = {"phone": "1**"}
    assert project(odd, Viewer(("viewer",)), packaged_policy()) == {
        "anything": [{"x": masked}], "by_key": {"k": masked}, "either": masked, "nested": [[masked], []],
        "phones": ["1**", ""], "lines": [masked], "store": "",
        "facts": {"a": 1, "y": "w**", "deep": [{"b": 1, "c": "d**"}]},
    }  # fmt: skip
    assert "138" not in json.dumps(project(odd, PUBLIC, packaged_policy()))
