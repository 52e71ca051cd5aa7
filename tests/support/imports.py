"""Who imports whom, followed to the end: the graph of the source tree's modules, read from the files, none of it run.

Every import statement counts, wherever it stands: in a function, and under TYPE_CHECKING too. Importing a module
imports the packages above it. Modules from outside (`requests`, `urllib.request`) are the graph's ends.
"""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

Graph = Mapping[str, frozenset[str]]
"""What each module of the tree imports, by dotted name: modules of the tree, and names from outside as written."""
Chain = tuple[str, ...]
"""Modules, each of which imports the next."""


def sources(root: Path, folders: Iterable[str]) -> dict[str, Path]:
    """The modules of the tree, by dotted name; a package by its own name."""
    files = [path for folder in folders for path in sorted((root / folder).rglob("*.py"))]
    return {".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): path for path in files}


def graph_of(modules: Mapping[str, Path], dynamic: Mapping[str, str]) -> Graph:
    """Who imports whom. dynamic: functions that import a module by a name made at run time, and what they reach."""
    return {name: frozenset(_edges(name, path, modules, dynamic)) for name, path in modules.items()}


def written(path: Path, module: str = "") -> Iterator[str]:
    """The dotted names that a file's import statements name, `from a import b` as `a.b`. module: its own name, for
    relative imports."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.rsplit(".", node.level - 1)[0] if node.level else ""
            source = ".".join(part for part in (above, node.module) if part)
            yield from (f"{source}.{alias.name}" for alias in node.names)


def chains(graph: Graph, start: str, wanted: Iterable[str]) -> dict[str, Chain]:
    """The shortest way from a module, and from the packages above it, to each of the wanted names that it reaches:
    to the name itself, or to anything beneath it (`requests` by `requests.Session`)."""
    targets = tuple(wanted)
    ways: dict[str, Chain] = {}
    for chain in _walk(graph, start, also=[name for name in _packages(start) if name in graph]):
        for target in targets:
            if chain[-1] == target or chain[-1].startswith(f"{target}."):
                ways.setdefault(target, chain)
    return ways


def circles(graph: Graph) -> dict[str, Chain]:
    """Of each module that imports itself through others, the shortest such way."""
    ways: dict[str, Chain] = {}
    for start in graph:
        for chain in _walk(graph, start):
            if start in graph.get(chain[-1], frozenset()):
                ways[start] = (*chain, start)
                break
    return ways


def _walk(graph: Graph, start: str, also: Sequence[str] = ()) -> Iterator[Chain]:
    """The shortest chain to everything that a module reaches, itself included. also: what it imports besides."""
    waiting: deque[Chain] = deque([(start,), *((start, name) for name in also)])
    seen = {start, *also}
    while waiting:
        chain = waiting.popleft()
        yield chain
        for name in sorted(graph.get(chain[-1], frozenset()) - seen):
            seen.add(name)
            waiting.append((*chain, name))


def _edges(name: str, path: Path, modules: Mapping[str, Path], dynamic: Mapping[str, str]) -> Iterator[str]:
    own = {name, *_packages(name)}
    for target in written(path, name):
        if target in dynamic:
            yield dynamic[target]
        inside = [part for part in (target, *_packages(target)) if part in modules]
        yield from (part for part in inside if part not in own)
        if not inside:
            yield target


def _packages(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:i]) for i in range(len(parts) - 1, 0, -1)]
