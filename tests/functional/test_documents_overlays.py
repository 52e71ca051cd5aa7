"""What lies over a document, where two thousand scopes, planned dates and stores that close come together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub.documents.documents import COPIES_LIMIT, Documents
from hub.documents.kinds import Finding, Proposal
from hub.documents.scopes import TENANT, Scope
from hub.documents.submissions import Submission
from hub.documents.versions import Line, Move, Pointer
from hub.documents.versions_table import MOVES_LIMIT, SCOPES_LIMIT, VersionsTable
from hub.kernel.clock import StepClock
from hub.kernel.effective import Switch
from hub.kernel.errors import Conflict, Invalid
from hub.store.table import Key, Page
from tests.support.documents import FORMS, REFUND, STORES, Form
from tests.support.memory_table import LaggingTable

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
DAY = timedelta(days=1)
EAST, S1, S3 = Scope("310000"), Scope("310101", "s1"), Scope("310101", "s3")
WEST_STORE = Scope("610113", "s2")
OURS = {"title": "本店退款"}
PLANNED = replace(FORMS, name="season", path="/seasons", effective=True)


class Counting(LaggingTable):
    """How often the table is called, a batch being one call."""

    def __init__(self) -> None:
        super().__init__()
        self.calls, self._inside = 0, False

    @contextmanager
    def _call(self) -> Iterator[None]:
        outside, self._inside = not self._inside, True
        self.calls += outside
        yield
        self._inside = not outside

    def get(self, key: Key, **options: Any) -> dict[str, Any] | None:
        with self._call():
            return super().get(key, **options)

    def get_many(self, keys: Iterable[Key], **options: Any) -> list[dict[str, Any]]:
        with self._call():
            return super().get_many(keys, **options)

    def query(self, pk: str, **options: Any) -> Page:
        with self._call():
            return super().query(pk, **options)


@pytest.fixture
def table() -> Counting:
    return Counting()


@pytest.fixture
def clock() -> StepClock:
    return StepClock(NOW)


@pytest.fixture
def documents(table: Counting, clock: StepClock) -> Documents:
    return another(table, clock)


def another(table: Any, clock: StepClock) -> Documents:
    """A process that has read nothing yet."""
    return Documents(table, "demo", clock.business_now, None, STORES.get)


def publish(documents: Documents, document: Any, scope: Scope = TENANT, kind: Any = FORMS, **dates: Any) -> Any:
    return documents.publish(kind, "refund", Submission(document, **dates), "zhao.min", scope=scope)


def titled(title: str, **more: Any) -> dict[str, Any]:
    return {**REFUND, "title": title, **more}


def clashing(documents: Documents, document: Any) -> set[str]:
    """The scopes whose overlays a new base would clash with, as another process is told."""
    done = documents.publish(FORMS, "refund", Submission(document), "zhao.min", dry_run=True)
    return {*done.clashes}


def test_one_overlay_over_two_regions_is_looked_at_in_each(documents: Documents) -> None:
    """Two stores say the same title over the same base; 华东 has its own by now, so what they clash with differs."""
    publish(documents, OURS, S1)
    publish(documents, OURS, WEST_STORE)
    publish(documents, {"title": "华东退款"}, EAST)
    clashes = publish(documents, titled("退款申请")).clashes
    assert {scope: clash.theirs for scope, (clash,) in clashes.items()} == {
        "310000": "退款申请",
        "s1": "华东退款",
        "s2": "退款申请",
    }


def test_one_overlay_written_over_two_versions_is_looked_at_for_each(documents: Documents) -> None:
    """The store that has seen the new title clashes with it no more; the other one does."""
    publish(documents, OURS, S1)
    publish(documents, titled("退款申请"))
    publish(documents, OURS, S3)
    assert clashing(documents, titled("退款申请", tags=["new"])) == {"s1"}


def test_going_back_says_where_overlays_clash_as_publishing_does(documents: Documents) -> None:
    """A store's overlay was written over the version that is left."""
    publish(documents, titled("退款申请"))
    publish(documents, OURS, S1)
    done = documents.revert(FORMS, "refund", 0, "zhao.min", dry_run=True)
    assert [(clash.was, clash.ours, clash.theirs) for clash in done.clashes["s1"]] == [
        ("退款申请", "本店退款", "退款"),
    ]


