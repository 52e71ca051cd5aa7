"""Outcomes (结算结果): what one posting made of one fact, with why, and the balanced entries that it becomes. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from datetime import datetime
from string import Formatter

from functions.settlement.facts.facts import Fact, component_of
from functions.settlement.facts.items import is_money
from functions.settlement.facts.refunds import UNDOES
from functions.settlement.ledger.ledger import Entry, Line, Why
from functions.settlement.rules.figure import RUNNING, Case, Figure, Phrase, show_money, show_number
from functions.settlement.rules.policy import Policy, Posting
from functions.settlement.rules.step import Distribution, Share
from functions.settlement.rules.windows import Window
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Invalid, Problem
from hub.kernel.money import Money
from hub.kernel.regions import BASE

_ACCOUNT = re.compile(r"(asset|expense|income|payable|receivable|equity)(:[A-Za-z0-9_.@-]{1,64}){1,2}")
_OWN = ("person", "store", "region")
"""Kinds of party that are dimensions as well: a line of theirs is about them."""
ABOUT = ("order", "ticket", "item", "node", "channel", "hour")


Pair = tuple[str, str]
"""From one account to another."""
CREDITS_LIMIT = 49
"""Of one entry, beside its debit."""


@dataclass(frozen=True, slots=True)
class Part:
    """One line to be: debits positive."""

    account: str
    amount_minor: int
    dims: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a posting made of a fact.

    fact: whose it is; about: the fact that it was worked out from (of a refund: its sale). parts: the debit, then each
    credit; they sum to 0. window: where it depends on others (then it is provisional). due_at, nth: of a part that is
    due later, and which one it is.
    """

    fact: Fact
    about: Fact
    policy: Policy
    posting: Posting
    figure: Figure
    parts: tuple[Part, ...]
    window: Window | None = None
    due_at: datetime | None = None
    nth: int = 0

    @property
    def amount_minor(self) -> int:
        """What is moved from the debit."""
        return self.parts[0].amount_minor if self.parts else 0

    @property
    def purpose(self) -> str:
        """The posting's, with its number where it comes in parts."""
        return f"{self.posting.purpose}_{self.nth}" if self.nth else self.posting.purpose

    @property
    def occurred_at(self) -> datetime:
        """When it counts: a refund's when the money went back; what is spread when it is due."""
        return self.due_at or self.fact.occurred_at

    def why(self) -> Why:
        """In words, step by step, and from which facts."""
        phrases = self.figure.phrases or (Phrase("无", "nothing"),)
        zh, en = "，".join(p.zh for p in phrases), ", ".join(p.en for p in phrases)
        title = Phrase(self.posting.zh, self.posting.en)
        if self.fact is not self.about:
            title = Phrase(f"{title.zh}（退款冲回）", f"{title.en} (taken back)")
        return Why(f"{title.zh}：{zh}", f"{title.en}: {en}", self.policy.key, self.policy.version, self._facts())

    def _facts(self) -> dict[str, str]:
        about, fact = self.about, self.fact
        place = {"region": about.parties.get("region", BASE), "store_id": about.parties.get("store", "")}
        ids = {"ticket_id": about.about.get("ticket", ""), "order_id": about.about.get("order", "")}
        outcome = {"outcome": about.about.get("outcome", ""), "reverses": fact.about.get(UNDOES, fact.reverses)}
        read = dict.fromkeys(name for step in self.posting.steps for name in step.reads if name != RUNNING)
        measures = {name: _shown(about, name) for name in read}
        marks = {**self.figure.marks, "rounding": self.posting.rounding}
        return {key: text for key, text in {**place, **ids, **outcome, **measures, **marks}.items() if text}


def entries_of(outcome: Outcome) -> list[Entry]:
    """The entry of an outcome, none where it comes to nothing. Of a refund, its lines point back (`why.facts`)."""
    return _entries(outcome.fact.id, outcome.purpose, outcome.occurred_at, outcome.parts, outcome)


