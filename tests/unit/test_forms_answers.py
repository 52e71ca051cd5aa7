"""What a form makes of answers: what is asked, what is missing, and the same thing however it is typed."""

from __future__ import annotations

import re
import time
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.tickets.forms.answers import look_at_answers, read_answers
from functions.tickets.forms.compiled import CompiledForm, compile_form
from functions.tickets.forms.document import FIELDS_LIMIT, Form
from functions.tickets.forms.kind import FORMS
from hub.documents.linting import check
from hub.kernel.errors import Invalid
from tests.support.forms import compiled, field, form

TODAY = date(2026, 11, 30)


def wrong(own: CompiledForm, raw: dict[str, Any]) -> list[str]:
    """The places that are refused."""
    return [problem.pointer for problem in look_at_answers(own, raw, TODAY).problems]


def kept(own: CompiledForm, raw: dict[str, Any]) -> dict[str, Any]:
    return dict(read_answers(own, raw, TODAY))


LINKED = compiled(
    field("kind", "select", options=["consult", "aftersale"]),
    field("warranty", "select", options=["yes", "no"], required=True, when={"kind": {"eq": "aftersale"}}),
    field("limit", "integer", required=True, when={"warranty": {"ne": "yes"}}),
)


def test_what_hangs_on_an_unasked_question_is_not_asked() -> None:
    """`warranty` is not asked, so neither is `limit`, though nobody said `yes`; asked and unanswered, it alone is
    missing."""
    assert kept(LINKED, {"kind": "consult", "warranty": "no", "limit": 500}) == {"kind": "consult"}
    assert wrong(LINKED, {"kind": "aftersale"}) == ["/warranty"]
    assert wrong(LINKED, {"kind": "aftersale", "warranty": "no"}) == ["/limit"]
    assert kept(LINKED, {"kind": "aftersale", "warranty": "yes", "limit": 1}) == {
        "kind": "aftersale",
        "warranty": "yes",
    }


def test_a_hidden_section_takes_its_required_fields_along() -> None:
    """Nothing of it is asked, whatever its fields say; shown, they are."""
    document = form(field("kind", "boolean"), {**field("why", "text", required=True), "section": "more"})
    document["sections"].append({"id": "more", "when": {"kind": {"eq": True}}})
    own = compile_form(Form.model_validate(document))
    assert kept(own, {"kind": False, "why": "x"}) == {"kind": False}
    assert wrong(own, {"kind": True}) == ["/why"]


def test_not_and_any_know_what_is_unknown() -> None:
    """`not` over an unasked question asks nothing; `any` goes by what is known; `present: false` is true of a question
    that is asked and has no answer."""
    own = compiled(
        field("a", "boolean"),
        field("b", "select", options=["x", "y"], when={"a": {"eq": True}}),
        field("c", "text", when={"not": {"b": {"eq": "x"}}}),
        field("d", "text", when={"any": [{"b": {"eq": "x"}}, {"a": {"eq": False}}]}),
        field("e", "text", when={"b": {"present": False}}),
    )
    visible = {name: look_at_answers(own, raw, TODAY).visible for name, raw in (
        ("no", {"a": False}), ("yes", {"a": True}), ("x", {"a": True, "b": "x"}),
    )}  # fmt: skip
    assert visible == {"no": ("a", "d"), "yes": ("a", "b", "e"), "x": ("a", "b", "d")}


def test_nothing_is_no_answer_and_zero_and_false_are() -> None:
    """{} misses the amount and nothing that hangs on it; "0" is an amount, false an agreement; null, "" and blanks of
    any width are none."""
    own = compiled(
        field("amount", "money", required=True),
        field("reason", "text", required=True, when={"amount": {"gte": 1000}}),
    )
    assert wrong(own, {}) == ["/amount"]
    assert kept(own, {"amount": "0"}) == {"amount": "0.00"}
    assert wrong(own, {"amount": "1000"}) == ["/reason"]
    agreed = compiled(field("agree", "boolean", required=True))
    assert kept(agreed, {"agree": False}) == {"agree": False}
    assert [wrong(agreed, {"agree": blank}) for blank in (None, "", "　")] == [["/agree"]] * 3


