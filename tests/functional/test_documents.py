"""Documents on a table: what is in force, what a publication writes, races, overlays, effective dates. Each promise on
a simulated DynamoDB, on a table in memory, and on one whose eventual reads find nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from hub.documents.documents import Documents
from hub.documents.scopes import TENANT, Scope
from hub.documents.submissions import Moved, Submission
from hub.documents.versions_table import PART_BYTES
from hub.kernel.clock import StepClock
from hub.kernel.errors import Broken, Conflict, Forbidden, Invalid, NotFound
from hub.store.table import Table
from tests.support.aws import REGION, environment, make_table
from tests.support.documents import BOOKS, FORMS, REFUND, STORES, Workshop
from tests.support.memory_table import LaggingTable, MemoryTable

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
DAY = timedelta(days=1)
EAST, WEST = Scope("310000"), Scope("610000")
S1 = Scope("310101", "s1")
COLD = {"questions": {"cold_chain": {"id": "cold_chain", "label": "冷链物流追踪"}}}
WEATHER = {"questions": {"weather": {"id": "weather", "label": "特殊天气预案"}}}


@pytest.fixture(scope="module")
def account() -> Iterator[Any]:
    with mock_aws(), pytest.MonkeyPatch.context() as patch:
        for name, value in environment("things").items():
            patch.setenv(name, value)
        yield boto3.client("dynamodb", region_name=REGION)


@pytest.fixture(params=["memory", "lagging", "dynamodb"])
def table(request: pytest.FixtureRequest) -> Any:
    """A table of its own for each test."""
    if request.param != "dynamodb":
        return MemoryTable() if request.param == "memory" else LaggingTable()
    client = request.getfixturevalue("account")
    name = "".join(letter if letter.isalnum() else "-" for letter in request.node.name)[-200:]
    make_table(name)
    return Table(name, client, sleep=lambda _: None)


@pytest.fixture
def clock() -> StepClock:
    return StepClock(NOW)


@pytest.fixture
def workshop() -> Workshop:
    return Workshop()


@pytest.fixture
def documents(table: Any, clock: StepClock, workshop: Workshop) -> Documents:
    return Documents(table, "demo", clock.business_now, workshop, STORES.get)


def form(title: str = "退款", **more: Any) -> Submission:
    return Submission({**REFUND, "title": title, **more})


def publish(documents: Documents, submission: Submission, scope: Scope = TENANT, key: str = "refund") -> Any:
    return documents.publish(FORMS, key, submission, "zhao.min", scope=scope)


def ids(documents: Documents, scope: Scope) -> list[str]:
    return [question.id for question in documents.current(FORMS, "refund", scope).value.questions]


# What is in force.


def test_a_process_whose_clock_is_behind_reads_and_writes_what_others_have_published(table: Any) -> None:
    """What moved a second ahead of one's own clock has moved: it is in force, it can be gone back from, and the history
    keeps its order."""
    ahead, behind = (Documents(table, "demo", lambda now=now: now, None, STORES.get) for now in (NOW + DAY, NOW))  # type: ignore[misc]
    publish(ahead, form("theirs"))
    assert behind.current(FORMS, "refund").value.title == "theirs"
    assert publish(behind, form("mine")).version == 2
    assert [documents.current(FORMS, "refund").value.title for documents in (ahead, behind)] == ["mine", "mine"]
    assert [move.recorded_at for move in behind.moves(FORMS, "refund")] == [NOW + DAY, NOW + DAY]
    publish(ahead, Submission(COLD), EAST)
    assert "cold_chain" in ids(behind, S1)
    assert [str(overlaid.scope) for overlaid in behind.overlays(FORMS, "refund")] == ["310000"]


def test_a_book_that_was_published_ahead_of_ones_own_clock_is_in_force(table: Any) -> None:
    """The pointer's plan begins when it was moved: before that moment nothing stands in it."""
    ahead, behind = (Documents(table, "demo", lambda now=now: now) for now in (NOW + DAY, NOW))  # type: ignore[misc]
    set_price(ahead, 18)
    assert price(behind) == 18