def window_entries(
    window: Window, last: Outcome, moved: Mapping[Pair, int], facts: int, revision: int, at: datetime
) -> list[Entry]:
    """What a window moves by, as entries of its own, each of one debit and CREDITS_LIMIT credits at most. last:
    its last outcome."""
    dims = dict([window.party.split(":", 1)]) if window.party else {}
    why = last.why()
    extra = {"window": window.id, "period": window.period, "facts": str(facts), "revision": str(revision)}
    made: list[Entry] = []
    for debit, credited in _chunks(moved):
        total = sum(minor for _, minor in credited)
        sums = ((debit, total), *((account, -minor) for account, minor in credited))
        parts = tuple(Part(account, minor, {**dims, **_own_dims(account)}) for account, minor in sums)
        if lines := _lines(parts, window.currency):
            whole = replace(why, facts={**why.facts, **extra, "debit": debit})
            made.append(Entry(f"{window.id}:{revision}.{len(made)}", window.purpose, at, lines, whole))
    return made


def _chunks(moved: Mapping[Pair, int]) -> Iterator[tuple[str, list[tuple[str, int]]]]:
    """By debit, so many credits together as one entry holds."""
    by_debit: dict[str, list[tuple[str, int]]] = {}
    for (debit, credit), minor in moved.items():
        if minor and debit != credit:
            by_debit.setdefault(debit, []).append((credit, minor))
    for debit, credited in by_debit.items():
        for start in range(0, len(credited), CREDITS_LIMIT):
            yield debit, credited[start : start + CREDITS_LIMIT]


def _entries(fact_id: str, purpose: str, at: datetime, parts: tuple[Part, ...], outcome: Outcome) -> list[Entry]:
    lines = _lines(parts, outcome.figure.currency)
    return [Entry(fact_id, purpose, at, lines, outcome.why())] if lines else []


def _lines(parts: tuple[Part, ...], currency: str) -> tuple[Line, ...]:
    return tuple(
        Line(part.account, Money(part.amount_minor, currency), part.dims) for part in parts if part.amount_minor
    )


def parts_of(posting: Posting, distribution: Distribution | None, amount_minor: int, fact: Fact) -> tuple[Part, ...]:
    """The debit and the credits of an amount. Raises Invalid for an account that names somebody whom the fact lacks."""
    shares: tuple[Share, ...] = (Share(posting.credit or "", amount_minor),)
    if distribution:
        shares = distribution.distribute(amount_minor, Case(fact))
    components = {component.id: component for component in fact.components}
    credited = (
        _part(
            share.account,
            -share.amount_minor,
            component_of(fact, components[share.component]) if share.component else fact,
        )
        for share in shares
    )
    return (_part(posting.debit, amount_minor, fact), *credited)


def _part(template: str, amount_minor: int, fact: Fact) -> Part:
    account = fill_account(template, fact)
    return Part(account, amount_minor, {**dims_of(fact), **_own_dims(account)})


def dims_of(fact: Fact) -> dict[str, str]:
    """What a fact's lines are about."""
    person = fact.parties.get("person") or fact.parties.get("assignee", "")
    dims = {name: fact.about.get(name, "") for name in ABOUT}
    dims |= {"person": person, "store": fact.parties.get("store", ""), "region": fact.parties.get("region", "")}
    return {name: text for name, text in dims.items() if text}


def _own_dims(account: str) -> dict[str, str]:
    head, _, party = account.partition(":")
    kind, _, name = party.partition(":")
    return {kind: name} if head == "payable" and kind in _OWN and name else {}


def fill_account(template: str, fact: Fact) -> str:
    """An account with its names filled in. Raises Invalid, naming /parties/<role>, where the fact lacks one, or what
    it says can be no part of an account."""
    names = fact.names()
    for _, name, _, _ in Formatter().parse(template):
        if name is not None and not names.get(name):
            raise Invalid(
                "unknown party", problems=[Problem(f"/parties/{name}", "is missing, and an account names it")]
            )
    account = template.format_map(names)
    if not _ACCOUNT.fullmatch(account):
        raise Invalid("unknown party", problems=[Problem("/parties", f"make no account: {account[:80]}")])
    return account


def _shown(fact: Fact, name: str) -> str:
    value = fact.measure(name)
    return show_money(value, fact.currency) if is_money(name) else show_number(value)
