"""Signing (会签、或签、依次、多数): what several signers say becomes one outcome, as soon as it is decided. Pure.

So many have to approve: all, any one, a number, or a share of them, rounded up in whole numbers. Once the rest could
not make it any more, it is rejected.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from functions.tickets.flows.flow import Count, Share, Sign
from functions.tickets.flows.soundness import APPROVED, REJECTED
from functions.tickets.ticket.ticket import Case, Move, Note, Signature, Visit
from hub.kernel.errors import Conflict, Invalid, Problem

SIGNERS_LIMIT = 50


def needed(sign: Sign, signers: int) -> int:
    """How many of so many signers have to approve: at least one, at most all."""
    if isinstance(sign, Share):
        return max(1, -(-signers * sign.percent // 100))
    if isinstance(sign, Count):
        return min(sign.count, signers)
    return 1 if sign == "any" else signers


def verdict_of(visit: Visit) -> str:
    """What the signers have decided, "" while it is open."""
    approvals = sum(signature.verdict == APPROVED for signature in visit.signatures)
    left = len(visit.signers) - len(visit.signatures)
    if approvals >= visit.need:
        return APPROVED
    return REJECTED if approvals + left < visit.need else ""


def sign(visit: Visit, person: str, verdict: str, at: datetime) -> Visit:
    """The visit with what this signer says. Raises Conflict when they have said it, Invalid for another verdict."""
    if verdict not in (APPROVED, REJECTED):
        raise Invalid("no such verdict", problems=[Problem("/outcome", f"must be one of: {APPROVED}, {REJECTED}")])
    earlier = next((signature for signature in visit.signatures if signature.person == person), None)
    if earlier is not None:
        raise Conflict("you have signed already", visit=visit.id, verdict=earlier.verdict)
    return visit.but(signatures=(*visit.signatures, Signature(person=person, verdict=verdict, at=at)))


def hand_over(case: Case, visit: Visit, person: str, to: str, actor: str) -> Move:
    """What is asked of this person is asked of another from now on (转交), in the same place. Raises Conflict when it
    is asked of the other already, or not of this person any more."""
    if person not in visit.awaits:
        raise Conflict("this is not asked of them", visit=visit.id, awaits=" ".join(visit.awaits))
    if to in visit.signers:
        raise Conflict("they are asked already", visit=visit.id, person=to)
    note = Note("handed over", actor, {"node": visit.node, "visit": visit.id, "before": person, "assignee": to})
    if not visit.signers:
        return Move(case.ticket, (note,), (visit.but(assignee=to),))
    signers = tuple(to if each == person else each for each in visit.signers)
    return Move(case.ticket, (note,), (visit.but(signers=signers),))


def add_signers(case: Case, visit: Visit, rule: Sign, people: Sequence[str], actor: str) -> Move | None:
    """Ask these, too (加签); how many have to approve is reckoned anew. None when all of them are asked already.
    Raises Conflict where nobody signs, Invalid for too many."""
    if not visit.signers:
        raise Conflict("nobody signs here: hand it over instead", visit=visit.id, node=visit.node)
    signers = tuple(dict.fromkeys((*visit.signers, *people)))
    if len(signers) > SIGNERS_LIMIT:
        raise Invalid("too many signers", problems=[Problem("/people", f"must be {SIGNERS_LIMIT} in all at most")])
    if signers == visit.signers:
        return None
    note = Note("signers added", actor, {"node": visit.node, "visit": visit.id, "assignee": " ".join(people)})
    return Move(case.ticket, (note,), (visit.but(signers=signers, need=needed(rule, len(signers))),))
