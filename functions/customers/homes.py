"""Where a customer is at home (归属地): their own word, else where their address lies. It says whose customer they are;
where they are served (服务地) is another matter, and may be elsewhere. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from functions.customers.profile import Fact
from hub.kernel.dataclass import dataclass
from hub.kernel.places import read_place
from hub.kernel.regions import BASE, is_region

ADDRESS, ADDRESS_REGION, HOME_REGION, HOME_STORE = "address", "address_region", "home_region", "home_store"
"""The facts that say so. `address` is personal and sealed; the region that it lies in is not."""


@dataclass(frozen=True)
class Home:
    """A region and a store; "base" and "" where nobody said."""

    region: str = BASE
    store: str = ""


def home_of(facts: Iterable[Fact]) -> Home:
    """Where a customer is at home, by what is known of them."""
    known = {fact.name: fact.value for fact in facts if not fact.sealed}
    codes = (known.get(name, "") for name in (HOME_REGION, ADDRESS_REGION))
    return Home(next(filter(is_region, codes), BASE), known.get(HOME_STORE, ""))


def with_derived(name: str, value: str) -> dict[str, str]:
    """A fact with what follows from it of its own accord: an address lies in a region, "base" where none is read."""
    return {name: value} | ({ADDRESS_REGION: read_place(value) or BASE} if name == ADDRESS else {})
