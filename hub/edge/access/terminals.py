"""What a terminal is for (终端能力): pc, mobile and h5 call one API, and each opens what its screen and its holder
allow. Who somebody is decides what they see and may; the terminal only narrows it.

A person's token may be bound to one terminal when it is made: then that holds, whatever `X-Client` says. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from hub.contracts.base import Terminal
from hub.edge.access.policy import TERMINALS
from hub.edge.auth import Principal
from hub.kernel.errors import Forbidden, Invalid, Problem

Ability = Literal["work", "adjust", "bulk"]
"""What an operation asks of a terminal. work: whatever is done with one thing at a time. adjust: prices, rules and
documents, which hold for many. bulk: many things in one call, files in and out."""

PROFILES: Mapping[Terminal, tuple[Ability, ...]] = {
    "pc": get_args(Ability),
    "mobile": ("work", "adjust"),
    "h5": ("work",),
}
"""pc: many windows, many things at once. mobile: one of us on the way, with a camera and a place. h5: a page that needs
no installation, for whoever was given a link."""


def terminal_of(principal: Principal, headers: Mapping[str, str]) -> Terminal:
    """The terminal behind a request: the one to which its token is bound, else `X-Client`, else pc. Raises Invalid for
    one that there is not, Forbidden for another than the token's."""
    sent = headers.get("x-client", "").lower() or principal.terminal or "pc"
    terminal = next((known for known in TERMINALS if known == sent), None)
    if terminal is None:
        raise Invalid("bad header", problems=[Problem("header:X-Client", f"must be one of {', '.join(TERMINALS)}")])
    if principal.terminal and terminal != principal.terminal:
        raise Forbidden("this token is for another terminal", terminal=principal.terminal)
    return terminal


def require_ability(ability: Ability, terminal: Terminal) -> None:
    """Raises Forbidden where the terminal is not for this."""
    if ability not in PROFILES[terminal]:
        raise Forbidden("not on this terminal", terminal=terminal, needs=ability)


def terminals_for(ability: Ability) -> tuple[Terminal, ...]:
    """Where an operation that asks for this can be called from."""
    return tuple(terminal for terminal in TERMINALS if ability in PROFILES[terminal])
