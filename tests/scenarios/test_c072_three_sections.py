"""C072: a form without one of its three sections, 客户基础信息, 服务需求, 备注, is warned of by lint, and works."""

from __future__ import annotations

import pytest

from tests.support.forms import SECTIONS, field, form
from tests.support.tickets import World, world


def findings(hub: World, sections: list[dict[str, str]]) -> list[tuple[str, str, str]]:
    """What lint says of a form with these sections and a field in each."""
    fields = [{**field(f"in_{section['id']}", "text"), "section": section["id"]} for section in sections]
    document = {**form(*fields), "sections": sections}
    answer = hub.call("POST", "/forms/order/lint", {"document": document})
    assert (answer.status, answer.json["usable"]) == (200, True)
    return [(found["severity"], found["pointer"], found["rule"]) for found in answer.json["findings"]]


@pytest.mark.parametrize(("missing", "words"), [("basic", "客户基础信息"), ("need", "服务需求"), ("remark", "备注")])
def test_lint_warns_of_the_section_that_is_missing(missing: str, words: str) -> None:
    """All three: no finding. Without one of them: one warning, which names it in Chinese; the form can be used."""
    with world() as hub:
        assert findings(hub, list(SECTIONS)) == []
        without = [section for section in SECTIONS if section["kind"] != missing]
        rule = f"has no section of the kind {missing} ({words})"
        assert findings(hub, without) == [("warning", "/sections", rule)]
