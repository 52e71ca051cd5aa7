"""Each template that ships, by its golden cases: typical, at a border, and with a refund."""

from __future__ import annotations

import pytest

from functions.settlement.templates import CASES, TEMPLATES, Case, TemplateDocument, outcome_of
from hub.documents.linting import check

SHIPPED = {key: TemplateDocument.model_validate(document) for key, document in TEMPLATES.presets().items()}
GOLDEN = [pytest.param(SHIPPED[key], case, id=f"{key}-{case.name}") for key in SHIPPED for case in SHIPPED[key].cases]


@pytest.mark.parametrize(("template", "case"), GOLDEN)
def test_settlement_golden(template: TemplateDocument, case: Case) -> None:
    """The facts of a case come to the sums that were worked out by hand."""
    assert outcome_of(template, case) == case.accounts


def test_settlement_golden_cases_are_three_for_each_of_at_least_35_templates() -> None:
    """Every template has the three, and in each what is debited is credited."""
    assert len(SHIPPED) >= 35
    for template in SHIPPED.values():
        assert [case.name for case in template.cases] == list(CASES)


@pytest.mark.parametrize("key", SHIPPED)
def test_a_shipped_template_has_nothing_to_find_fault_with(key: str) -> None:
    """No error and no warning: it balances, reaches everything, uses its parameters, and its cases come out."""
    assert check(TEMPLATES, key, TEMPLATES.presets()[key], None).findings == ()
