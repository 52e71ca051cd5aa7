"""HTTP bodies of goods outside their territory."""

from typing import Literal

from hub.contracts.base import Contract, Moment


class TerritoryHalf(Contract):
    """What one party sees of a case (窜货): that a serial of theirs was activated elsewhere (`sold`), or that one sold
    elsewhere was activated with them (`activated`). Whose the other half is stays with headquarters."""

    id: str
    kind: Literal["channel_conflict"] = "channel_conflict"
    half: Literal["sold", "activated"]
    serial: str
    region: str
    dealer: str
    fact_id: str
    at: Moment


class TerritoryCase(Contract):
    """A case, with the halves that are within reach."""

    id: str
    kind: Literal["channel_conflict"] = "channel_conflict"
    halves: tuple[TerritoryHalf, ...]