def test_what_ships_is_in_force_until_something_is_published_and_again_after_going_back(documents: Documents) -> None:
    """Version 0 is the preset; a publication is 1; going back to 0 is one call."""
    before = documents.current(FORMS, "refund")
    assert (before.version, before.value.title, before.pin) == (0, "退款", "0")
    assert publish(documents, form("退款 2")).version == 1
    assert documents.current(FORMS, "refund").value.title == "退款 2"
    documents.revert(FORMS, "refund", 0, "zhao.min")
    assert documents.current(FORMS, "refund").version == 0


def test_what_runs_reads_the_version_that_it_began_with(documents: Documents) -> None:
    """A pin means the same for ever, whatever is published after it."""
    publish(documents, form("one"))
    pinned = documents.current(FORMS, "refund").pin
    publish(documents, form("two"))
    assert documents.pinned(FORMS, "refund", pinned).value.title == "one"
    assert documents.version(FORMS, "refund", 1).value.title == "one"
    with pytest.raises(NotFound):
        documents.version(FORMS, "refund", 3)


def test_a_key_that_nobody_used_is_not_there(documents: Documents) -> None:
    """NotFound, or None for who only looks."""
    with pytest.raises(NotFound):
        documents.current(FORMS, "nothing")
    assert documents.find(FORMS, "nothing") is None


def test_a_kind_is_listed_with_what_ships_and_what_was_published(documents: Documents) -> None:
    """In the order of the keys, whole or a page of them."""
    publish(documents, form("b"), key="beauty")
    publish(documents, form("z"), key="zoo")
    documents.save_draft(FORMS, "draft_only", form("d"), "zhao.min")
    assert documents.keys(FORMS) == ["beauty", "draft_only", "refund", "zoo"]
    assert documents.keys(FORMS, after="draft_only", limit=1) == ["refund"]
    assert {key: reading.version for key, reading in documents.all(FORMS).items()} == {
        "beauty": 1,
        "refund": 0,
        "zoo": 1,
    }


# Publishing.


def test_the_same_content_is_the_same_version_again(documents: Documents, workshop: Workshop) -> None:
    """Published again while in force it changes nothing; later it is that version again, and nothing is made twice."""
    publish(documents, form("one"))
    again = publish(documents, form("one", tags=[]))
    publish(documents, form("two"))
    back = publish(documents, form("one"))
    assert (again.version, again.unchanged, back.version, back.unchanged) == (1, True, 1, False)
    assert workshop.made == ["one", "two"]
    assert [(m.what, m.number) for m in documents.moves(FORMS, "refund")] == [("publish", n) for n in (1, 2, 1)]


def test_what_follows_a_publication_is_done_before_it_and_kept_with_it(documents: Documents) -> None:
    """A published version always has its machine."""
    publish(documents, form("one"))
    assert documents.current(FORMS, "refund").base.facts == {"made": "1"}


def test_a_document_that_cannot_work_is_refused_with_every_finding(documents: Documents) -> None:
    """At the draft and at the publication, each with its place; nothing is stored."""
    wrong = Submission({"title": "", "questions": [{"id": "a", "limit": -1, "colour": "red"}]})
    places = ["/document/title", "/document/questions/0/limit", "/document/questions/0/colour"]
    for attempt in (documents.save_draft, documents.publish):
        with pytest.raises(Invalid) as refused:
            attempt(FORMS, "refund", wrong, "zhao.min")
        assert [problem.pointer for problem in refused.value.problems] == places
    with pytest.raises(Invalid) as refused:
        publish(documents, form(tags=["good", "bad"]))
    assert [problem.pointer for problem in refused.value.problems] == ["/document/tags/1"]
    assert documents.moves(FORMS, "refund") == []


def test_publishing_over_a_version_that_moved_on_says_what_changed(documents: Documents) -> None:
    """409 with each place, and who moved it; nothing is written, and a rehearsal hears the same."""
    publish(documents, form("one"))
    documents.publish(FORMS, "refund", form("two", tags=["x"]), "wang.wei")
    with pytest.raises(Moved):
        documents.publish(FORMS, "refund", Submission(form("three").document, seen_version=1), "amy", dry_run=True)
    with pytest.raises(Moved) as moved:
        publish(documents, Submission(form("three").document, seen_version=1))
    assert {problem.pointer: problem.rule for problem in moved.value.problems} == {
        "/title": 'changed since: "one" → "two"',
        "/tags": 'changed since: [] → ["x"]',
    }
    assert [moved.value.facts[name] for name in ("yours", "current", "moved_by")] == [1, 2, "wang.wei"]
    assert publish(documents, Submission(form("three").document, seen_version=2)).version == 3


