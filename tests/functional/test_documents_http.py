"""Documents over HTTP: the same routes for every kind, by declaration; who may edit what; what is refused and how."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from hub.edge import cursors
from hub.edge.openapi import document
from hub.edge.room import Room
from hub.kernel.clock import StepClock
from tests.support.aws import account, make_table
from tests.support.documents import BOOKS, FORMS, NOW, REFUND
from tests.support.documents_room import documents_room
from tests.support.hosts import install
from tests.support.http import Answer, call, token

RULES = replace(
    FORMS, name="rule_set", path="/rules", title="规则 · Rules", only="intake", presets=dict, overlays=False
)

HQ = token("supervisor", sub="hq")
EAST = token("supervisor", sub="east", region="310000")
STORE = token("store_manager", sub="lin", region="310101", stores=("s1",))
AGENT = token("agent", sub="amy", region="310101")


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    with account("papers") as session:
        yield session


@pytest.fixture
def clock() -> StepClock:
    return StepClock(NOW)


@pytest.fixture
def room(session: Any, clock: StepClock, request: pytest.FixtureRequest) -> Room[Any]:
    """The room, on a table of its own for each test."""
    made, table = documents_room((FORMS, BOOKS, RULES)), request.node.name[:200].translate({91: "-", 93: "-"})
    make_table(table)
    install(made, session, clock, table=table)
    return made


@pytest.fixture
def ask(room: Room[Any]) -> Any:
    """`ask(method, path, body, as_=token)`."""

    def asking(method: str, path: str, body: Any = None, as_: str = HQ, **more: Any) -> Answer:
        return call(room, method, path, body, as_=as_, **more)

    return asking


def form(title: str, **more: Any) -> dict[str, Any]:
    return {**REFUND, "title": title, **more}


def test_a_business_user_changes_a_document_and_goes_back_all_over_http(ask: Any) -> None:
    """Draft, compare, try, publish, revert: no deployment, and what was in force is in force again."""
    shown = ask("GET", "/forms/refund").json
    assert (shown["version"], shown["origin"], shown["document"]["title"]) == (0, "preset", "退款")
    draft = ask("PUT", "/forms/refund/draft", {"document": {**shown["document"], "title": "退款申请"}})
    assert (draft.status, draft.json["revision"], draft.json["based_on"]) == (200, 1, 0)
    compared = ask("GET", "/forms/refund/compare").json["changes"]
    assert compared == [{"pointer": "/title", "what": "changed", "was": "退款", "now": "退款申请"}]
    would = ask("POST", "/forms/refund/publish?dry_run=1", {}).json
    assert (would["dry_run"], would["version"], would["changes"]) == (True, 1, compared)
    done = ask("POST", "/forms/refund/publish", {})
    assert (done.status, done.json["version"], done.json["unchanged"], done.headers["etag"]) == (200, 1, False, '"1"')
    assert ask("GET", "/forms/refund").json["facts"] == {"made": "1"}
    assert ask("POST", "/forms/refund/revert", {"version": 0}).json["version"] == 0
    assert ask("GET", "/forms/refund").json["document"]["title"] == "退款"
    moves = ask("GET", "/forms/refund/history").json["data"]
    assert [(move["what"], move["version"], move["recorded_by"]) for move in moves] == [
        ("revert", 0, "hq"),
        ("publish", 1, "hq"),
    ]


def test_a_document_is_published_in_one_call_and_sent_back_as_it_is_it_is_the_same(ask: Any) -> None:
    """What is shown can be changed and sent; unchanged, it makes no new version."""
    ask("POST", "/forms/refund/publish", {"document": form("one")})
    again = ask("POST", "/forms/refund/publish", {"document": ask("GET", "/forms/refund").json["document"]}).json
    assert (again["version"], again["unchanged"]) == (1, True)


def test_every_finding_is_told_with_its_place_and_nothing_is_stored(ask: Any) -> None:
    """422 at the draft and at the publication; lint says the same with 200, and warnings too."""
    wrong = {"document": {"title": "", "tags": ["x"], "colour": "red"}}
    pointers = ["/document/title", "/document/colour"]
    for method, path in (("PUT", "draft"), ("POST", "publish")):
        refused = ask(method, f"/forms/refund/{path}", wrong)
        assert (refused.status, [error["pointer"] for error in refused.json["errors"]]) == (422, pointers)
    linted = ask("POST", "/forms/refund/lint", wrong).json
    assert (linted["usable"], [finding["pointer"] for finding in linted["findings"]]) == (False, ["/title", "/colour"])
    warned = ask("POST", "/forms/refund/lint", {"document": form("x", questions=[])}).json
    assert (warned["usable"], [finding["severity"] for finding in warned["findings"]]) == (True, ["warning"])
    assert ask("GET", "/forms/refund/draft").status == 404


@pytest.mark.parametrize("key", ["refund%0A", "re%0Afund", "re%20fund", "%E4%B9%A6"])
def test_a_key_that_no_path_could_reach_is_refused(ask: Any, key: str) -> None:
    """A line break, a blank, a letter beyond ASCII: named, and nothing is stored under it."""
    for method, path in (("PUT", f"/forms/{key}/draft"), ("POST", f"/forms/{key}/publish")):
        refused = ask(method, path, {"document": {**REFUND, "title": "退款"}})
        assert (refused.status, [error["pointer"] for error in refused.json["errors"]]) == (422, ["path:key"])
    assert [row["key"] for row in ask("GET", "/forms").json["data"] if not row["key"].isidentifier()] == []


def test_publishing_over_a_version_that_moved_on_is_a_conflict_with_the_difference(ask: Any) -> None:
    """409: who moved it, and each place."""
    ask("POST", "/forms/refund/publish", {"document": form("theirs")})
    refused = ask("POST", "/forms/refund/publish", {"document": form("mine"), "seen_version": 0})
    assert (refused.status, refused.json["errors"]) == (
        409,
        [{"pointer": "/title", "detail": 'changed since: "退款" → "theirs"'}],
    )
    assert (refused.json["facts"]["yours"], refused.json["facts"]["current"]) == ("0", "1")


def test_a_repeat_with_the_same_key_is_not_done_again(ask: Any) -> None:
    """Even when somebody has published since: what they published stays."""
    first = ask("POST", "/forms/refund/publish", {"document": form("one")}, key="k1")
    ask("POST", "/forms/refund/publish", {"document": form("two")})
    again = ask("POST", "/forms/refund/publish", {"document": form("one")}, key="k1")
    assert (first.json["version"], again.json["version"], again.headers["idempotency-replayed"]) == (1, 1, "true")
    assert ask("GET", "/forms/refund").json["document"]["title"] == "two"


def test_each_level_edits_its_own_and_no_other(ask: Any) -> None:
    """A region's manager may not edit base, may edit the own overlay; an agent edits nothing; another region is
    not even there."""
    overlay = {"document": {"title": "华东退款"}, "scope": "310000"}
    assert ask("POST", "/forms/refund/publish", {"document": form("x")}, as_=EAST).status == 403
    assert ask("POST", "/forms/refund/publish", overlay, as_=EAST).status == 200
    assert ask("POST", "/forms/refund/publish", overlay, as_=AGENT).status == 403
    assert ask("POST", "/forms/refund/publish", overlay, as_=STORE).status == 403
    for scope in ("610000", "s2", "s999", "999999"):
        answers = [
            ask("POST", "/forms/refund/publish", {**overlay, "scope": scope}, as_=EAST),
            ask("PUT", "/forms/refund/draft", {**overlay, "scope": scope}, as_=EAST),
            ask("POST", "/forms/refund/lint", {**overlay, "scope": scope}, as_=EAST),
            ask("POST", "/forms/refund/revert", {"version": 0, "scope": scope}, as_=EAST),
            ask("DELETE", f"/forms/refund/draft?scope={scope}", as_=EAST),
            ask("GET", f"/forms/refund?scope={scope}", as_=EAST),
            ask("GET", f"/forms/refund/draft?scope={scope}", as_=EAST),
            ask("GET", f"/forms/refund/history?scope={scope}", as_=EAST),
            ask("GET", f"/forms/refund/compare?scope={scope}", as_=EAST),
            ask("POST", "/forms/refund/copy", {"source": scope, "targets": ["s1"]}, as_=EAST),
        ]
        assert {answer.status for answer in answers} == {404}
    assert ask("POST", "/forms/refund/publish", {"document": {"tags": ["s"]}, "scope": "s1"}, as_=STORE).status == 200
    seen = ask("GET", "/forms/refund?scope=310000", as_=STORE).json
    assert (seen["document"]["title"], ask("GET", "/forms/refund", as_=STORE).json["document"]["title"]) == (
        "华东退款",
        "退款",
    )
    roaming = token("store_manager", sub="lin", region="610000", stores=("s1",))
    assert ask("GET", "/forms/refund?scope=310000", as_=roaming).json["document"]["title"] == "华东退款"
    assert ask("GET", "/forms/refund?scope=440000", as_=roaming).status == 404


def test_a_store_reads_base_its_region_and_its_own_and_whose_each_part_is(ask: Any) -> None:
    """With the conflict that a new base brought, its place and all three values."""
    ask("POST", "/forms/refund/publish", {"document": {"title": "华东退款"}, "scope": "310000"})
    ask("POST", "/forms/refund/publish", {"document": {"tags": ["own"]}, "scope": "s1"})
    upgraded = ask("POST", "/forms/refund/publish", {"document": form("退款申请")}).json
    conflict = {"scope": "310000", "pointer": "/title", "was": "退款", "overlay": "华东退款", "below": "退款申请"}
    assert upgraded["conflicts"] == [conflict]
    shown = ask("GET", "/forms/refund?store=s1", as_=STORE).json
    assert (shown["document"]["title"], shown["document"]["tags"], shown["overlay"]) == (
        "华东退款",
        ["own"],
        {"tags": ["own"]},
    )
    assert (shown["pins"], shown["version"], shown["conflicts"]) == ("1+310000@1+s1@1", 1, [conflict])
    assert {origin["pointer"]: origin["scope"] for origin in shown["origins"]} == {
        "": "base",
        "/title": "310000",
        "/tags": "s1",
    }
    listed = ask("GET", "/forms/refund/overlays", as_=HQ).json["data"]
    assert [(one["scope"], len(one["conflicts"])) for one in listed] == [("310000", 1), ("s1", 0)]
    mine = ask("GET", "/forms/refund/overlays", as_=token("store_manager", region="610000")).json["data"]
    assert mine == []


def test_copying_to_two_hundred_stores_is_one_call_with_a_result_for_each(ask: Any) -> None:
    """A region's manager reaches those of the region; the others are refused by name and keep what they have."""
    ask("POST", "/forms/refund/publish", {"document": {"title": "本店"}, "scope": "s1"})
    targets = [f"s{nth}" for nth in range(2, 202)]
    would = ask("POST", "/forms/refund/copy?dry_run=1", {"source": "s1", "targets": targets}, as_=EAST).json
    done = ask("POST", "/forms/refund/copy", {"source": "s1", "targets": targets}, as_=EAST).json
    outcomes = [result["outcome"] for result in done["results"]]
    assert (outcomes.count("copied"), outcomes.count("refused")) == (100, 100)
    assert would["results"] == done["results"]
    assert {result["code"] for result in done["results"] if result["outcome"] == "refused"} == {"forbidden"}
    assert ask("GET", "/forms/refund?store=s201").json["document"]["title"] == "本店"
    assert ask("GET", "/forms/refund?store=s200").json["document"]["title"] == "退款"


