"""C096: 35 settlement templates and more, each with a form, three golden cases, and a trial that saves nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from hubctl.cli import app as hubctl
from tests.support.settlement_room import Till, handed, till


@pytest.fixture(scope="module")
def room() -> Iterator[Till]:
    with till() as made:
        yield made


def test_the_catalogue_is_printed_and_served(room: Till) -> None:
    """`hubctl settlement templates` prints 35 lines and more; the API lists the same."""
    lines = CliRunner().invoke(hubctl, ["settlement", "templates"]).stdout.splitlines()
    listed = room.call("GET", "/settlement/templates").json
    assert len(lines) >= 35
    assert [line.split("\t")[0] for line in lines] == sorted(row["key"] for row in listed["data"])


def test_a_form_is_tried_with_numbers_and_nothing_is_kept(room: Till) -> None:
    """247.00 at 5 % is 12.35, with why; the answer holds the policy to publish; the ledger is as empty as before."""
    tried = room.fill_in("percent_of_sale", [handed("order", amount="247.00")], rate="0.05")
    assert [line["amount"] for line in tried["entries"][0]["lines"]] == ["12.35", "-12.35"]
    assert tried["entries"][0]["reason"]["zh"] == "销售提成：金额 247.00 元 × 5%"
    assert tried["policy"]["postings"][0]["steps"][0]["rate"] == "0.05"
    assert room.entries() == []


def test_a_form_that_cannot_be_is_refused_with_its_place(room: Till) -> None:
    """A parameter that there is not, and a rate that is none."""
    body = {"parameters": {"rat": "0.05"}}
    assert room.call("POST", "/settlement/templates/percent_of_sale/try", body).json["errors"][0]["pointer"] == (
        "/parameters/rat"
    )
    answer = room.call("POST", "/settlement/templates/percent_of_sale/try", {"parameters": {"rate": "NaN"}})
    assert answer.status == 422
    assert answer.json["errors"][0]["pointer"].startswith("/policy/postings/0/steps/0")


def test_a_policy_from_a_template_settles_facts(room: Till) -> None:
    """Published as the trial answered it, it pays what the trial said."""
    room.adopt("percent_of_sale", rate="0.05")
    room.hand_in(handed("order", 7, amount="12.35"))
    assert room.accounts("payable") == {"payable:person:wang.wei": "-0.62"}
