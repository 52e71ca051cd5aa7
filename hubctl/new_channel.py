"""A new channel (渠道): a folder that works from its first minute, for a platform that signs JSON with HMAC-SHA256.

Three functions in it are marked `yours`; once they, the samples and the words are the platform's own, the channel is
done. What every channel promises is tested by tests/channels/test_promises.py, which finds it by itself.
"""

from __future__ import annotations

import json
import keyword
import re
from pathlib import Path

from hubctl.failures import OperatorError
from hubctl.state import ROOT

TEMPLATES = Path(__file__).parent / "templates" / "channel"
PARTS = ("__init__.py", "codec.py", "inbound.py", "client.py", "channel.json", "samples.json", "setup.md")
REGISTRY = Path("hub/channels/registry.py")
TITLE_LIMIT = 60
_NAME = re.compile(r"[a-z][a-z0-9_]{1,30}", re.ASCII)
_FIRST_OUTBOUND = re.compile(r'^( +)Channel\("\w+", inbound=False', re.MULTILINE)


def make_channel(name: str, title_zh: str = "", title_en: str = "", root: Path = ROOT) -> list[Path]:
    """Write hub/channels/<name>/ and its examples, and register it: one line. What was written, the registry last.

    Titles default to the name. Raises OperatorError saying what is wrong, before anything is written.
    """
    titles = {"@TITLE_ZH@": title_zh.strip() or name, "@TITLE_EN@": title_en.strip() or name}
    _check_name(name, root)
    for title in titles.values():
        _check_title(title)
    files = _files({"@NAME@": name, **titles}, root / "hub" / "channels" / name)
    files[_examples(name, root)] = _filled("examples.json", {"@NAME@": name})
    files[root / REGISTRY] = _registered(name, root)
    (root / "hub" / "channels" / name).mkdir()
    for path, text in files.items():
        path.write_text(text, encoding="utf-8")
    return list(files)


def _check_name(name: str, root: Path) -> None:
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise OperatorError(
            f"{name!r} is no channel's name: 2 to 31 small letters, digits and '_', a letter first, no word of Python"
        )
    if not (root / REGISTRY).is_file() or not _examples(name, root).parent.is_dir():
        raise OperatorError(f"{root} is no checkout of this project: a channel is made beside its sources and tests")
    channels = root / "hub" / "channels"
    existing = [path for path in (channels / name, channels / f"{name}.py", _examples(name, root)) if path.exists()]
    if existing:
        raise OperatorError(f"{name!r} is taken: {existing[0].relative_to(root)} is there already; choose another name")


def _check_title(title: str) -> None:
    if len(title) > TITLE_LIMIT or not title.isprintable() or any(sign in title for sign in "@<>[]|`"):
        raise OperatorError(
            f"{title!r} is no title: one line of at most {TITLE_LIMIT} characters, none of @ < > [ ] | `"
        )


def _files(values: dict[str, str], folder: Path) -> dict[Path, str]:
    """Each part of the channel, by its path."""
    return {folder / part: _filled(part, values) for part in PARTS}


def _filled(part: str, values: dict[str, str]) -> str:
    """A template with the values in place of their marks, escaped where it is JSON."""
    text = (TEMPLATES / f"{part}.txt").read_text(encoding="utf-8")
    for mark, value in values.items():
        text = text.replace(mark, json.dumps(value, ensure_ascii=False)[1:-1] if part.endswith(".json") else value)
    return text


def _registered(name: str, root: Path) -> str:
    """The registry with one line more, before the channels that only send."""
    text = (root / REGISTRY).read_text(encoding="utf-8")
    place = _FIRST_OUTBOUND.search(text)
    if f'Channel("{name}"' in text or place is None:
        raise OperatorError(
            f'{REGISTRY} names {name!r} already, or has no line `Channel("…", inbound=False)` to go before'
        )
    return f'{text[: place.start()]}{place[1]}Channel("{name}"),\n{text[place.start() :]}'


def _examples(name: str, root: Path) -> Path:
    return root / "tests" / "payloads" / f"{name}_examples.json"