def test_going_back_over_what_somebody_published_meanwhile_is_refused(documents: Documents) -> None:
    """Whoever goes back says which version they saw."""
    publish(documents, titled("one"))
    publish(documents, titled("two"))
    with pytest.raises(Conflict):
        documents.revert(FORMS, "refund", 0, "zhao.min", seen_version=1)
    assert documents.current(FORMS, "refund").value.title == "two"
    assert documents.revert(FORMS, "refund", 1, "zhao.min", seen_version=2).version == 1


def test_a_version_that_could_not_be_published_today_is_not_gone_back_to(table: Counting, clock: StepClock) -> None:
    """What its lint forbids by now would break whoever reads it."""
    forbidden: set[str] = set()

    def lint(proposal: Proposal[Form], _context: Any) -> Iterable[Finding]:
        return [Finding("/tags", "is forbidden") for tag in proposal.value.tags if tag in forbidden]

    kind, documents = replace(FORMS, lint=lint), another(table, clock)
    publish(documents, titled("one", tags=["old"]), kind=kind)
    publish(documents, titled("two"), kind=kind)
    forbidden.add("old")
    with pytest.raises(Invalid) as refused:
        documents.revert(kind, "refund", 1, "zhao.min")
    assert [problem.pointer for problem in refused.value.problems] == ["/tags"]


def test_a_store_that_is_gone_holds_nobody_up(documents: Documents, table: Counting, clock: StepClock) -> None:
    """Its overlay lies there still; base is published, and the list is of those that there are."""
    publish(documents, OURS, S1)
    publish(documents, OURS, S3)
    closed = Documents(table, "demo", clock.business_now, None, {**STORES, "s1": None}.get)
    assert publish(closed, titled("退款申请")).version == 1
    assert [str(overlaid.scope) for overlaid in closed.overlays(FORMS, "refund")] == ["s3"]


def test_base_over_two_hundred_stores_is_published_by_a_few_calls(
    documents: Documents, table: Counting, clock: StepClock
) -> None:
    """Their pointers are one query, their overlays two batches: not one read each."""
    publish(documents, OURS, S1)
    documents.copy(FORMS, "refund", S1, [f"s{nth}" for nth in range(2, 201)], "zhao.min")
    fresh, table.calls = another(table, clock), 0
    assert len(publish(fresh, titled("退款申请")).clashes) == 200
    assert table.calls <= 10


def test_more_overlays_than_can_be_read_at_once_are_not_begun(documents: Documents, table: Counting) -> None:
    """2,000 of a document: one more is refused, published or copied; those that there are can be changed."""
    publish(documents, OURS, S1)
    stored = VersionsTable(table, "demo")  # type: ignore[arg-type]
    pointer = Pointer(1, 1, 1, (Switch(NOW, 1),), NOW, "zhao.min")
    for nth in range(SCOPES_LIMIT - 1):
        stored.move(Line("form", "refund", f"gone{nth}"), None, pointer, Move(1, "publish", 1, NOW, "zhao.min", NOW))
    with pytest.raises(Conflict):
        publish(documents, OURS, S3)
    with pytest.raises(Conflict):
        documents.copy(FORMS, "refund", S1, ["s3"], "zhao.min")
    assert publish(documents, {"title": "一号店"}, S1).version == 2