def test_a_book_is_planned_rehearsed_and_withdrawn(ask: Any, clock: StepClock) -> None:
    """`at` shows what will be, `known_at` what was believed; a withdrawal is one call."""
    winter = "2026-12-01T00:00:00+08:00"
    ask("POST", "/books/standard/publish", {"document": {"prices": {"tea": 25}}})
    ask("POST", "/books/standard/publish", {"document": {"prices": {"tea": 19}}, "valid_from": winter})
    shown = ask("GET", "/books/standard").json
    assert (shown["version"], shown["head_version"], [switch["version"] for switch in shown["ahead"]]) == (1, 2, [2])
    assert ask("GET", "/books/standard", query={"at": winter}).json["document"]["prices"] == {"tea": 19}
    clock.now = datetime.fromisoformat("2026-12-06T00:00:00+08:00")
    five_days_ago = {"at": winter}
    before = ask("GET", "/books/standard", query=five_days_ago).json["version"]
    assert ask("POST", "/books/standard/withdraw", {"version": 2}).status == 200
    after = ask("GET", "/books/standard", query=five_days_ago).json["version"]
    now_known = ask("GET", "/books/standard", query={**five_days_ago, "known_at": clock.now.isoformat()}).json[
        "version"
    ]
    assert (before, after, now_known, ask("GET", "/books/standard").json["version"]) == (2, 2, 1, 1)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/nothing/refund", None, 404),
        ("GET", "/forms/nothing", None, 404),
        ("GET", "/forms/nothing/history", None, 404),
        ("GET", "/forms/nothing/overlays", None, 404),
        ("GET", "/forms/refund?version=7", None, 404),
        ("GET", "/forms/refund?version=0&at=2026-01-01T00:00:00Z", None, 422),
        ("GET", "/forms/refund?store=s1&scope=310000", None, 422),
        ("GET", "/forms/refund?colour=red", None, 422),
        ("GET", "/books/standard?scope=310000", None, 404),
        ("GET", "/forms/refund/compare?old=newest", None, 422),
        ("POST", "/forms/nothing/publish", {}, 404),
        ("POST", "/forms/refund/publish", {"document": [1]}, 422),
        ("POST", "/forms/Refund/publish", {"document": REFUND}, 422),
        ("POST", "/forms/refund/publish", {"document": REFUND, "valid_from": "2026-12-01T00:00:00Z"}, 422),
        ("POST", "/forms/refund/publish", {"document": {"title": "x"}, "scope": "nowhere at all"}, 404),
        ("POST", "/books/standard/publish", {"document": {"prices": {"a": 1}}, "scope": "310000"}, 404),
        ("POST", "/forms/refund/revert", {"version": 3}, 404),
        ("POST", "/forms/refund/withdraw", {"version": 1}, 404),
        ("POST", "/books/standard/withdraw", {"version": 1}, 404),
        ("POST", "/forms/refund/copy", {"targets": []}, 422),
        ("POST", "/forms/refund/copy", {"targets": ["s1"] * 501}, 422),
    ],
)
def test_what_is_not_there_or_makes_no_sense_is_refused(
    ask: Any, method: str, path: str, body: Any, status: int
) -> None:
    """404 for what is unknown, 422 for what is wrong; never a 500."""
    assert ask(method, path, body).status == status