@pytest.mark.parametrize(
    ("kind", "raw", "stored"),
    [
        ("postcode", "010010", "010010"),
        ("waybill", "7712345678901234567890", "7712345678901234567890"),
        ("waybill", "sf 1234-5678 90", "SF1234567890"),
        ("cn_id_card", "11010519491231002x", "11010519491231002X"),
        ("cn_id_card", "330113199001011233", "330113199001011233"),  # a KeyError of python-stdnum's is_valid
        ("cn_id_card", "33011419900101123x", "33011419900101123X"),
        ("money", "１,２３４．５０", "1234.50"),
        ("money", 12, "12.00"),
        ("integer", "１２", 12),
        ("date", "2026年2月28日", "2026-02-28"),
        ("cn_plate", "沪a·12345", "沪A12345"),
        ("cn_plate", "沪AD12345", "沪AD12345"),
        ("cn_credit_code", "91110000600037341l", "91110000600037341L"),
        ("cn_mobile", "＋86 138-0013-8000", "13800138000"),
        ("region", "310101", "310101"),
    ],
)
def test_numbers_that_are_names_stay_text(kind: str, raw: Any, stored: Any) -> None:
    """However it is typed it comes back as what it is, digit for digit."""
    assert kept(compiled(field("it", kind)), {"it": raw}) == {"it": stored}


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("postcode", 10010),
        ("waybill", 2**53 + 1),
        ("cn_id_card", "310101200002300017"),  # the check digit is right, 30 February is not
        ("cn_id_card", "110105194912310021"),
        ("cn_id_card", "110105209912310020"),  # born in 2099
        ("money", "1e5"),
        ("money", 0.1),
        ("money", "1,23.4"),
        ("integer", "1.5"),
        ("integer", 2**53),
        ("integer", True),
        ("date", "2026-02-30"),
        ("cn_plate", "火A12345"),
        ("cn_credit_code", "91110000600037341M"),
        ("cn_mobile", "1380013800"),
        ("cn_mobile", "12800138000"),
        ("region", "990000"),
        ("email", "a@b"),
    ],
)
def test_what_it_cannot_be_is_refused(kind: str, raw: Any) -> None:
    """With its place, and nothing else."""
    assert wrong(compiled(field("it", kind)), {"it": raw}) == ["/it"]


def test_a_field_that_there_is_not_is_refused_by_its_name() -> None:
    """Beside everything else that is wrong."""
    assert wrong(LINKED, {"kind": "aftersale", "colour": "red"}) == ["/warranty", "/colour"]


def test_keywords_of_json_schema_hold() -> None:
    """Lengths, patterns and bounds, each where the type has it; amounts and dates are compared as such."""
    own = compiled(
        field("model", "text", value={"pattern": "^BX[0-9]$", "maxLength": 3}),
        field("budget", "money", value={"minimum": "100", "maximum": "999.99"}),
        field("age", "integer", value={"minimum": 1, "maximum": 18}),
        field("day", "date", value={"minimum": "2026-12-01"}),
        field("two", "multi_select", options=["a", "b", "c"], value={"minItems": 2}),
    )
    bad = {"model": "BX33", "budget": "99.99", "age": 19, "day": "2026-11-30", "two": ["a"]}
    assert wrong(own, bad) == [f"/{name}" for name in bad]
    good = {"model": "BX3", "budget": "100.00", "age": 18, "day": "2026-12-01", "two": ["a", "b"]}
    assert kept(own, good) == good


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
EVERYTHING = compiled(
    *(
        field(kind, kind, **({"options": ["a", "b"]} if "select" in kind else {}))
        for kind in ("text", "integer", "money", "date", "boolean", "select", "multi_select", "region", "cn_mobile")
    ),
    *(field(kind, kind) for kind in ("phone", "email", "cn_id_card", "cn_plate", "cn_credit_code", "waybill", "files")),
)


@given(st.dictionaries(st.sampled_from(sorted(EVERYTHING.fields)), ANY, max_size=5))
def test_whatever_comes_is_kept_or_refused_and_kept_once_is_kept_again(raw: dict[str, Any]) -> None:
    """No answer breaks anything, none is both kept and refused, and what was stored reads as itself."""
    looked = look_at_answers(EVERYTHING, raw, TODAY)
    refused = {problem.pointer[1:] for problem in looked.problems}
    assert not refused & set(looked.kept)
    again = look_at_answers(EVERYTHING, dict(looked.kept), TODAY)
    assert (again.kept, again.problems) == (looked.kept, ())


