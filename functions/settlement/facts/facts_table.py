"""Facts in the table: each once, by its id; those that wait to be mended are listed, and windows know theirs.

| item | pk | sk |
|---|---|---|
| fact | `<t>#fact#<id>` | `fact`: its document, its state, and of a sale how much went back |
| fact of a window | `<t>#window#<window>#<shard>` | `<occurred at>#<fact>`: the canonical order |
| window, by period | `<t>#windows#<period>#<shard>` | window |
| head of a window | `<t>#window#<window>` | `head`: what of it is posted, and how often |
| party | `<t>#known#<party>` | `known`; of a store with where it lies |

A fact of a ticket or an order is found by it in `by_list`; an order that a platform told of is found there by the
platform's number, since its own id says the order; what a platform sold, and what of it went back, stands in
`by_person` under `<t>#orders-of#<platform>#<month>#<shard of its number>`, as it occurred. A parked fact is listed by
where it belongs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from heapq import merge
from typing import Any
from zlib import crc32

from functions.settlement.facts.bodies import document_of, fact_from_document
from functions.settlement.facts.facts import Back, Fact, in_order
from functions.settlement.facts.of_events import order_fact_id
from functions.settlement.facts.refunds import UNDOES
from functions.settlement.policies import Pair
from functions.settlement.rules.windows import Window
from hub.kernel.clock import rfc3339
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Conflict, Retry
from hub.kernel.regions import BASE, is_region
from hub.store.lists import LIST_INDEXES, ListQuery, Within, list_keys, read_list, spread_out
from hub.store.paging import Position
from hub.store.rehearsal import Known
from hub.store.table import NEW, Index, Lost, Put, Table, Update, Write

PARKED, SETTLED = "facts-parked", "facts"
SHARDS, WIDE = 8, 64
BY_LIST = Index("by_list", "list_pk", "list_sk")
BY_PLATFORM = LIST_INDEXES["person"]
"""A fact is nobody's own, so this index holds what is a platform's."""
ABOUT_LIMIT = 500
"""Facts of one ticket or order."""
WINDOW_LIMIT = 200_000
"""Facts of one window."""
PAGE = 500


@dataclass(frozen=True, slots=True)
class Stored:
    """A fact as it is kept. fact: None while its currency is unknown. reason, pointer: why it is parked, "" when it is
    settled. gone: how much of it went back."""

    raw: dict[str, Any]
    fact: Fact | None
    reason: str = ""
    pointer: str = ""
    gone: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class Head:
    """What of a window is posted: from account to account, minor units; revision: how often it was."""

    moved: dict[Pair, int]
    revision: int = 0


class FactsTable:
    """The facts of one tenant."""

    def __init__(self, tenant: str, table: Table) -> None:
        self._tenant, self._table = tenant, table
        self._listed = Known[tuple[str, str]]()
        self._known: set[str] = Known()

    def find(self, fact_id: str) -> Stored | None:
        """A fact by its id; strongly consistent."""
        item = self._table.get(self._key(fact_id))
        return _stored(item) if item else None

    def keep(self, fact: Fact, windows: Mapping[Window, Sequence[str]], now: datetime) -> None:
        """Keep a fact as settled, with its windows, and of a refund how much of its sale is gone now: one transaction.
        windows: what each is listed under. A parked one takes its own place. Raises Conflict where it is settled
        already or its sale moved on."""
        writes: list[Write] = [
            Put(self._item(fact, now), "attribute_not_exists(pk) OR #state = :parked", {":parked": "parked"})
        ]
        if fact.back:
            seen, after = str(fact.back.before), str(fact.back.after)
            when = "gone = :seen" if fact.back.before else "attribute_not_exists(gone) OR gone = :seen"
            values = {":gone": after, ":seen": seen}
            writes.append(Update(self._key(fact.reverses), "SET gone = :gone", values, when))
        if fact.back and UNDOES in fact.about:
            once = "attribute_not_exists(gone)"
            writes.append(Update(self._key(fact.about[UNDOES]), "SET gone = :gone", {":gone": "1"}, once))
        for window, lists in windows.items():
            for name in lists:
                self._list(window, name)
            writes.append(Put(self._window_item(window, fact)))
        try:
            self._table.transact(*writes, made=fact.id)
        except Lost as lost:
            raise Conflict("the fact, or what it takes back, has moved on", fact=fact.id) from lost

    def park(self, raw: dict[str, Any], reason: str, pointer: str, now: datetime) -> None:
        """Keep a fact that can't be settled yet, listed with its reason; one that is settled stays as it is."""
        place = raw.get("parties", {})
        waits = (
            {"list_pk": _waits_pk(self._tenant, raw["reverses"]), "list_sk": raw["id"]} if raw.get("reverses") else {}
        )
        keys = list_keys(
            self._tenant, PARKED, raw["id"], now, region=place.get("region", BASE), store=place.get("store", "")
        )
        item = {**_base(self._key(raw["id"])), "document": json.dumps(raw, ensure_ascii=False, sort_keys=True)}
        item |= {"state": "parked", "reason": reason, "pointer": pointer, **keys, **waits}
        try:
            self._table.put(item, "attribute_not_exists(pk) OR #state = :parked", {":parked": "parked"})
        except Lost:
            return

    def parked(
        self, within: Within, now: datetime, limit: int, position: Position | None
    ) -> tuple[list[Stored], Position | None]:
        """Facts that wait, the latest first; may be two seconds behind. Raises Invalid for a wrong cursor."""
        page = read_list(self._table, ListQuery(self._tenant, PARKED, within, now, limit, position=position))
        return [_stored(item) for item in page.items], page.position

    def between(
        self, within: Within, now: datetime, since: datetime, until: datetime, limit: int
    ) -> tuple[list[Fact], bool]:
        """Facts within a scope that occurred in [since, until), in canonical order, and whether these are all; may be
        two seconds behind."""
        facts: list[Fact] = []
        position: Position | None = None
        while len(facts) <= limit:
            page, position = self.page(within, now, since, until, position)
            facts += page
            if position is None:
                break
        return in_order(facts[:limit]), position is None and len(facts) <= limit

    def waiting_for(self, fact_id: str) -> list[Stored]:
        """Parked refunds of a sale that had not come; may be two seconds behind."""
        pk = _waits_pk(self._tenant, fact_id)
        return list(map(_stored, self._table.query_all(pk, index=BY_LIST, limit=ABOUT_LIMIT)))

    def page(
        self, within: Within, now: datetime, since: datetime, until: datetime, position: Position | None
    ) -> tuple[list[Fact], Position | None]:
        """A page of the facts that occurred in [since, until), the latest first; may be two seconds behind."""
        page = read_list(
            self._table, ListQuery(self._tenant, SETTLED, within, now, PAGE, since, until, position, spread=WIDE)
        )
        return [stored.fact for stored in map(_stored, page.items) if stored.fact], page.position

    def about(self, kind: str, name: str) -> list[Fact]:
        """The facts of a `ticket` or an `order`, in canonical order; may be two seconds behind."""
        items = self._table.query_all(_about_pk(self._tenant, kind, name), index=BY_LIST, limit=ABOUT_LIMIT)
        order = self.find(order_fact_id(name)) if kind == "order" else None
        return in_order(stored.fact for stored in (*map(_stored, items), *filter(None, [order])) if stored.fact)

    def of_number(self, platform: str, number: str) -> list[Fact]:
        """The orders that a platform's bill may mean by a number, and their refunds; may be two seconds behind."""
        items = self._table.query_all(
            _about_pk(self._tenant, f"number#{platform}", number), index=BY_LIST, limit=ABOUT_LIMIT
        )
        listed = [stored.fact for stored in map(_stored, items) if stored.fact]
        orders = [fact.about.get("order", number) for fact in listed if fact.kind == "order"] or [number]
        facts = in_order([*listed, *(fact for order in orders for fact in self.about("order", order))])
        return [_under(fact, number) for fact in facts if is_billed_by(fact, platform)]

    def orders_of(
        self, platform: str, month: str, shard: int, since: datetime, until: datetime, after: str, limit: int
    ) -> tuple[list[Fact], str]:
        """A platform's orders and refunds of one shard of numbers that occurred in [since, until) of a month (UTC),
        behind `after`, in canonical order; and behind what there may be more, "" for the end. May be two seconds
        behind."""
        first, last = after or rfc3339(since), rfc3339(until)
        if first >= last:
            return [], ""
        pk = _platform_pk(self._tenant, platform, month, shard)
        page = self._table.query(pk, index=BY_PLATFORM, sk_between=(first, last), limit=limit)
        keys = [(item["pk"], item["sk"]) for item in page.items]
        facts = (_stored(item).fact for item in self._table.get_many(keys, consistent=True))
        more = f"{page.items[-1]['l_at']}\x00" if page.start is not None and page.items else ""
        return [fact for fact in facts if fact], more

    def of_window(self, window: Window, at: datetime) -> Iterator[Fact]:
        """A window's facts until a moment in canonical order; strongly consistent, read as they are taken, WINDOW_LIMIT
        at most."""
        prefix, last = f"{self._tenant}#window#{window.id}", f"{rfc3339(at)}#~"
        shards = (self._shard(f"{prefix}#{shard}", last) for shard in range(_width(window)))
        for nth, item in enumerate(merge(*shards, key=lambda item: str(item["sk"]))):
            if nth >= WINDOW_LIMIT:
                raise Conflict("a window has more facts than one run takes", window=window.id)
            yield _with_back(fact_from_document(json.loads(item["document"])), item)

    def windows(self, period: str, shard: int, after: str, limit: int) -> list[Window]:
        """The windows of a period in one of SHARDS shards, those behind `after`; strongly consistent."""
        pk = f"{self._tenant}#windows#{period}#{shard}"
        return [_window(item) for item in self._table.query(pk, sk_after=after, limit=limit, consistent=True).items]

    def head(self, window: Window) -> Head:
        """What of a window is posted; strongly consistent."""
        item = self._table.get((f"{self._tenant}#window#{window.id}", "head"))
        if item is None:
            return Head({})
        return Head(
            {(debit, credit): int(minor) for debit, credit, minor in json.loads(item["moved"])}, int(item["revision"])
        )

    def post_head(self, window: Window, head: Head) -> None:
        """Say what is posted now, on the condition that it is one revision on. Raises Retry where it is not."""
        moved = json.dumps([[*pair, minor] for pair, minor in sorted(head.moved.items())])
        item = {**_base((f"{self._tenant}#window#{window.id}", "head")), "moved": moved, "revision": head.revision}
        when = NEW if head.revision == 1 else "revision = :seen"
        try:
            self._table.put(item, when, {} if head.revision == 1 else {":seen": head.revision - 1})
        except Lost as lost:
            raise Retry("a concurrent posting of a window", window=window.id) from lost

    def knows(self, party: str) -> bool:
        """Whether a party may be named: a region or platform, somebody of the directory, or whom finance made known."""
        kind, _, name = party.partition(":")
        if kind in ("region", "platform"):
            return kind == "platform" or is_region(name)
        if party not in self._known and self._table.get(self._party_key(party)):
            self._known.add(party)
        return party in self._known

    def apart(self) -> FactsTable:
        """The same facts, for whoever makes parties known only in a rehearsal: nobody else takes them for known."""
        other = FactsTable(self._tenant, self._table)
        other._known = {*self._known}
        return other

    def make_known(self, party: str) -> bool:
        """From now on a party may be named; says whether that is new."""
        if self.knows(party):
            return False
        self._table.put(_base(self._party_key(party)))
        self._known.add(party)
        return True

    def keep_store(self, store_id: str, region: str, version: int) -> bool:
        """Keep where a store lies, unless something newer is known; says whether it may be named from now on and could
        not before."""
        party = f"store:{store_id}"
        is_new = not self.knows(party)
        item = {**_base(self._party_key(party)), "region": region, "version": version}
        with suppress(Lost):
            self._table.put(item, "attribute_not_exists(version) OR version < :version", {":version": version})
        return is_new

    def region_of(self, store_id: str) -> str | None:
        """Where a store lies; None where nobody told. Strongly consistent."""
        item = self._table.get(self._party_key(f"store:{store_id}"))
        return str(item["region"]) if item and "region" in item else None

    def _item(self, fact: Fact, now: datetime) -> dict[str, Any]:
        about = _found_by(fact)
        document = json.dumps(document_of(fact), ensure_ascii=False, sort_keys=True)
        item = {**_base(self._key(fact.id)), "document": document, "state": "settled", "taken_at": rfc3339(now)}
        place = {"region": fact.parties.get("region", BASE), "store": fact.parties.get("store", "")}
        item |= spread_out(list_keys(self._tenant, SETTLED, fact.id, fact.occurred_at, **place), fact.id, WIDE)
        if _is_billed(fact) and (platform := fact.parties.get("platform")):
            month, numbers = rfc3339(fact.occurred_at)[:7], number_shard(number_of(fact))
            item |= {BY_PLATFORM.hash: _platform_pk(self._tenant, platform, month, numbers)}
        if fact.back:
            item |= {"back_before": str(fact.back.before), "back_after": str(fact.back.after)}
        if about:
            item |= {"list_pk": _about_pk(self._tenant, *about), "list_sk": f"{rfc3339(fact.occurred_at)}#{fact.id}"}
        return item

    def _window_item(self, window: Window, fact: Fact) -> dict[str, Any]:
        shard = crc32(fact.id.encode()) % _width(window)
        key = (f"{self._tenant}#window#{window.id}#{shard}", f"{rfc3339(fact.occurred_at)}#{fact.id}")
        item = {**_base(key), "document": json.dumps(document_of(fact), ensure_ascii=False, sort_keys=True)}
        if fact.back:
            item |= {"back_before": str(fact.back.before), "back_after": str(fact.back.after)}
        return item

    def _list(self, window: Window, name: str) -> None:
        """Have the runs of a period know of the window, before a fact is in it; once a process."""
        if (window.id, name) in self._listed:
            return
        shard = crc32(window.id.encode()) % SHARDS
        names = {field: getattr(window, field) for field in ("policy", "purpose", "party", "period", "currency")}
        self._table.put({**_base((f"{self._tenant}#windows#{name}#{shard}", window.id)), **names})
        self._listed.add((window.id, name))

    def _shard(self, pk: str, last: str) -> Iterator[dict[str, Any]]:
        first = " "
        while first <= last:
            page = self._table.query(pk, sk_between=(first, last), limit=PAGE, consistent=True)
            yield from page.items
            if page.start is None:
                return
            first = f"{page.items[-1]['sk']}\x00"

    def _key(self, fact_id: str) -> tuple[str, str]:
        return f"{self._tenant}#fact#{fact_id}", "fact"

    def _party_key(self, party: str) -> tuple[str, str]:
        return f"{self._tenant}#known#{party}", "known"