def test_of_two_who_publish_at_the_same_moment_one_wins_and_the_other_is_told(table: Any, clock: StepClock) -> None:
    """The second stands on what the first has moved: Moved, with the difference, and no version of its own."""

    hurried = Documents(table, "demo", clock.business_now, None, STORES.get)
    publish(hurried, form("one"))

    class Overtaking(list):  # type: ignore[type-arg]
        def append(self, title: str) -> None:
            super().append(title)
            publish(hurried, form("hurried"))

    slow = Documents(table, "demo", clock.business_now, Workshop(made=Overtaking()), STORES.get)
    with pytest.raises(Moved) as moved:
        publish(slow, form("slow"))
    assert [problem.pointer for problem in moved.value.problems] == ["/title"]
    assert [
        (m.number, hurried.version(FORMS, "refund", m.number).value.title) for m in hurried.moves(FORMS, "refund")
    ] == [
        (1, "one"),
        (2, "hurried"),
    ]


def test_of_two_who_publish_the_same_at_the_same_moment_both_have(table: Any, clock: StepClock) -> None:
    """A request that was sent twice is one publication."""
    first = Documents(table, "demo", clock.business_now, None, STORES.get)

    class Twin(list):  # type: ignore[type-arg]
        def append(self, title: str) -> None:
            publish(first, form(title))

    second = Documents(table, "demo", clock.business_now, Workshop(made=Twin()), STORES.get)
    done = publish(second, form("same"))
    assert (done.version, done.unchanged, len(first.moves(FORMS, "refund"))) == (1, True, 1)


def test_a_dry_run_says_what_would_change_and_writes_nothing(documents: Documents, workshop: Workshop) -> None:
    """Version, changes and warnings; neither a version nor a machine."""
    would = documents.publish(FORMS, "refund", form("neu", questions=[]), "zhao.min", dry_run=True)
    assert (would.version, {change.pointer: change.what for change in would.changes}) == (
        1,
        {
            "/title": "changed",
            "/questions/reason": "removed",
            "/questions/photo": "removed",
            "/questions/logistics_no": "removed",
        },
    )
    assert [finding.severity for finding in would.findings] == ["warning"]
    assert (documents.current(FORMS, "refund").version, workshop.made) == (0, [])


# Drafts.


def test_a_draft_is_published_and_gone(documents: Documents) -> None:
    """Saved, read, published without sending it again; then there is none, and what ships with the hub is published."""
    draft, warnings = documents.save_draft(FORMS, "refund", form("draft", questions=[]), "zhao.min")
    assert (draft.revision, draft.based_on, len(warnings)) == (1, 0, 1)
    assert documents.whole(FORMS, "refund", "draft")["title"] == "draft"
    assert publish(documents, Submission()).version == 1
    assert documents.current(FORMS, "refund").value.title == "draft"
    with pytest.raises(NotFound):
        documents.draft(FORMS, "refund")
    assert publish(documents, Submission()).version == 2


def test_a_draft_that_says_what_is_in_force_ends_when_it_is_published(documents: Documents) -> None:
    """Nothing moves, and nothing is left to work on."""
    publish(documents, form("one"))
    documents.save_draft(FORMS, "refund", form("one"), "zhao.min")
    assert publish(documents, Submission()).unchanged
    with pytest.raises(NotFound):
        documents.draft(FORMS, "refund")


def test_a_draft_of_before_somebody_published_is_not_published_over_it(documents: Documents) -> None:
    """Unless its author has seen that."""
    documents.save_draft(FORMS, "refund", form("draft"), "zhao.min")
    publish(documents, form("faster"))
    with pytest.raises(Moved):
        publish(documents, Submission())
    assert publish(documents, Submission(seen_version=1)).version == 2


