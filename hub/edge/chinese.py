"""Errors in Chinese: what a rule or a detail of ours says, for those who read Chinese. The sentences are data
(chinese.json); each `{}` stands for what differs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources

_PROSE = re.compile(r"\d+ [A-Za-z]")
"""A number with words behind it where a number alone is meant: another sentence, not to be translated by half."""
Sentences = tuple[tuple[re.Pattern[str], str], ...]


def field_zh(rule: str) -> str:
    """What is wrong with a field. A rule that nobody translated stands behind "does not fit", as it is."""
    return _in_chinese("field", rule) or f"不符合要求：{rule}"


def detail_zh(detail: str, title: str) -> str:
    """What an error says; the Chinese of its title (`中文 · English`) where nobody translated it, "" for nothing."""
    return (_in_chinese("detail", detail) or title.partition(" · ")[0]) if detail else ""


def is_translated(kind: str, sentence: str) -> bool:
    """Whether a sentence is one of chinese.json's. kind: field or detail."""
    return bool(_in_chinese(kind, sentence))


def _in_chinese(kind: str, sentence: str) -> str:
    for pattern, chinese in _sentences()[kind]:
        if (match := pattern.fullmatch(sentence)) and not any(map(_PROSE.match, match.groups())):
            return chinese.format(*match.groups())
    return ""


@lru_cache(maxsize=1)
def _sentences() -> Mapping[str, Sentences]:
    document = json.loads(resources.files(__package__).joinpath("chinese.json").read_text(encoding="utf-8"))
    return {kind: _compiled(sentences) for kind, sentences in document.items()}


def _compiled(sentences: Mapping[str, str]) -> Sentences:
    """The most telling first: those with the most words of their own."""
    longest = sorted(sentences, key=lambda english: len(english.replace("{}", "")), reverse=True)
    return tuple((_pattern(english), sentences[english]) for english in longest)


def _pattern(english: str) -> re.Pattern[str]:
    return re.compile("(.+?)".join(map(re.escape, english.split("{}"))), re.DOTALL)
