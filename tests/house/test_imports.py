"""The arrows' eyes: that an import is seen wherever it stands, and followed to its end."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.imports import Graph, chains, circles, graph_of, sources

DYNAMIC = {"house.registry.client": "house.out"}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A house whose `deep.inner.decision` reaches `requests` by way of a package's own file."""
    files = {
        "house/__init__.py": "",
        "house/out.py": "import requests",
        "house/registry.py": "from importlib import import_module",
        "house/deep/__init__.py": "from house.out import call",
        "house/deep/inner/__init__.py": "",
        "house/deep/inner/decision.py": "from house.deep.inner import near",
        "house/deep/inner/near.py": "import json",
        "house/asks.py": "def later():\n    from house.registry import client",
        "house/up.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from house import down",
        "house/down.py": "from . import up",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def graph(tree: Path) -> Graph:
    return graph_of(sources(tree, ("house",)), DYNAMIC)


def test_an_import_is_followed_to_its_end(graph: Graph) -> None:
    """A file in the deepest folder is seen to reach a library through the package that it stands in."""
    chain = chains(graph, "house.deep.inner.decision", ("requests", "boto3"))
    assert chain == {"requests": ("house.deep.inner.decision", "house.deep", "house.out", "requests")}


def test_an_import_made_by_name_is_seen(graph: Graph) -> None:
    """Whoever takes a client from the registry, even inside a function, reaches what clients reach."""
    assert chains(graph, "house.asks", ("requests",)) == {"requests": ("house.asks", "house.out", "requests")}
    assert chains(graph, "house.registry", ("requests",)) == {}


def test_a_circle_under_type_checking_is_a_circle(graph: Graph) -> None:
    """Two files that import each other are found, from either end, though one does so for types alone."""
    assert circles(graph) == {
        "house.up": ("house.up", "house.down", "house.up"),
        "house.down": ("house.down", "house.up", "house.down"),
    }


def test_a_name_is_not_its_neighbour(graph: Graph) -> None:
    """`json` is no `jso`, and a library is found by itself or by what lies beneath it."""
    assert chains(graph, "house.deep.inner.near", ("jso",)) == {}
    assert chains(graph, "house.out", ("requests.Session",)) == {}