def test_a_kind_is_listed_page_by_page(ask: Any) -> None:
    """What ships, what was published, what is only a draft."""
    for key in ("a", "b", "z"):
        ask("POST", f"/forms/{key}/publish", {"document": form(key)})
    ask("PUT", "/forms/c/draft", {"document": form("c")})
    first = ask("GET", "/forms?limit=3").json
    rest = ask("GET", "/forms", query={"limit": "3", "cursor": first["next_cursor"]}).json
    heads = [(head["key"], head["version"], head["origin"]) for page in (first, rest) for head in page["data"]]
    assert heads == [
        ("a", 1, "published"),
        ("b", 1, "published"),
        ("c", None, "draft"),
        ("refund", 0, "preset"),
        ("z", 1, "published"),
    ]
    assert (first["has_more"], rest["has_more"], ask("GET", "/forms?cursor=bm8").status) == (True, False, 422)


@pytest.mark.parametrize(
    "position",
    [{"before": "2026-10"}, {"pk": {"S": "demo#person#a"}, "sk": {"S": "person"}}, {"kind": "x", "key": "a"}],
)
def test_a_cursor_of_another_list_is_refused(ask: Any, position: dict[str, Any]) -> None:
    """On the list of a kind and on a history: in words, never a fault of ours."""
    ask("POST", "/forms/refund/publish", {"document": form("a")})
    cursor = cursors.encode(position)
    answers = [ask("GET", path, query={"cursor": cursor}) for path in ("/forms", "/forms/refund/history")]
    assert [answer.status for answer in answers] == [422, 422]


