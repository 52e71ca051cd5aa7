"""The two machines that every stack has: sound as texts, and every path of them walked."""

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from statelint.config import Config
from statelint.linter import Linter
from statelint.problem import ProblemType

from hub.kernel import errors
from hub.kernel.errors import Broken, Refuse
from tests.support.machines import StepError, machine, render

FOLDER = Path(__file__).parents[2] / "statemachines"
FILES = sorted(FOLDER.glob("*.asl.json"))
SUBSTITUTIONS = {
    "LambdaInvoke": "arn:aws:states:::lambda:invoke",
    "ReadObject": "arn:aws:states:::s3:getObject",
    "StepsFunction": "hub-demo-tickets-steps",
    "RunFunction": "hub-demo-settlement-steps",
}
FINAL = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, (Refuse, Broken))}
FINAL -= {"TooMany"}
"""What comes out the same however often it is tried: the sender's fault, and a bug of ours; too much at once passes."""
TICKET = {
    "tenant": "demo",
    "ticket": "tkt_1",
    "run": 1,
    "generation": 2,
    "wakes": 0,
    "wait_seconds": 0,
    "retry_seconds": 0,
}


def read(name: str) -> str:
    return render((FOLDER / f"{name}.asl.json").read_text(encoding="utf-8"), SUBSTITUTIONS)


def machines_of(path: Path) -> list[dict[str, Any]]:
    """The machine, and the one of each map in it."""
    document = json.loads(path.read_text(encoding="utf-8"))
    return [document, *(state["ItemProcessor"] for state in document["States"].values() if state["Type"] == "Map")]


def states_of(path: Path) -> dict[str, Any]:
    return {name: state for document in machines_of(path) for name, state in document["States"].items()}


