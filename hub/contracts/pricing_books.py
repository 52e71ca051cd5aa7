"""Price books as documents: what is sold, what it costs where, for whom, when and from how many on."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from hub.contracts.base import Contract, Label, Moment, Slug
from hub.contracts.classes import Classified
from hub.contracts.pricing_places import AnySlug, AreaShape

Price = Annotated[str, Field(pattern=r"^[0-9]{1,10}(\.[0-9]{1,2})?$", examples=["25.00"])]
"""A price is never negative: a decimal string in major units."""

PricePlace = Annotated[
    str,
    Field(
        pattern=r"^([0-9]{6}|base|tier:[1-9]|(area|group):[a-z][a-z0-9_]{0,63}|store:[A-Za-z0-9][A-Za-z0-9_.-]{0,63})$",
        examples=["310000", "tier:3", "area:wangjing", "store:s1", "base"],
    ),
]
"""Where a price holds: a region, every city of a tier (城市档位), a business district (商圈), a store group, a store,
or everywhere."""

CityCode = Annotated[str, Field(pattern=r"^[0-9]{4}00$", examples=["410300"])]
Tier = Annotated[int, Field(ge=1, le=9)]
Currency = Literal["CNY", "HKD", "USD", "EUR", "JPY"]
ClockTime = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$", examples=["17:00"])]
Weekday = Annotated[int, Field(ge=1, le=7, description="1 is Monday")]
SheetId = Annotated[str, Field(pattern=r"^sht_[0-9A-HJKMNP-TV-Z]{26}$")]
AnySheet = Annotated[str, Field(pattern=r"^(sht_[0-9A-HJKMNP-TV-Z]{26})?$")]
Rate = Annotated[str, Field(pattern=r"^[0-9]{1,4}(\.[0-9]{1,6})?$", examples=["1.15"])]
Signed = Annotated[str, Field(pattern=r"^-?[0-9]{1,10}(\.[0-9]{1,2})?$", examples=["-2.00"])]
ROWS_LIMIT = 2000
SERVICES_LIMIT = 200


class Hours(Contract):
    """Every day from `begins` (included) to `ends` (excluded), in the tenant's zone; 22:00 to 06:00 runs over
    midnight."""

    begins: ClockTime
    ends: ClockTime

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if self.begins == self.ends or self.begins == "24:00":
            raise ValueError("begins must be another minute than ends, before 24:00")
        return self


class PriceRow(Contract):
    """A price with conditions; what it doesn't say holds for all. Of the rows of the nearest place that fit, the one
    that says most counts: customer level, then channel, hours, weekdays, then the largest quantity."""

    place: PricePlace
    price: Price
    channel: AnySlug = ""
    level: AnySlug = ""
    min_quantity: int = Field(default=1, ge=1, le=10_000)
    weekdays: tuple[Weekday, ...] = Field(default=(), max_length=7)
    hours: Hours | None = None


class PriceSheet(Contract):
    """The prices of one service in every place. floors: below which nothing sells there (底价)."""

    prices: dict[PricePlace, Price] = Field(default_factory=dict, max_length=ROWS_LIMIT)
    rows: tuple[PriceRow, ...] = Field(default=(), max_length=ROWS_LIMIT)
    floors: dict[PricePlace, Price] = Field(default_factory=dict, max_length=ROWS_LIMIT)


class ServicePrices(PriceSheet):
    """A service and its price in each place; the nearest place to the customer wins. sheet: its prices lie in a sheet
    of their own. guide: what marketplaces show, whatever else holds (指导价). falling: larger quantities never cost
    more apiece."""

    name: Label
    sheet: AnySheet = ""
    guide: Price | None = None
    falling: bool = False

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        here = bool(self.prices or self.rows)
        if here == bool(self.sheet):
            raise ValueError("must have prices or rows of its own, or a sheet")
        return self


class PriceFactor(Contract):
    """What a price is multiplied by (`times`), what is added (`plus`), or what it is instead (`set`), by the nearest
    place that has a value. In the order of the book; the result is rounded once, to the smallest unit, half up."""

    id: Slug
    input: Literal["city_level", "competitor_density", "logistics_cost", "adjustment"]
    name: Label
    mode: Literal["times", "plus", "set"] = "times"
    values: dict[PricePlace, Signed] = Field(min_length=1, max_length=ROWS_LIMIT)
    services: tuple[Slug, ...] = Field(default=(), max_length=SERVICES_LIMIT)


class BookDocument(Contract):
    """A version of a price book (价目表). guide_channels: where the guide price holds (marketplaces)."""

    currency: Currency = "CNY"
    services: dict[Slug, ServicePrices] = Field(min_length=1, max_length=SERVICES_LIMIT)
    tiers: dict[CityCode, Tier] = Field(default_factory=dict, max_length=400)
    factors: tuple[PriceFactor, ...] = Field(default=(), max_length=100)
    guide_channels: tuple[Slug, ...] = Field(default=(), max_length=50)


class NewSheet(PriceSheet):
    """A sheet to be kept: the same again is the same sheet."""

    currency: Currency = "CNY"


class SheetView(Contract):
    """A sheet that is kept, to be named in a book."""

    id: SheetId
    rows: int


class BulkChange(AreaShape):
    """Every price in the selected stores, changed at once. services: none means all of the book. change: `percent`
    (-5: five less of a hundred), `plus`, or `set`."""

    id: Slug
    name: Label
    services: tuple[Slug, ...] = Field(default=(), max_length=SERVICES_LIMIT)
    mode: Literal["percent", "plus", "set"] = "percent"
    value: Signed
    valid_from: Moment | None = None
    valid_to: Moment | None = None
    seen_version: int | None = None


class PriceChange(Contract):
    """One price in one store, before and after."""

    store: str
    service: str
    was: Price
    now: Price
    margin_percent: Annotated[str | None, Classified("cost")] = None


class PriceConflict(Contract):
    """What speaks against a change in a store."""

    store: str
    service: str
    rule: Literal["below_floor", "below_margin", "no_price", "too_much"]
    limit: str
    now: str


class BulkView(Contract):
    """What a bulk change does, or with `dry_run` would. version: of the book, None where nothing was published.
    changes: the first of them; conflicts: the first, too. needs_approval: an administrator has to."""

    count: int
    stores: tuple[str, ...]
    changed_prices: int
    min_margin_percent: Annotated[str | None, Classified("cost")]
    largest_change_percent: str
    changes: tuple[PriceChange, ...]
    conflicts: tuple[PriceConflict, ...]
    version: int | None = None
    needs_approval: bool = False


class GuardDocument(Contract):
    """Guard rails (护栏). costs: by service and place. min_margin_percent: of the price. max_change_percent: more is
    refused in one step; approval_percent: more needs a second person."""

    costs: dict[Slug, dict[PricePlace, Price]] = Field(default_factory=dict, max_length=SERVICES_LIMIT)
    min_margin_percent: Rate = "0"
    max_change_percent: Rate = "50"
    approval_percent: Rate = "20"


class TableQuery(Contract):
    """As which kind of file."""

    format: Literal["csv", "xlsx"] = "csv"


class TableFile(Contract):
    """A book's prices as a table, a row each: service, place, price, channel, level, min_quantity, weekdays, begins,
    ends. The file is Base64."""

    format: Literal["csv", "xlsx"]
    file_name: str
    rows: int
    content_base64: str


class TableUpload(Contract):
    """A table of prices: each service that it names gets exactly these, the others stay as they are."""

    format: Literal["csv", "xlsx"] = "csv"
    content_base64: Annotated[str, Field(max_length=4_000_000)]
    valid_from: Moment | None = None
    valid_to: Moment | None = None
    seen_version: int | None = None


class TableView(Contract):
    """What came of a table. version: of the book, None for a rehearsal."""

    rows: int
    services: tuple[str, ...]
    version: int | None = None