def test_as_many_copies_as_a_call_takes_are_made(documents: Documents) -> None:
    """At the bound each has its own result; one more, and none is made."""
    publish(documents, OURS, S1)
    names = [f"s{nth}" for nth in range(2, COPIES_LIMIT + 3)]
    with pytest.raises(Invalid):
        documents.copy(FORMS, "refund", S1, names, "zhao.min")
    assert documents.pointer(FORMS, "refund", WEST_STORE) is None
    copies = documents.copy(FORMS, "refund", S1, names[:-1], "zhao.min")
    assert [copy.outcome for copy in copies].count("copied") == len(STORES) - 2
    assert len(copies) == COPIES_LIMIT


def test_a_scope_named_twice_is_copied_to_once(documents: Documents) -> None:
    """And has one result."""
    publish(documents, OURS, S1)
    copies = documents.copy(FORMS, "refund", S1, ["s3", "s2", "s3"], "zhao.min")
    assert [(copy.scope, copy.outcome) for copy in copies] == [("s3", "copied"), ("s2", "copied")]
    assert len(documents.moves(FORMS, "refund", S3)) == 1


def test_a_scope_without_an_overlay_is_no_source_of_copies(documents: Documents) -> None:
    """One that has gone back to none: others keep theirs."""
    publish(documents, OURS, S1)
    documents.revert(FORMS, "refund", 0, "zhao.min", scope=S1)
    with pytest.raises(Exception, match="nothing to copy"):
        documents.copy(FORMS, "refund", S1, ["s3"], "zhao.min")


# Planned ahead.


def test_an_overlay_is_planned_over_the_base_that_is_planned(documents: Documents, clock: StepClock) -> None:
    """Next week's base asks something new, and next week's overlay changes that: neither has to wait for the other."""
    publish(documents, REFUND, kind=PLANNED)
    questions = [*REFUND["questions"], {"id": "snow"}]
    publish(documents, titled("冬季", questions=questions), kind=PLANNED, valid_from=NOW + 7 * DAY)
    snow = {"questions": {"snow": {"label": "积雪情况"}}}
    with pytest.raises(Invalid):
        publish(documents, snow, EAST, PLANNED)
    documents.save_draft(PLANNED, "refund", Submission(snow, valid_from=NOW + 7 * DAY), "zhao.min", scope=EAST)
    assert documents.whole(PLANNED, "refund", "draft", EAST)["title"] == "冬季"
    publish(documents, None, EAST, PLANNED)
    labels = [[q.label for q in documents.current(PLANNED, "refund", S1, at=at).value.questions if q.id == "snow"]
              for at in (NOW, NOW + 7 * DAY)]  # fmt: skip
    assert labels == [[], ["积雪情况"]]


def test_a_planned_base_says_where_it_will_clash(documents: Documents) -> None:
    """With the overlay that is in force then, which is another than today's."""
    publish(documents, REFUND, kind=PLANNED)
    publish(documents, {"tags": ["today"]}, S1, PLANNED)
    publish(documents, OURS, S1, PLANNED, valid_from=NOW + DAY)
    done = publish(documents, titled("冬季"), kind=PLANNED, valid_from=NOW + 7 * DAY)
    assert [clash.pointer for clash in done.clashes["s1"]] == ["/title"]


def test_a_document_moves_as_often_as_its_history_can_be_read(documents: Documents, table: Counting) -> None:
    """5,000 times: whoever asks for one move more is refused, and what is in force stays."""
    publish(documents, REFUND, kind=PLANNED)
    line, stored = Line("season", "refund", "base"), VersionsTable(table, "demo")  # type: ignore[arg-type]
    pointer = documents.pointer(PLANNED, "refund")
    assert pointer is not None
    last = replace(pointer, revision=MOVES_LIMIT - 1)
    stored.move(line, pointer, last, Move(MOVES_LIMIT - 1, "publish", 1, NOW, "zhao.min", plan=pointer.plan))
    assert publish(documents, titled("夏季"), kind=PLANNED).version == 2
    with pytest.raises(Conflict, match="too many"):
        publish(documents, titled("冬季"), kind=PLANNED)
    assert documents.current(PLANNED, "refund").value.title == "夏季"
