"""From a published draft to a version of a book and back: wire and store forms of `books.py`. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from functions.pricing.books import Service, Version, latest_number, level_of, withdrawals
from hub.contracts.base import Label
from hub.contracts.pricing import BookDraft, BookView, ServicePrices, VersionHead
from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.errors import Invalid, Problem
from hub.kernel.money import Money

PRESETS = Path(__file__).parent / "presets"
SCHEMA = 1


def version_from_draft(draft: BookDraft, number: int, now: datetime | None = None, by: str = "") -> Version:
    """The version that a draft becomes. Raises Invalid naming each price that its currency cannot express,
    and each tier of what is no city."""
    problems: list[Problem] = []
    services = {key: _service(key, prices, draft.currency, problems) for key, prices in draft.services.items()}
    tiers = dict(draft.tiers)
    provinces = (code for code in tiers if level_of(code) != "city")
    problems += [Problem(f"/tiers/{code}", "must be a city's code, e.g. 310100 for 上海") for code in provinces]
    if problems:
        raise Invalid("price book", problems=problems)
    return Version(number, draft.valid_from, draft.currency, services, tiers, None, now, by)


def preset_versions(key: str) -> tuple[Version, ...]:
    """Version 1 of a book that ships with the hub; nothing for any other key."""
    file = {preset.stem: preset for preset in PRESETS.glob("*.json")}.get(key)
    if file is None:
        return ()
    raw = json.loads(file.read_text(encoding="utf-8"))
    number = raw.pop("version")
    raw.pop("schema")
    return (version_from_draft(BookDraft.model_validate(raw), number),)


def book_view(key: str, versions: tuple[Version, ...], shown: Version) -> BookView:
    """A book's history, newest first, and the prices of one of its versions."""
    withdrawn = withdrawals(versions)
    heads = sorted(versions, key=lambda version: -version.number)
    return BookView(
        key=key,
        version=shown.number,
        latest_version=latest_number(versions),
        valid_from=shown.valid_from,
        currency=shown.currency,
        services=_services_view(shown),
        tiers=dict(shown.tiers),
        history=tuple(_head(version, withdrawn) for version in heads),
    )


def version_document(version: Version) -> str:
    """A version as canonical JSON, for the store."""
    document = {
        "schema": SCHEMA,
        "number": version.number,
        "valid_from": rfc3339(version.valid_from),
        "currency": version.currency,
        "services": {
            key: {"zh": service.name_zh, "en": service.name_en, "prices_minor": dict(service.prices_minor)}
            for key, service in version.services.items()
        },
        "tiers": dict(version.tiers),
        "withdraws": version.withdraws,
        "published_at": rfc3339(version.published_at) if version.published_at else "",
        "published_by": version.published_by,
    }
    return json.dumps(document, ensure_ascii=False, sort_keys=True)


def version_from_document(document: str) -> Version:
    """What `version_document` wrote."""
    raw: Mapping[str, Any] = json.loads(document)
    services = {
        key: Service(key, service["zh"], service["en"], service["prices_minor"])
        for key, service in raw["services"].items()
    }
    return Version(
        number=raw["number"],
        valid_from=parse_rfc3339(raw["valid_from"]),
        currency=raw["currency"],
        services=services,
        tiers=raw["tiers"],
        withdraws=raw["withdraws"],
        published_at=parse_rfc3339(raw["published_at"]) if raw["published_at"] else None,
        published_by=raw["published_by"],
    )


def _service(key: str, draft: ServicePrices, currency: str, problems: list[Problem]) -> Service:
    prices: dict[str, int] = {}
    for place, price in draft.prices.items():
        try:
            prices[place] = Money.parse(price, currency).amount_minor
        except Invalid as error:
            pointer = f"/services/{key}/prices/{place}"
            problems.extend(Problem(pointer, problem.rule) for problem in error.problems)
    return Service(key, draft.name.zh, draft.name.en, prices)


def _services_view(version: Version) -> dict[str, ServicePrices]:
    return {
        key: ServicePrices(
            name=Label(zh=service.name_zh, en=service.name_en),
            prices={place: str(Money(minor, version.currency)) for place, minor in service.prices_minor.items()},
        )
        for key, service in version.services.items()
    }


def _head(version: Version, withdrawn: Mapping[int, int]) -> VersionHead:
    return VersionHead(
        version=version.number,
        valid_from=None if version.withdraws is not None else version.valid_from,
        withdraws=version.withdraws,
        withdrawn_by=withdrawn.get(version.number),
        published_at=version.published_at,
        published_by=version.published_by,
    )