def test_a_draft_stands_on_the_version_that_its_author_saw(documents: Documents) -> None:
    """Not on the head of the moment in which it is saved: what was published in between is not published over."""
    publish(documents, form("faster"))
    draft, _ = documents.save_draft(FORMS, "refund", Submission(form("draft").document, seen_version=0), "zhao.min")
    assert draft.based_on == 0
    with pytest.raises(Moved):
        publish(documents, Submission())


def test_a_drafts_dates_are_its_publications(documents: Documents, clock: StepClock) -> None:
    """Saved for a week from tomorrow on, it is in force for that week, though nobody says so again."""
    set_price(documents, 18)
    week = {"valid_from": NOW + DAY, "valid_to": NOW + 8 * DAY}
    documents.save_draft(BOOKS, "standard", Submission({"prices": {"tea": 20}}, **week), "zhao.min")
    documents.publish(BOOKS, "standard", Submission(), "zhao.min")
    assert [price(documents, NOW + days * DAY) for days in (0, 1, 7, 8)] == [18, 20, 20, 18]


def test_two_who_work_on_one_draft_do_not_overwrite_each_other(documents: Documents) -> None:
    """Who says which revision they saw is told that there is a newer one."""
    documents.save_draft(FORMS, "refund", form("a"), "zhao.min", seen_draft=0)
    with pytest.raises(Conflict):
        documents.save_draft(FORMS, "refund", form("b"), "wang.wei", seen_draft=0)
    documents.save_draft(FORMS, "refund", form("b"), "wang.wei", seen_draft=1)
    documents.discard_draft(FORMS, "refund")
    with pytest.raises(NotFound):
        documents.draft(FORMS, "refund")


# Large ones, and what a read costs.


