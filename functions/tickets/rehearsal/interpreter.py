"""A flow's compiled machine, interpreted in memory: as much of Amazon States Language as asl.py writes. Pure.

Whoever runs it is asked for each Task, and gives what it answers; a Task that parks holds a token until `answer`; a
Wait is told, and lasts until `wake`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any

from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Broken

Data = dict[str, Any]
STATES_LIMIT = 5_000
"""So many states one execution enters: a draft that goes round for ever is found out."""
TASK_TOKEN = "$$.Task.Token"  # noqa: S105 - where a machine says it


@dataclass(frozen=True)
class Outside:
    """What runs machines: ask answers a Task's payload, sleep hears that an execution sleeps for so many seconds."""

    ask: Callable[[Mapping[str, Any]], Data]
    sleep: Callable[[Execution, int], None]


@dataclass
class Execution:
    """One execution, or a branch of one. token: what it waits for; sleeps: in a Wait; ended: how, "" while it goes
    on."""

    definition: Mapping[str, Any]
    data: Data
    outside: Outside
    name: str
    state: str = ""
    token: str = ""
    sleeps: bool = False
    ended: str = ""
    entered: int = 0
    branches: list[Execution] = field(default_factory=list)
    _early: Data | None = None
    _asking: bool = False

    def run(self) -> None:
        """Go on until something is waited for, or it ends. Raises Broken behind STATES_LIMIT."""
        self.state = self.state or self.definition["StartAt"]
        while not (self.ended or self.token or self.sleeps or self.branches):
            self.entered += 1
            if self.entered > STATES_LIMIT:
                raise Broken("it goes round for ever", execution=self.name, state=self.state)
            step = self.definition["States"][self.state]
            _STEPS[step["Type"]](self, step)

    def leaves(self) -> list[Execution]:
        """Itself, or of a parallel its branches, to the innermost."""
        return [leaf for branch in self.branches for leaf in branch.leaves()] if self.branches else [self]

    def answer(self, output: Data) -> None:
        """The token is answered, maybe while it is still being handed out."""
        if self._asking:
            self._early = output
            return
        self.token, self.data = "", output
        self._go(self.definition["States"][self.state])
        self.run()

    def wake(self) -> None:
        """The Wait is over."""
        self.sleeps = False
        self._go(self.definition["States"][self.state])
        self.run()

    def join(self) -> None:
        """Go on behind parallels whose branches have all ended."""
        for branch in self.branches:
            branch.join()
        if self.branches and all(branch.ended for branch in self.branches):
            self.data = {**self.data, "branches": [branch.data for branch in self.branches]}
            self.branches = []
            self._go(self.definition["States"][self.state])
            self.run()
            self.join()

    def _task(self, step: Mapping[str, Any]) -> None:
        if step["Resource"].endswith("waitForTaskToken"):
            self.token = f"{self.name}#{self.state}#{self.entered}"
        payload = {key.removesuffix(".$"): self._value(raw) for key, raw in step["Parameters"]["Payload"].items()}
        self._asking, self._early = True, None
        try:
            answer = self.outside.ask(payload)
        finally:
            self._asking = False
        if self._early is not None or not self.token:
            self.token, self.data = "", self._early if self._early is not None else answer
            self._go(step)

    def _choice(self, step: Mapping[str, Any]) -> None:
        nexts = (rule["Next"] for rule in step["Choices"] if all(map(self._holds, rule.get("And", [rule]))))
        self.state = next(nexts, step["Default"])

    def _wait(self, step: Mapping[str, Any]) -> None:
        self.sleeps = True
        self.outside.sleep(self, max(1, int(self.data[step["SecondsPath"][2:]])))

    def _parallel(self, step: Mapping[str, Any]) -> None:
        self.branches = [
            Execution(branch, dict(self.data), self.outside, f"{self.name}.{self.state}.{i}")
            for i, branch in enumerate(step["Branches"])
        ]
        for branch in self.branches:
            branch.run()

    def _pass(self, step: Mapping[str, Any]) -> None:
        if "Result" in step:
            self.data = {**self.data, step["ResultPath"][2:]: step["Result"]}
        self._go(step)

    def _succeed(self, _step: Mapping[str, Any]) -> None:
        self.ended = "SUCCEEDED"

    def _fail(self, step: Mapping[str, Any]) -> None:
        self.ended = str(step["Error"])

    def _holds(self, test: Mapping[str, Any]) -> bool:
        return bool(self.data[test["Variable"][2:]] == test["StringEquals"])

    def _go(self, step: Mapping[str, Any]) -> None:
        self.state, self.ended = step.get("Next", ""), "" if "Next" in step else "SUCCEEDED"

    def _value(self, raw: Any) -> Any:
        if raw == TASK_TOKEN:
            return self.token
        if raw == "$.branches[*].edge":
            return [branch["edge"] for branch in self.data["branches"]]
        if isinstance(raw, str) and raw.startswith("$$."):
            return 0 if raw.endswith("RetryCount") else ""
        return self.data[raw[2:]] if isinstance(raw, str) and raw.startswith("$.") else raw


_STEPS: Mapping[str, Callable[[Execution, Mapping[str, Any]], None]] = {
    "Task": Execution._task,
    "Choice": Execution._choice,
    "Wait": Execution._wait,
    "Parallel": Execution._parallel,
    "Pass": Execution._pass,
    "Succeed": Execution._succeed,
    "Fail": Execution._fail,
}
