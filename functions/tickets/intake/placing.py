"""Where a ticket is worked on (服务地): by a place that was named, else by the way that it came in, else by where its
customer is at home, else the tenant's default. Pure.

The region is the first that anybody has. The store is the first that agrees with it: a shop in 杭州 does not serve a
customer who wrote to it from 苏州.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from hub.kernel.dataclass import dataclass
from hub.kernel.places import read_place
from hub.kernel.regions import BASE, covers, is_region

Source = Literal["hand", "named", "account", "customer", "default"]
"""hand: whoever opened it said so. named: in the message or form. account: of the connection, account or colleague that
it came through. customer: what is known of them. default: the tenant's."""
FIELDS_LIMIT = 50
TEXTS = ("address", "label", "text", "subject")
"""Where a content may name a place, the surest first: an address, the name of a place on a map, words."""


@dataclass(frozen=True)
class Site:
    """A region and a store, and who says so; "base" and "" where they say nothing."""

    source: Source
    region: str = BASE
    store_id: str = ""


def settle_site(sites: Sequence[Site]) -> Site:
    """Where the work is, by what each source says, the one that counts most first.

    A named place that is wider than where it came in is no contradiction to it: the narrower one holds.
    """
    first = next((site for site in sites if site.region != BASE), sites[-1])
    within = (site for site in sites if site.source == "account" and covers(first.region, site.region))
    region = next(within, first).region if first.source == "named" else first.region
    stores = (site.store_id for site in sites if site.store_id and _agree(site.region, region))
    return Site(first.source, region, next(stores, ""))


def named_site(content: Mapping[str, Any], near: str) -> Site:
    """The place that a message or form names: `region` and `store_id` as the sender's own fields, else a place that is
    read in its words. near: where it came in."""
    code, store = _text(content.get("region")), _text(content.get("store_id"))
    region = code if is_region(code) else next(filter(None, (read_place(text, near) for text in _texts(content))), BASE)
    return Site("named", region, store)


def _texts(content: Mapping[str, Any]) -> Iterator[str]:
    person, fields = content.get("person"), content.get("fields")
    if isinstance(person, Mapping):
        yield _text(person.get("address"))
    for name in TEXTS:
        yield _text(content.get(name))
    for value in list(fields.values())[:FIELDS_LIMIT] if isinstance(fields, Mapping) else ():
        yield _text(value)


def _agree(region: str, other: str) -> bool:
    return covers(region, other) or covers(other, region)


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""
