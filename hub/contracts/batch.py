"""HTTP bodies of a batch (批量): many operations of one room in one call, each with its own result."""

from typing import Annotated, Any, Literal

from pydantic import Field

from hub.contracts.base import Contract

BATCH_LIMIT = 100


class BatchItem(Contract):
    """One operation, as it would be called by itself."""

    method: Literal["POST", "PUT", "PATCH"] = "POST"
    path: Annotated[
        str,
        Field(
            pattern=r"^/[!-~]{1,500}$",
            description="a path of the room with its ids, and its query",
            examples=["/tickets/tkt_01M7X1V080ZWRSP21NN096DNRZ/assign"],
        ),
    ]
    body: dict[str, Any] = Field(
        default_factory=dict, description="the operation's own body", examples=[{"person_id": "li"}]
    )
    if_match: str = Field(
        default="", max_length=64, description="the ETag that you hold; as the header", examples=["3"]
    )


class Batch(Contract):
    """Up to a hundred operations, done one after the other. None depends on another: what fails stops nothing."""

    items: Annotated[tuple[BatchItem, ...], Field(min_length=1, max_length=BATCH_LIMIT)]


class BatchResult(Contract):
    """What came of one operation: just what it would have answered by itself."""

    status: int = Field(description="its HTTP status", examples=[200])
    body: Any = Field(default=None, description="its answer; of an error problem+json")
    etag: str = Field(default="", description="the thing's tag after the change, where it has one")
    replayed: bool = Field(default=False, description="done before, under this Idempotency-Key")


class BatchView(Contract):
    """The results in the order of the items."""

    results: tuple[BatchResult, ...]
    succeeded: int = Field(description="so many were answered below 400")
    failed: int
