"""The field policy: what ships, how rules combine, and what its lint finds."""

from __future__ import annotations

from hub.contracts.classes import CLASSES
from hub.edge.access.policy import FieldPolicy, FieldRule, Finding, Policy, lint_policy, packaged_policy

ADMINISTRATOR = {"role": "administrator", "sees": ["contact"]}


def policy_of(*rules: dict[str, object]) -> Policy:
    return Policy.of(FieldPolicy.model_validate({"rules": [ADMINISTRATOR, *rules]}))


def test_personal_fields_are_full_for_those_who_work_with_them_alone() -> None:
    """Agents, supervisors, engineers and administrators see who and what in full; everybody else at most a mask."""
    full = {
        role
        for role in (
            "administrator",
            "supervisor",
            "agent",
            "engineer",
            "finance",
            "integrator",
            "store_manager",
            "viewer",
        )
        if {packaged_policy().verdicts((role,))[name] for name in ("contact", "identity", "words")} == {"full"}
    }
    assert full == {"administrator", "supervisor", "agent", "engineer"}


def test_finance_has_no_contact_and_customer_service_no_cost() -> None:
    """Finance sees amounts and not even a mask of a phone or a name; agents see the person and no cost (C087, C088)."""
    finance, agent = (packaged_policy().verdicts((role,)) for role in ("finance", "agent"))
    assert [finance[name] for name in ("contact", "identity", "cost", "earning")] == [
        "hidden",
        "hidden",
        "full",
        "full",
    ]
    assert [agent[name] for name in ("contact", "cost", "earning", "contract")] == [
        "full",
        "hidden",
        "hidden",
        "hidden",
    ]
    assert "contract" not in packaged_policy().writable(("agent",))


def test_a_secret_is_shown_to_nobody() -> None:
    """Whatever roles come together, and even if a rule says so."""
    assert packaged_policy().verdicts(("administrator", "own", "break_glass"))["secret"] == "hidden"
    assert policy_of({"role": "viewer", "sees": ["secret"]}).verdicts(("viewer",))["secret"] == "hidden"


def test_nobody_sees_nothing_that_is_classified() -> None:
    """Without a role, or with one that no rule names, every class is hidden."""
    for roles in ((), ("stranger",)):
        assert set(packaged_policy().verdicts(roles).values()) == {"hidden"}
        assert packaged_policy().writable(roles) == frozenset()


def test_the_most_exact_rule_of_a_role_holds() -> None:
    """A node beats a terminal, both beat one, and the exact rule stands alone: it adds nothing to the general one."""
    policy = policy_of(
        {"role": "agent", "sees": ["contact", "words"]},
        {"role": "agent", "terminal": "h5", "masks": ["contact"]},
        {"role": "agent", "node": "finance", "sees": ["cost"]},
        {"role": "agent", "node": "finance", "terminal": "h5", "masks": ["cost"]},
    )
    asked = [("", "pc"), ("", "h5"), ("finance", "pc"), ("finance", "h5"), ("finance", "mobile")]
    got = [[policy.verdicts(("agent",), *where)[name] for name in ("contact", "words", "cost")] for where in asked]
    assert got == [
        ["full", "full", "hidden"],
        ["masked", "hidden", "hidden"],
        ["hidden", "hidden", "full"],
        ["hidden", "hidden", "masked"],
        ["hidden", "hidden", "full"],
    ]


def test_several_roles_have_the_best_of_each_in_any_order() -> None:
    """Who is agent and finance sees what either sees, whichever stands first."""
    for roles in (("agent", "finance"), ("finance", "agent")):
        verdicts = packaged_policy().verdicts(roles)
        assert [verdicts[name] for name in CLASSES] == [*["full"] * 6, "hidden", "hidden"]


def test_a_policy_that_contradicts_itself_is_refused_with_each_place() -> None:
    """Twice the same rule, a class both seen and masked, a secret, and no way back for the administrator."""
    rules = (
        FieldRule(role="agent", sees=("contact",), masks=("contact",)),
        FieldRule(role="agent", sees=("secret",)),
    )
    assert lint_policy(FieldPolicy(rules=rules)) == [
        Finding("/rules/0/masks", "contact stands in sees too"),
        Finding("/rules/1", "says again what /rules/0 is about"),
        Finding("/rules/1/sees", "a secret is never shown, to nobody"),
        Finding("/rules", "must have a rule for the administrator, or nobody can mend it"),
    ]
    assert lint_policy(packaged_policy().document) == []
