"""Nothing is written while a request is only rehearsed: whoever calls AWS to change something asks first."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
WRITING = frozenset(
    {
        *("put_item", "update_item", "delete_item", "batch_write_item", "transact_write_items"),
        *("put_object", "delete_object", "delete_objects", "copy_object", "put_parameter", "delete_parameters"),
        *("send_message_batch", "put_events", "publish_batch", "invoke"),
        *("start_execution", "stop_execution", "send_task_success", "send_task_failure", "create_state_machine"),
    }
)
"""What changes something in AWS, by the names that botocore's clients give it."""
ASKED_BEFORE = {
    "hub/edge/bus.py": "its two functions are called by hub.edge.host alone, which asks",
}


def _calls(path: Path) -> Iterator[str]:
    """The writing calls of a file, also where the method is only handed on (`self._call(client.put_item, …)`)."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and node.attr in WRITING:
            yield node.attr


def test_whoever_writes_asks_whether_it_is_a_rehearsal() -> None:
    """Every file of hub and functions that calls AWS to write asks `is_rehearsal`, or says why it need not."""
    files = [path for room in ("hub", "functions") for path in (ROOT / room).rglob("*.py")]
    writing = {str(path.relative_to(ROOT)): path for path in files if [*_calls(path)]}
    silent = [name for name, path in writing.items() if "is_rehearsal()" not in path.read_text(encoding="utf-8")]
    assert {"hub/store/table.py", "hub/store/files.py", "hub/store/secrets.py"} <= writing.keys()
    assert sorted(silent) == sorted(ASKED_BEFORE)


def test_the_bus_is_reached_through_the_host_alone() -> None:
    """Nobody puts events or messages but by the host, which asks."""
    names = {"put_events", "send_message_batch"}
    callers = [
        str(path.relative_to(ROOT))
        for room in ("hub", "functions")
        for path in (ROOT / room).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in names
    ]
    assert {*callers} == {"hub/edge/bus.py", "hub/edge/host.py"}
