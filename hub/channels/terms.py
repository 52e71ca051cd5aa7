"""The terms of an order (hub.contracts.orders), read from what platforms tell beside its state. Pure.

They are told in many shapes, most of them not tried on a real shop: terms that can't be read hold up no order. They are
empty then, and `unread` says which field it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from hub.channels.base import NotUnderstood
from hub.channels.parsing import tidy
from hub.channels.reading import optional_id
from hub.contracts.orders import LINES_LIMIT, Discount, Funder, OrderLine, OrderTerms
from hub.kernel.regions import BASE, is_region

REASON_LIMIT_CHARS = 100


def terms_of(read: Callable[[], OrderTerms]) -> OrderTerms:
    """What `read` makes of the platform's fields; where it raises NotUnderstood, empty terms that say so. A line that
    names no article says nothing."""
    try:
        terms = read()
    except NotUnderstood as refused:
        return OrderTerms(unread=str(refused.facts.get("field", refused.reason)))
    if len(terms.lines) > LINES_LIMIT:
        return OrderTerms(unread="lines")
    return terms.model_copy(update={"lines": tuple(line for line in terms.lines if line.item_no or line.sku)})


def lines_of(read: Callable[[], Iterable[OrderLine]]) -> tuple[OrderLine, ...]:
    """The lines of an after-sale; none where they can't be read."""
    return terms_of(lambda: OrderTerms(lines=tuple(read()))).lines


def discounts_of(**by_funder: int) -> tuple[Discount, ...]:
    """The discounts that there are, by who funds each (shop, platform, influencer, unknown), in minor units."""
    funders: dict[str, Funder] = {each: each for each in ("shop", "platform", "influencer", "unknown")}
    return tuple(
        Discount(amount_minor=amount_minor, funder=funders[funder])
        for funder, amount_minor in by_funder.items()
        if amount_minor > 0
    )


def reason_of(fields: Mapping[str, Any], *names: str) -> str:
    """Why, as the platform names it: the first of these fields that there is, a code or words out of its list."""
    texts = (str(fields[name]).strip() for name in names if isinstance(fields.get(name), int | str))
    return tidy(next((text for text in texts if text not in ("", "0")), ""))[:REASON_LIMIT_CHARS]


def first_id(fields: Mapping[str, Any], *names: str) -> str:
    """The first of these ids that there is; 0 is none."""
    ids = (optional_id(fields, name) for name in names)
    return next((each for each in ids if each not in ("", "0")), "")


def region_of(*codes: object) -> str:
    """The first of these that is a code of GB/T 2260, "" where none is: platforms have codes of their own, too."""
    texts = (str(code) for code in codes if isinstance(code, int | str))
    return next((text for text in texts if text != BASE and is_region(text)), "")