class _Types:
    """A context in which there are ticket types."""

    def in_force(self, _kind: Any) -> dict[str, Any]:
        return dict.fromkeys(("repair", "consult", "after_sale"))


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"fields": [field("a", "select")]}, "/fields/0/options"),
        ({"fields": [field("a", "text", options=["x"])]}, "/fields/0/options"),
        ({"fields": [field("a", "text", value={"$ref": "https://example.com/x"})]}, "/fields/0/value/$ref"),
        ({"fields": [field("a", "text", value={"pattern": "(?=x)y"})]}, "/fields/0/value/pattern"),
        ({"fields": [field("a", "text", value={"pattern": r"(a)\1"})]}, "/fields/0/value/pattern"),
        ({"fields": [field("a", "text", value={"pattern": "((a{1000}){1000}){1000}"})]}, "/fields/0/value/pattern"),
        ({"fields": [field("a", "text", value={"minLength": -1})]}, "/fields/0/value/minLength"),
        ({"fields": [field("a", "text"), field("a", "text")]}, "/fields/1/id"),
        ({"fields": [{**field("a", "text"), "section": "nowhere"}]}, "/fields/0/section"),
        ({"fields": [field("a", "text", when={"b": {"eq": "x"}})]}, "/fields/0/when/b"),
        ({"fields": [field("a", "boolean", when={"a": {"eq": True}})]}, "/fields/0/when"),
        ({"fields": [field("a", "integer")], "on_submit": {"ticket": {"type": "nothing"}}}, "/on_submit/ticket/type"),
    ],
)
def test_a_form_that_cannot_work_is_refused_with_the_place(change: dict[str, Any], pointer: str) -> None:
    """At the draft, not when somebody hands it in."""
    checked = check(FORMS, "mine", form(*change.pop("fields"), **change), _Types())
    assert [finding.pointer for finding in checked.errors] == [pointer]


def huge() -> dict[str, Any]:
    """A form of 1 MB in a single field."""
    return form(field("a", "select", options=[f"{number:05}{'x' * 90}" for number in range(10_000)]))


@pytest.mark.parametrize(
    "document",
    [
        huge(),
        form(*(field(f"f{number}", "text") for number in range(10_000))),
        form(field("a", "text", value={"pattern": "(((a{999}){999}){999}){999}"})),
    ],
    ids=["1 MB", "10,000 fields", "a pattern that takes all memory"],
)
def test_a_form_that_is_too_much_is_refused_in_milliseconds(document: dict[str, Any]) -> None:
    """Before it is looked at closely."""
    began = time.process_time()
    assert check(FORMS, "mine", document, _Types()).errors
    assert time.process_time() - began < 0.2


def test_a_pattern_that_backtracks_elsewhere_takes_no_time_here() -> None:
    """`^(a+)+$` against a long run of a and one b: Python's own engine would not come back."""
    own = compiled(field("a", "text", value={"pattern": "^(a+)+$"}))
    began = time.process_time()
    assert wrong(own, {"a": "a" * 199 + "b"}) == ["/a"]
    assert time.process_time() - began < 0.1


def test_most_fields_that_there_may_be() -> None:
    """FIELDS_LIMIT of them are a form, one more is none."""
    fields = [field(f"f{number}", "text") for number in range(FIELDS_LIMIT)]
    assert check(FORMS, "mine", form(*fields), _Types()).errors == ()
    more = check(FORMS, "mine", form(*fields, field("more", "text")), _Types())
    assert [re.sub(r"\d+", "…", finding.rule) for finding in more.errors] == ["must have at most … fields"]


def test_a_condition_on_itself_through_others_is_found() -> None:
    """Each field of the circle is named."""
    with pytest.raises(Invalid) as refused:
        compiled(
            field("a", "boolean", when={"b": {"eq": True}}),
            field("b", "boolean", when={"a": {"eq": True}}),
            field("c", "boolean"),
        )
    assert [problem.pointer for problem in refused.value.problems] == ["/fields/0/when", "/fields/1/when"]
