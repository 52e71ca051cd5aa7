"""Reconciling (对账): what a platform told us against what we fetched ourselves, day by day. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import ROUND_UP, Decimal

from functions.webhooks.inbox.counts import Row, day_text, number, total
from hub.contracts.base import Words
from hub.contracts.webhooks_reconcile import DayFigures, Figures, ReconcileQuery
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Invalid, Problem

DAYS_LIMIT = 31
RATIO_PLACES = Decimal("0.000001")
UNKNOWN = "unknown"
"""The state of an order that the mapping does not understand."""

MEANINGS: Mapping[str, Words] = {
    "accepted": Words(zh="已入库的消息（推送与拉取）。", en="Messages stored, pushed or pulled."),
    "pushed": Words(zh="平台推送并已入库的消息。", en="Messages that the platform pushed and that are stored."),
    "pulled": Words(
        zh="首次由拉取得知的订单与消息。", en="Orders and messages that we first heard of by pulling them."
    ),
    "recovered": Words(
        zh="平台本应推送、至今没有推送，由拉取补回的订单。",
        en="Orders that the platform should have pushed and has not: a pull brought them.",
    ),
    "duplicates": Words(zh="重复推送，已忽略。", en="Deliveries that were here already, ignored."),
    "rejected": Words(zh="验签未通过而拒收的投递。", en="Deliveries refused because they did not verify."),
    "pending": Words(zh="等待处理。", en="Messages that wait to be processed."),
    "processed": Words(zh="已处理。", en="Messages processed."),
    "quarantined": Words(
        zh="暂不能理解：已隔离保存，补充映射后重放。",
        en="Messages not understood yet: kept, and replayed once they are.",
    ),
    "dead": Words(zh="多次失败或超过一天：已保存，需人工重放。", en="Messages given up: kept, and replayed by hand."),
    "orders": Words(zh="首次得知的不同订单数。", en="Different orders, by the day on which we first knew them."),
    "unmapped": Words(zh="状态无法识别的订单。", en="Orders in a state that the mapping does not know."),
    "lost": Words(zh="已知缺失 = dead + unmapped。", en="What is known to be missing: dead + unmapped."),
    "known": Words(
        zh="已知总数 = accepted + 从未被推送提到的订单。",
        en="All we know of: accepted + orders that no push told of.",
    ),
    "loss_ratio": Words(
        zh="丢失率 = lost ÷ known（向上取整到百万分之一）。", en="lost ÷ known, rounded up to a millionth."
    ),
}


@dataclass(frozen=True, slots=True)
class OrderFigures:
    """How many orders were first known on a day. pulled: by a pull; unpushed: of those, told by no push until now;
    unmapped: in a state that we don't understand. complete: they were all counted."""

    orders: int = 0
    pulled: int = 0
    unpushed: int = 0
    unmapped: int = 0
    complete: bool = True

    def with_page(self, items: Iterable[tuple[bool, bool, str]], complete: bool) -> OrderFigures:
        """These and some more orders, each as (pulled, pushed, state)."""
        rows = list(items)
        return OrderFigures(
            self.orders + len(rows),
            self.pulled + sum(pulled for pulled, _, _ in rows),
            self.unpushed + sum(pulled and not pushed for pulled, pushed, _ in rows),
            self.unmapped + sum(state == UNKNOWN for _, _, state in rows),
            complete,
        )


def report_days(query: ReconcileQuery) -> list[date]:
    """The days of a report, in order. Raises Invalid for none, or for more than DAYS_LIMIT."""
    count = (query.to - query.from_).days + 1
    if not 1 <= count <= DAYS_LIMIT:
        rule = f"must be the day in `from`, or one of the {DAYS_LIMIT - 1} days after it"
        raise Invalid("days", problems=[Problem("query:to", rule)])
    return [query.from_ + timedelta(days=n) for n in range(count)]


def day_figures(
    days: Iterable[date], rows: Sequence[Row], orders: Mapping[str, OrderFigures], *, pushes: bool
) -> list[DayFigures]:
    """The figures of each day. orders: by day (`yyyymmdd`). pushes: whether the platform pushes orders; where it does
    not, what a pull brings was never missed."""
    figures = []
    for day in days:
        known = orders.get(day_text(day), OrderFigures())
        numbers = _numbers([row for row in rows if row.day == day_text(day)], known, pushes)
        figures.append(DayFigures(**numbers, loss_ratio=_ratio(numbers), day=day, orders_complete=known.complete))
    return figures


def sum_figures(days: Iterable[Figures]) -> Figures:
    """All days as one."""
    days = list(days)
    numbers = {name: sum(getattr(day, name) for day in days) for name in Figures.model_fields if name != "loss_ratio"}
    return Figures(**numbers, loss_ratio=_ratio(numbers))


def _numbers(rows: Sequence[Row], orders: OrderFigures, pushes: bool) -> dict[str, int]:
    counts, pulled_messages = total(rows), number(rows, "pulled")
    states = {name: getattr(counts, name) for name in ("accepted", "pending", "processed", "quarantined", "dead")}
    return states | {
        "pushed": counts.accepted - pulled_messages,
        "pulled": pulled_messages + orders.pulled,
        "recovered": orders.unpushed if pushes else 0,
        "duplicates": counts.duplicates,
        "rejected": counts.rejected_signature,
        "orders": orders.orders,
        "unmapped": orders.unmapped,
        "lost": counts.dead + orders.unmapped,
        "known": counts.accepted + orders.unpushed,
    }


def _ratio(numbers: Mapping[str, int]) -> str:
    lost, known = numbers["lost"], numbers["known"]
    return str((Decimal(lost) / known if known else Decimal(0)).quantize(RATIO_PLACES, ROUND_UP))