def _base(key: tuple[str, str]) -> dict[str, Any]:
    return {"pk": key[0], "sk": key[1], "schema": 1}


def _width(window: Window) -> int:
    """Partitions of a window: one for a person, WIDE for whom every order of a burst may concern."""
    role = window.party.partition(":")[0]
    return WIDE if role in ("", "store", "region", "platform", "dealer", "brand") else 1


def _waits_pk(tenant: str, fact_id: str) -> str:
    return f"{tenant}#facts-waiting#{fact_id}"


def _platform_pk(tenant: str, platform: str, month: str, shard: int) -> str:
    return f"{tenant}#orders-of#{platform}#{month}#{shard}"


def number_of(fact: Fact) -> str:
    """The number under which a platform's bill may name an order, or a refund of it."""
    return fact.about.get("order_no") or fact.about.get("order", fact.id)


def number_shard(number: str) -> int:
    """Which of WIDE shards an order's number lies in."""
    return crc32(number.encode()) % WIDE


def is_billed_by(fact: Fact, platform: str) -> bool:
    """Whether a fact is an order of this platform, or a refund of one; what names none may be anybody's."""
    return _is_billed(fact) and fact.parties.get("platform", platform) == platform


def _is_billed(fact: Fact) -> bool:
    """Whether a fact is an order, or a refund of one."""
    return fact.kind == "order" or (fact.kind == "refund" and bool(fact.about.keys() & {"order", "order_no"}))