def following(state: dict[str, Any]) -> set[str]:
    """The states that may come after this one."""
    nexts = [state.get("Next"), state.get("Default")]
    nexts += [branch["Next"] for branch in (*state.get("Choices", []), *state.get("Catch", []))]
    return {name for name in nexts if name}


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """moto's interpreter logs each failed state with the whole machine."""
    logging.disable(logging.ERROR)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_statelint_finds_nothing(path: Path) -> None:
    """The text is Amazon States Language; what a reader of S3 is told beyond it (Step Functions' developer guide,
    "ItemReader") statelint 3.1 does not know."""
    text = render(path.read_text(encoding="utf-8"), SUBSTITUTIONS)
    found = Linter.validate(text, Config(ignored_problem_types={ProblemType.FLOAT}))
    assert [problem for problem in found if not problem.endswith(".ItemReader.ReaderConfig")] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_placeholder_is_filled(path: Path) -> None:
    """Nothing is left of the template's placeholders once the stack has filled them."""
    assert "${" not in render(path.read_text(encoding="utf-8"), SUBSTITUTIONS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_state_is_reached_and_every_way_leads_to_an_end(path: Path) -> None:
    """No state is dead, and from each one an end can be reached."""
    for document in machines_of(path):
        states = document["States"]
        reached, ahead = set(), {document["StartAt"]}
        while ahead:
            reached |= ahead
            ahead = set().union(*(following(states[name]) for name in ahead)) - reached
        assert reached == set(states)
        ends = {name for name, state in states.items() if state["Type"] in ("Succeed", "Fail")}
        for _ in states:
            ends |= {name for name, state in states.items() if following(state) & ends}
        assert ends == set(states)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_task_has_a_timeout_bounded_retries_and_a_catch(path: Path) -> None:
    """A step that hangs, passes or fails for good is dealt with: what is final is named and never tried again, all
    else is, even what nobody has heard of."""
    tasks = [state for state in states_of(path).values() if state["Type"] == "Task"]
    assert tasks
    for task in tasks:
        assert 0 < task["TimeoutSeconds"] <= 900
        final, passing = task["Retry"]
        assert (set(final["ErrorEquals"]), final["MaxAttempts"]) == (FINAL, 0)
        assert passing["ErrorEquals"] == ["States.ALL"]
        assert 0 < passing["MaxAttempts"] <= 10
        assert task["Catch"][-1]["ErrorEquals"] == ["States.ALL"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_only_what_runs_the_same_everywhere_is_used(path: Path) -> None:
    """JSONPath, fixed timeouts, no heartbeats, no context object in choices."""
    text = path.read_text(encoding="utf-8")
    for word in ("JSONata", "TimeoutSecondsPath", "Heartbeat", "$$."):
        assert word not in text
    assert re.findall(r"arn:", text) == []


def wake_with(answers: list[Any], calls: list[dict[str, Any]]) -> dict[str, Any]:
    """A steps function that gives these answers in turn; an exception among them is raised."""

    def steps(payload: dict[str, Any]) -> Any:
        calls.append(payload)
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return {SUBSTITUTIONS["StepsFunction"]: steps, SUBSTITUTIONS["RunFunction"]: steps}


def walk(name: str, payload: dict[str, Any], answers: list[Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Run the machine once: how it ended, and what its function was asked. A map runs inline, one item at a time, over
    what stands in place of its file's key (`filed`): moto knows no other."""
    calls: list[dict[str, Any]] = []
    text = re.sub(r'"ProcessorConfig": {[^}]*},', '"ProcessorConfig": {"Mode": "INLINE"},', read(name))
    text = re.sub(r'"ItemReader": {.*?"Key\.\$": ("[^"]*")\s*}\s*},', r'"ItemsPath": \1,', text, flags=re.DOTALL)
    text = text.replace('"MaxConcurrency": 10', '"MaxConcurrency": 1')
    with machine(text, wake_with(answers, calls)) as run:
        return run(payload), calls


def test_an_escalation_wakes_until_nothing_is_due() -> None:
    """again → sleep and wake once more with the count that the step answered; done → the end."""
    again = TICKET | {"next": "again", "wait_seconds": 0, "wakes": 1}
    ended, calls = walk("escalation", TICKET, [again, {"next": "done", "wait_seconds": 1, "wakes": 2}])
    asked = {"op": "wake", "tenant": "demo", "ticket": "tkt_1", "run": 1, "generation": 2}
    assert ended["status"] == "SUCCEEDED"
    assert calls == [asked | {"wakes": 0}, asked | {"wakes": 1}]


def test_an_escalation_hands_over_to_the_next_generation() -> None:
    """handover → one call that starts the next generation, then the end: a history is finite."""
    ended, calls = walk("escalation", TICKET, [TICKET | {"next": "handover", "wait_seconds": 60, "wakes": 500}, {}])
    assert ended["status"] == "SUCCEEDED"
    assert [call["op"] for call in calls] == ["wake", "handover"]
    assert calls[1]["generation"] == 2


@pytest.mark.parametrize(
    "answers",
    [
        [TICKET | {"next": "handover", "wait_seconds": 60, "wakes": 500}, StepError("Broken")],
        [TICKET | {"next": "perhaps", "wait_seconds": 60, "wakes": 1}],
    ],
    ids=["hand-over fails", "an answer that nobody knows"],
)
def test_an_escalation_that_can_not_go_on_fails_where_the_alarm_sees_it(answers: list[Any]) -> None:
    """What fails for good ends in Fail, never in a quiet success."""
    ended, _ = walk("escalation", TICKET, answers)
    assert (ended["status"], ended["error"]) == ("FAILED", "Escalation")


def test_a_wake_that_fails_for_good_is_waited_out() -> None:
    """A ticket's ladder outlives any outage of its steps: the clocks are woken again until they answer."""
    ended, calls = walk(
        "escalation",
        TICKET,
        [StepError("Broken"), StepError("Broken"), {"next": "done", "wait_seconds": 1, "wakes": 1}],
    )
    assert ended["status"] == "SUCCEEDED"
    assert [call["op"] for call in calls] == ["wake"] * 3


RUN = {"run_id": "base.2026-11", "mode": "close"}


def shard(number: int, cursor: Any = None, **more: Any) -> dict[str, Any]:
    """What a shard's step is given, or answers."""
    return {**RUN, "shard": number, "cursor": cursor or {}, **more}


@pytest.mark.parametrize("name", ["Retry", "Lost", "Runtime.ExitError", "Sandbox.Timedout", "KeyError"])
def test_what_is_not_known_to_be_final_is_tried_again(name: str) -> None:
    """A throttle, a lost race, a process that was killed, a surprise: each costs a little time and nothing else."""
    answers = [StepError(name), filed(), filed(shard(3)), shard(3, more=False), {}]
    ended, calls = walk("settlement_run", RUN, answers)
    assert ended["status"] == "SUCCEEDED"
    assert [call["op"] for call in calls] == ["open", "open", "drain", "settle", "close"]


def filed(*items: dict[str, Any]) -> dict[str, Any]:
    """What a step answers whose items lie in a file."""
    return {"count": len(items), "bucket": "files", "key": list(items)}


def windows(number: int, cursor: Any = None, **more: Any) -> dict[str, Any]:
    """What the step of a shard of windows is given, or answers."""
    listed = {"list": "2026-11", "shard": number, "number": 64 + number}
    return {**RUN, "windows": listed, "cursor": cursor or {}, **more}


def test_a_settlement_run_settles_shard_by_shard_and_closes() -> None:
    """open once, each shard of windows and then of parties with the cursor of its step before, close once."""
    posted = [windows(2, {"after": "win:1"}, more=True), windows(2, more=False)]
    steps = [shard(0, {"after": "party_25"}, more=True), shard(0, more=False), shard(7, more=False)]
    answers = [filed(windows(2)), *posted, filed(shard(0), shard(7)), *steps, {}]
    ended, calls = walk("settlement_run", RUN, answers)
    assert ended["status"] == "SUCCEEDED"
    assert calls == [
        {"op": "open", **RUN},
        {"op": "windows", **windows(2)},
        {"op": "windows", **windows(2, {"after": "win:1"})},
        {"op": "drain", **RUN},
        {"op": "settle", **shard(0)},
        {"op": "settle", **shard(0, {"after": "party_25"})},
        {"op": "settle", **shard(7)},
        {"op": "close", **RUN},
    ]


def test_a_period_without_a_party_is_closed_all_the_same() -> None:
    """No shard has anything to settle."""
    ended, calls = walk("settlement_run", RUN, [filed(), filed(), {}])
    assert (ended["status"], [call["op"] for call in calls]) == ("SUCCEEDED", ["open", "drain", "close"])


@pytest.mark.parametrize("done", range(5), ids=["open", "windows", "drain", "settle", "close"])
def test_a_settlement_step_that_fails_for_good_fails_the_run(done: int) -> None:
    """The run stays open and can be started again: no step after the failed one is taken."""
    good = [filed(windows(1)), windows(1, more=False), filed(shard(1)), shard(1, more=False)]
    answers = [*good[:done], StepError("Invalid")]
    ended, calls = walk("settlement_run", RUN, answers)
    assert (ended["status"], ended["error"]) == ("FAILED", "SettlementRun")
    assert len(calls) == done + 1
