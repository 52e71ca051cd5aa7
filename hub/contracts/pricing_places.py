"""Where prices hold, as bodies say it: points with their datum, business districts and store groups, selections."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from hub.contracts.base import Contract, Datum, Label, RegionCode, Slug, StoreId, Words

AnyRegion = Annotated[str, Field(pattern=r"^([0-9]{6}|base)?$")]
AnyStore = Annotated[str, Field(pattern=r"^([A-Za-z0-9][A-Za-z0-9_.-]{0,63})?$")]
AnySlug = Annotated[str, Field(pattern=r"^([a-z][a-z0-9_]{0,63})?$")]
"""A region, a store, a key; empty where nothing is said."""
AREAS_LIMIT = 500
PLACES_LIMIT = 2000
"""So many codes or stores one area names."""


class AreaShape(Contract):
    """What belongs to it: stores by name, what lies in regions by their codes, what lies in a polygon; a polygon says
    its datum."""

    stores: tuple[StoreId, ...] = Field(default=(), max_length=PLACES_LIMIT)
    regions: tuple[RegionCode, ...] = Field(default=(), max_length=PLACES_LIMIT)
    polygon: dict[str, Any] | None = Field(default=None, description="a GeoJSON Polygon or MultiPolygon")
    datum: Datum | None = None

    @model_validator(mode="after")
    def _says_where(self) -> Self:
        if (self.polygon is None) != (self.datum is None):
            raise ValueError("a polygon says its datum, wgs84 or gcj02, and nothing else has one")
        return self


class AreaDocument(AreaShape):
    """A business district (商圈) or a group of stores (门店组). Of several of one kind that hold a store the one of the
    highest rank counts, among equals the first by id."""

    id: Slug
    kind: Literal["district", "group"] = "district"
    name: Label
    rank: int = Field(default=0, ge=0, le=1000)


class PlacesDocument(Contract):
    """The tenant's own places (商圈与门店组)."""

    areas: tuple[AreaDocument, ...] = Field(default=(), max_length=AREAS_LIMIT)


class ChainStep(Contract):
    """One place of a chain: a store, a store group, a business district, a district, a city, a province, or base."""

    place: str
    level: str
    name: Words


class ResolveQuery(Contract):
    """A store; or a point with its datum, and the region that it lies in, where known."""

    store: AnyStore = ""
    region: AnyRegion = ""
    latitude: Annotated[float | None, Field(ge=-90, le=90)] = None
    longitude: Annotated[float | None, Field(ge=-180, le=180)] = None
    datum: Datum | None = None


class ChainView(Contract):
    """Where it lies, the most specific place first: the order in which prices are looked for."""

    store: str
    region: str
    chain: tuple[ChainStep, ...]


class SelectStores(AreaShape):
    """Which stores a selection on the map means; more than one way adds up."""


class SelectionView(Contract):
    """The stores, by id; `unplaced`: of those looked at, how many have no position, so no polygon finds them."""

    count: int
    stores: tuple[str, ...]
    unplaced: int