def _under(fact: Fact, number: str) -> Fact:
    """A refund under the number by which it was asked for: those of before say none."""
    return replace(fact, about={"order_no": number, **fact.about}) if fact.kind == "refund" else fact


def _found_by(fact: Fact) -> tuple[str, str] | None:
    order, number = fact.about.get("order", ""), fact.about.get("order_no", "")
    if number and fact.kind == "order" and fact.id == order_fact_id(order):
        return f"number#{fact.parties.get('platform', '')}", number
    if listed := next(((kind, fact.about[kind]) for kind in ("ticket", "order") if fact.about.get(kind)), None):
        return listed
    return (f"number#{fact.parties.get('platform', '')}", number) if number and fact.kind == "refund" else None


def _about_pk(tenant: str, kind: str, name: str) -> str:
    return f"{tenant}#facts-of#{kind}#{name}"


def _window(item: dict[str, Any]) -> Window:
    return Window(item["policy"], item["purpose"], item["party"], item["period"], item["currency"])


def _stored(item: dict[str, Any]) -> Stored:
    raw = json.loads(item["document"])
    parked = item["state"] == "parked"
    fact = None if parked else _with_back(fact_from_document(raw), item)
    reason, pointer = (item["reason"], item["pointer"]) if parked else ("", "")
    return Stored(raw, fact, reason, pointer, Fraction(item.get("gone", "0")))


def _with_back(fact: Fact, item: dict[str, Any]) -> Fact:
    if "back_before" not in item:
        return fact
    return replace(fact, back=Back(Fraction(item["back_before"]), Fraction(item["back_after"])))
