"""The primitives (规则原语目录): all there are, in the order of the manual. Pure."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from functions.settlement.rules.apportion import Apportion
from functions.settlement.rules.cap import Cap
from functions.settlement.rules.clawback import Clawback
from functions.settlement.rules.cumulative_tier import CumulativeTier
from functions.settlement.rules.flat import Flat
from functions.settlement.rules.floor import Floor
from functions.settlement.rules.fx import Fx
from functions.settlement.rules.guarantee import Guarantee
from functions.settlement.rules.hourly import Hourly
from functions.settlement.rules.less import Less
from functions.settlement.rules.override import Override
from functions.settlement.rules.penalty import Penalty
from functions.settlement.rules.per_lesson import PerLesson
from functions.settlement.rules.per_piece import PerPiece
from functions.settlement.rules.percent import Percent
from functions.settlement.rules.pool import Pool
from functions.settlement.rules.rounding import Rounding
from functions.settlement.rules.score import Score
from functions.settlement.rules.split import Split
from functions.settlement.rules.spread import Spread
from functions.settlement.rules.step import Step
from functions.settlement.rules.step_tier import StepTier
from functions.settlement.rules.subsidy import Subsidy
from functions.settlement.rules.tax import Tax

PRIMITIVES: tuple[type[Step], ...] = (
    Flat,
    Percent,
    StepTier,
    CumulativeTier,
    PerLesson,
    PerPiece,
    Hourly,
    Guarantee,
    Cap,
    Floor,
    Split,
    Pool,
    Override,
    Clawback,
    Subsidy,
    Penalty,
    Fx,
    Tax,
    Rounding,
    Apportion,
    Less,
    Score,
    Spread,
)

AnyStep = Annotated[
    Flat
    | Percent
    | StepTier
    | CumulativeTier
    | PerLesson
    | PerPiece
    | Hourly
    | Guarantee
    | Cap
    | Floor
    | Split
    | Pool
    | Override
    | Clawback
    | Subsidy
    | Penalty
    | Fx
    | Tax
    | Rounding
    | Apportion
    | Less
    | Score
    | Spread,
    Field(discriminator="rule"),
]


def name_of(primitive: type[Step]) -> str:
    """How documents call it."""
    return str(primitive.model_fields["rule"].default)
