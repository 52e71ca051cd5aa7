"""Where something is wrong is a place in what was sent, and each mistake is told once."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, ValidationError, model_validator

from hub.kernel.wrong_places import Place, wrong_places


class Percent(BaseModel):
    rule: Literal["percent"]
    percent: int = Field(ge=0)


class Flat(BaseModel, extra="forbid"):
    rule: Literal["flat"]
    amount: int

    @model_validator(mode="after")
    def not_thirteen(self) -> Flat:
        if self.amount == 13:
            raise ValueError("brings bad luck")
        return self


class Paper(BaseModel):
    steps: tuple[Annotated[Percent | Flat, Field(discriminator="rule")], ...] = Field(min_length=1)
    names: tuple[str, ...] = Field(default=("a",), min_length=1)


@pytest.mark.parametrize(
    ("content", "places"),
    [
        ({"steps": [{"rule": "flat", "amount": "x"}]}, [("steps", 0, "amount")]),
        ({"steps": [{"rule": "flat", "amount": 13}]}, [("steps", 0)]),
        ({"steps": [{"rule": "flat", "amount": 1, "more": 1}]}, [("steps", 0, "more")]),
        ({"steps": [{"rule": "flat"}]}, [("steps", 0, "amount")]),
        ({"steps": [{"rule": "percent"}]}, [("steps", 0, "percent")]),
        ({"steps": [{"rule": "other"}, {"rule": "flat", "amount": 1}]}, [("steps", 0)]),
        ({"steps": []}, [("steps",)]),
        ({"steps": [{"rule": "flat", "amount": 1}], "names": [1]}, [("names", 0)]),
        ({"steps": [{"rule": "flat", "amount": "x"}], "names": []}, [("steps", 0, "amount"), ("names",)]),
        ([], [()]),
    ],
)
def test_a_place_is_one_in_what_was_sent(content: Any, places: list[Place]) -> None:
    """No tag of a union stands in it, and a list with a wrong item is not too short as well; an empty one is."""
    with pytest.raises(ValidationError) as refused:
        Paper.model_validate(content)
    assert [each.place for each in wrong_places(refused.value.errors(), content)] == places