def test_a_history_does_not_go_on_in_another(ask: Any) -> None:
    """The cursor of one document's history is none of another's, nor of another scope of it."""
    for title in ("a", "b"):
        ask("POST", "/forms/refund/publish", {"document": form(title)})
        ask("POST", "/forms/other/publish", {"document": form(title)})
    cursor = ask("GET", "/forms/refund/history?limit=1").json["next_cursor"]
    assert ask("GET", "/forms/refund/history", query={"cursor": cursor}).json["data"][0]["version"] == 1
    ask("POST", "/forms/refund/publish", {"document": {"title": "华东"}, "scope": "310000"})
    for path in ("/forms/other/history?limit=50", "/forms/refund/history?scope=310000"):
        assert ask("GET", f"{path}&cursor={cursor}").status == 422


def test_a_kind_with_one_document_lies_at_its_path(ask: Any) -> None:
    """Without a key, and without a list."""
    assert ask("POST", "/rules/publish", {"document": form("rules")}).json["key"] == "intake"
    assert ask("GET", "/rules").json["document"]["title"] == "rules"
    assert ask("GET", "/rules/history").json["data"][0]["version"] == 1
    assert ask("GET", "/rules/intake").status == 404


def test_a_history_is_read_page_by_page(ask: Any) -> None:
    """The newest first; each move once."""
    for nth in range(5):
        ask("POST", "/forms/refund/publish", {"document": form(str(nth))})
    first = ask("GET", "/forms/refund/history?limit=3").json
    rest = ask("GET", "/forms/refund/history", query={"limit": "3", "cursor": first["next_cursor"]}).json
    assert [move["version"] for move in (*first["data"], *rest["data"])] == [5, 4, 3, 2, 1]