@pytest.mark.parametrize("letters", [PART_BYTES - 1000, PART_BYTES + 1000, 1_900_000])
def test_a_large_document_is_stored_in_parts_and_read_whole(table: Any, documents: Documents, letters: int) -> None:
    """Below and above the limit of an item, up to the limit of a document, in Chinese."""
    text = "字" * (letters // 3)
    publish(documents, form("large", tags=[text]))
    fresh = Documents(table, "demo", lambda: NOW, None, STORES.get)
    assert fresh.current(FORMS, "refund").value.tags == [text]


def test_a_document_whose_parts_are_gone_is_no_shorter_document(table: Any, documents: Documents) -> None:
    """Half of it would be read as all of it: it is a fault that raises an alarm."""
    publish(documents, form("large", tags=["字" * PART_BYTES]))
    part = next(item for item in table.query_all("demo#doc#form#refund", sk_prefix="x#", limit=9, consistent=True))
    table.put({**part, "part": part["part"][:-3]})
    with pytest.raises(Broken):
        Documents(table, "demo", lambda: NOW, None, STORES.get).current(FORMS, "refund")


@pytest.mark.parametrize(
    ("kind", "document", "pointer"),
    [
        (BOOKS, {"prices": {"tea": 1, "$after": 2}}, "/document/prices/$after"),
        (BOOKS, {"prices": {"$value": 1}}, "/document/prices/$value"),
        (FORMS, form(questions=[{"id": "a", "limit": True}]).document, "/document/questions/0/limit"),
    ],
)
def test_words_of_overlays_and_true_for_a_number_are_refused_by_their_place(
    documents: Documents, kind: Any, document: Any, pointer: str
) -> None:
    """An overlay could not say of such a part what it means; and Python would count true as 1."""
    with pytest.raises(Invalid) as refused:
        documents.publish(kind, "refund", Submission(document), "zhao.min")
    assert [problem.pointer for problem in refused.value.problems] == [pointer]


def test_a_document_over_the_limit_is_refused(documents: Documents) -> None:
    """422, not a failure of the store."""
    with pytest.raises(Invalid) as refused:
        publish(documents, form(tags=["字" * 700_000]))
    assert [problem.pointer for problem in refused.value.problems] == ["/document"]


def test_a_document_that_is_nested_too_deep_is_refused_by_its_place(documents: Documents) -> None:
    """At the bound it is only a wrong field."""
    deep: Any = "x"
    for _ in range(40):
        deep = [deep]
    with pytest.raises(Invalid) as refused:
        publish(documents, form(tags=deep))
    assert refused.value.problems[0].pointer.startswith("/document/tags/0/0")


# Scopes and overlays.


def test_regions_and_stores_change_only_what_differs(documents: Documents) -> None:
    """华东 has the cold chain, 西北 the weather, one store its own title; nobody has the others' parts."""
    publish(documents, Submission(COLD), EAST)
    publish(documents, Submission(WEATHER), WEST)
    publish(documents, Submission({"title": "一号店退款"}), S1)
    assert ids(documents, S1) == ["reason", "photo", "logistics_no", "cold_chain"]
    assert ids(documents, Scope("610113", "s2")) == ["reason", "photo", "logistics_no", "weather"]
    reading = documents.current(FORMS, "refund", S1)
    assert (reading.value.title, reading.pin) == ("一号店退款", "0+310000@1+s1@1")
    assert {place: str(origin) for place, origin in ((p, o.scope) for p, o in reading.origins.items())} == {
        "": "base",
        "/questions/cold_chain": "310000",
        "/title": "s1",
    }
    assert documents.pinned(FORMS, "refund", reading.pin).content == reading.content


def test_a_new_base_keeps_the_overlays_and_reports_where_they_clash(documents: Documents) -> None:
    """Both overlays hold; the title that both changed is told with its place, when it is published and afterwards."""
    publish(documents, Submission(COLD), EAST)
    publish(documents, Submission({"title": "一号店退款"}), S1)
    done = publish(documents, form("退款申请", tags=["new"]))
    assert {
        scope: [(c.pointer, c.was, c.ours, c.theirs) for c in clashes] for scope, clashes in done.clashes.items()
    } == {"s1": [("/title", "退款", "一号店退款", "退款申请")]}
    store, east = documents.current(FORMS, "refund", S1), documents.current(FORMS, "refund", EAST)
    assert (store.value.title, store.value.tags, east.value.title) == ("一号店退款", ["new"], "退款申请")
    assert "cold_chain" in ids(documents, S1)
    assert {str(one.scope): len(one.clashes) for one in documents.overlays(FORMS, "refund")} == {"310000": 0, "s1": 1}
    publish(documents, Submission({"title": "一号店退款"}), S1)
    assert {str(one.scope): len(one.clashes) for one in documents.overlays(FORMS, "refund")} == {"310000": 0, "s1": 0}


def test_a_base_over_which_an_overlay_could_not_work_is_refused_with_scope_and_place(
    documents: Documents, workshop: Workshop
) -> None:
    """The store's document would break at run time otherwise."""
    publish(documents, Submission({"tags": ["ok"]}), S1)
    workshop.forbidden = frozenset({"ok"})
    with pytest.raises(Invalid) as refused:
        publish(documents, form("neu"))
    assert [(p.pointer, p.rule) for p in refused.value.problems] == [("/tags/0", "in s1: is forbidden")]
    assert documents.current(FORMS, "refund").version == 0


def test_an_overlay_that_speaks_of_nothing_is_refused(documents: Documents) -> None:
    """A typing error would otherwise do nothing, for ever."""
    with pytest.raises(Invalid) as refused:
        publish(documents, Submission({"questions": {"foto": {"limit": 9}}}), EAST)
    assert [problem.pointer for problem in refused.value.problems] == ["/document/questions/foto"]
    with pytest.raises(Invalid) as refused:
        publish(documents, Submission({"questions": {"photo": {"limit": -9}}}), EAST)
    assert [problem.pointer for problem in refused.value.problems] == ["/document/questions/1/limit"]


def test_an_unknown_scope_is_not_there(documents: Documents) -> None:
    """A store that is none, a region of no province, a kind without overlays, an overlay over nothing."""
    for text in ("s999", "999999", "", "a b", "31000"):
        with pytest.raises(NotFound):
            documents.scope(text) if text != "31000" else documents.scope("store:31000")
    with pytest.raises(NotFound):
        documents.publish(BOOKS, "standard", Submission({"prices": {"x": 1}}), "zhao.min", scope=EAST)
    with pytest.raises(NotFound):
        publish(documents, Submission({"title": "x"}), EAST, key="nothing")


def test_who_may_not_edit_a_scope_is_refused_everywhere(documents: Documents) -> None:
    """Drafts, publications, going back."""

    def nobody(scope: Scope) -> bool:
        return False

    attempts = [
        lambda: documents.save_draft(FORMS, "refund", form(), "x", may_edit=nobody),
        lambda: documents.publish(FORMS, "refund", form(), "x", may_edit=nobody),
        lambda: documents.revert(FORMS, "refund", 0, "x", may_edit=nobody),
        lambda: documents.discard_draft(FORMS, "refund", may_edit=nobody),
        lambda: documents.withdraw(BOOKS, "standard", 1, "x", may_edit=nobody),
    ]
    for attempt in attempts:
        with pytest.raises(Forbidden):
            attempt()


def test_a_store_goes_back_to_having_no_overlay(documents: Documents) -> None:
    """Version 0 of a scope is none."""
    publish(documents, Submission({"title": "一号店"}), S1)
    documents.revert(FORMS, "refund", 0, "zhao.min", scope=S1)
    assert (documents.current(FORMS, "refund", S1).value.title, documents.overlays(FORMS, "refund")) == ("退款", [])


def test_an_overlay_is_copied_to_many_stores_each_with_its_own_result(documents: Documents) -> None:
    """Two hundred in one call; who isn't there, or may not be edited, is told, and the others have it."""
    publish(documents, Submission({"title": "门店退款"}), S1)
    targets = [*(f"s{nth}" for nth in range(200)), "s999", "310000"]
    copies = documents.copy(FORMS, "refund", S1, targets, "zhao.min", may_edit=lambda scope: bool(scope.store))
    outcomes = {copy.scope: copy.outcome for copy in copies}
    assert [outcomes.pop(scope) for scope in ("s1", "s999", "310000")] == ["refused"] * 3
    assert set(outcomes.values()) == {"copied"}
    assert len(outcomes) == 199
    assert documents.current(FORMS, "refund", Scope("610113", "s198")).value.title == "门店退款"
    again = documents.copy(FORMS, "refund", S1, ["s2"], "zhao.min")
    assert [(copy.outcome, copy.version) for copy in again] == [("unchanged", 1)]


def test_base_is_copied_as_what_makes_a_store_read_like_it(documents: Documents) -> None:
    """In 华东 it takes the region's question away again; the store has an overlay of its own from then on."""
    publish(documents, Submission(COLD), EAST)
    documents.copy(FORMS, "refund", TENANT, ["s1"], "zhao.min")
    assert ids(documents, S1) == ["reason", "photo", "logistics_no"]
    assert "cold_chain" in ids(documents, Scope("310101", "s3"))


def test_more_copies_than_a_call_takes_are_refused(documents: Documents) -> None:
    """At the bound it works, above it nothing is written."""
    with pytest.raises(Invalid):
        documents.copy(FORMS, "refund", TENANT, [f"s{nth}" for nth in range(501)], "zhao.min")


# Effective dates.


def prices(price: int, start: datetime | None = None, end: datetime | None = None, **more: Any) -> Submission:
    return Submission({"prices": {"tea": price}}, valid_from=start, valid_to=end, **more)


def price(documents: Documents, at: datetime | None = None, known_at: datetime | None = None) -> int | None:
    reading = documents.find(BOOKS, "standard", at=at, known_at=known_at)
    return reading.value.prices["tea"] if reading else None


def set_price(documents: Documents, *args: Any, **more: Any) -> Any:
    return documents.publish(BOOKS, "standard", prices(*args, **more), "zhao.min")


def test_a_book_takes_over_to_the_second_and_nothing_has_to_fire(documents: Documents, clock: StepClock) -> None:
    """The winter book: 23:59:59 old, 00:00:00 new, and rehearsed before."""
    winter = datetime.fromisoformat("2026-12-01T00:00:00+08:00")
    set_price(documents, 25)
    set_price(documents, 19, winter)
    assert (price(documents), price(documents, winter)) == (25, 19)
    clock.now = winter - timedelta(seconds=1)
    assert price(documents) == 25
    clock.now = winter
    assert price(documents) == 19


def test_a_withdrawal_leaves_the_past_alone_and_known_at_tells_the_two_beliefs_apart(
    documents: Documents, clock: StepClock
) -> None:
    """`at` five days ago answers the same before and after it."""
    set_price(documents, 25)
    clock.advance(days=5)
    set_price(documents, 19)
    clock.advance(days=10)
    past, before = clock.now - 5 * DAY, price(documents, clock.now - 5 * DAY)
    documents.withdraw(BOOKS, "standard", 2, "zhao.min")
    assert (before, price(documents, past), price(documents)) == (19, 19, 25)
    assert (price(documents, past, clock.now - DAY), price(documents, past, clock.now)) == (19, 25)


def test_a_back_dated_publication_counts_from_now_on(documents: Documents, clock: StepClock) -> None:
    """Last week's price stays last week's, unless asked what is believed of it now."""
    set_price(documents, 25)
    clock.advance(days=10)
    set_price(documents, 30, clock.now - 7 * DAY)
    week_ago = clock.now - 6 * DAY
    assert (price(documents), price(documents, week_ago), price(documents, week_ago, clock.now)) == (30, 25, 30)


def test_a_withdrawn_version_can_be_published_again_and_the_last_one_stays(documents: Documents) -> None:
    """Withdrawn twice changes nothing; what would leave nothing is refused."""
    set_price(documents, 25)
    set_price(documents, 19)
    assert not documents.withdraw(BOOKS, "standard", 2, "zhao.min").unchanged
    assert documents.withdraw(BOOKS, "standard", 2, "zhao.min").unchanged
    with pytest.raises(Conflict):
        documents.withdraw(BOOKS, "standard", 1, "zhao.min")
    with pytest.raises(NotFound):
        documents.withdraw(BOOKS, "standard", 7, "zhao.min")
    assert set_price(documents, 19).version == 2
    assert price(documents) == 19


def test_a_version_with_an_end_gives_way_to_the_one_below(documents: Documents, clock: StepClock) -> None:
    """A week of summer prices."""
    set_price(documents, 25)
    set_price(documents, 9, NOW + DAY, NOW + 8 * DAY)
    assert [price(documents, NOW + nth * DAY) for nth in (0, 1, 7, 8)] == [25, 9, 9, 25]


@pytest.mark.parametrize(("start", "end"), [(NOW, NOW), (NOW, NOW - DAY)])
def test_a_period_that_is_none_is_refused(documents: Documents, start: datetime, end: datetime) -> None:
    """And dates for a kind that has none."""
    with pytest.raises(Invalid) as refused:
        set_price(documents, 9, start, end)
    assert [problem.pointer for problem in refused.value.problems] == ["/valid_to"]
    with pytest.raises(Invalid) as refused:
        publish(documents, Submission(REFUND, valid_from=NOW))
    assert [problem.pointer for problem in refused.value.problems] == ["/valid_from"]


def test_any_kind_says_what_was_in_force_then(documents: Documents, clock: StepClock) -> None:
    """By when it was published."""
    publish(documents, form("one"))
    clock.advance(days=1)
    publish(documents, form("two"))
    clock.advance(days=1)
    titles = [documents.current(FORMS, "refund", at=NOW + nth * DAY).value.title for nth in (-1, 0, 1, 2)]
    assert titles == ["退款", "one", "two", "two"]


def test_a_quote_reads_three_items_at_most_with_two_hundred_versions(clock: StepClock) -> None:
    """Now, ahead, and in the past; the first time in a process, and two when the version is known."""
    table = MemoryTable()
    documents = Documents(table, "demo", clock.business_now)
    for nth in range(200):
        set_price(documents, nth)
        clock.advance(hours=1)
    for at in (None, clock.now + DAY, clock.now - 3 * DAY):
        fresh = Documents(table, "demo", clock.business_now)
        table.read.clear()
        first = price(fresh, at)
        assert len(table.read) <= 3
        table.read.clear()
        assert price(fresh, at) == first
        assert len(table.read) <= 2