def test_what_is_compared_with_a_document_needs_no_draft(ask: Any) -> None:
    """Against what is in force, or any version; an overlay by what it makes of what is below it."""
    ask("POST", "/forms/refund/publish", {"document": form("one")})
    answer = ask("POST", "/forms/refund/compare", {"document": form("two"), "old": "0"}).json
    assert [(change["was"], change["now"]) for change in answer["changes"]] == [("退款", "two")]
    overlaid = ask(
        "POST", "/forms/refund/compare", {"document": {"questions": {"photo": None}}, "scope": "310000"}
    ).json
    assert [(change["pointer"], change["what"]) for change in overlaid["changes"]] == [("/questions/photo", "removed")]


def test_a_draft_can_be_thrown_away(ask: Any) -> None:
    """204, also when there is none any more; who saved over another's is told."""
    ask("PUT", "/forms/refund/draft", {"document": form("x"), "seen_draft": 0})
    assert ask("PUT", "/forms/refund/draft", {"document": form("y"), "seen_draft": 0}).status == 409
    assert [ask("DELETE", "/forms/refund/draft").status for _ in range(2)] == [204, 204]
    assert ask("GET", "/forms/refund/draft").status == 404


def test_the_reference_shows_each_kind_by_its_own_schema(room: Room[Any]) -> None:
    """Valid OpenAPI, every name once, a document as its kind's schema in bodies and answers."""
    reference = json.loads(json.dumps(document([room], "1", {})))
    assert [error.message for error in OpenAPIV31SpecValidator(reference).iter_errors()] == []
    schemas = reference["components"]["schemas"]
    assert {"FormDocumentView", "BookDocumentView", "RuleSetDocumentView", "FormPublishDocument"} <= schemas.keys()
    assert "#/components/schemas/Book" in json.dumps(schemas["BookDocumentView"]["properties"]["document"])
    assert "#/components/schemas/Form" in json.dumps(schemas["FormPublishDocument"]["properties"]["document"])
    titles = [schema.get("title") for schema in schemas.values()]
    assert len(set(titles)) == len(titles)
    operations = [op for item in reference["paths"].values() for op in item.values()]
    assert len({op["operationId"] for op in operations}) == len(operations)
    assert reference["paths"]["/forms/{key}/publish"]["post"]["summary"] == "表单：发布 · Form: publish"
