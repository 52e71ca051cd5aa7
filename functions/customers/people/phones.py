"""Phone numbers (手机号) as people write them. Pure."""

from __future__ import annotations

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

HOME_REGION = "CN"
"""A number without a country code is one of here."""
_COMPANIES = frozenset(
    {PhoneNumberType.TOLL_FREE, PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST, PhoneNumberType.UAN}
)
"""Kinds of numbers (400, 800 …) that nobody has for themselves."""


def read_phone(text: str) -> str:
    """The number in E.164, e.g. +8613800138000; "" for what is no number, has an extension (a switchboard's, or a
    marketplace's number for many buyers), or is a company's service line."""
    try:
        number = phonenumbers.parse(text, HOME_REGION)
    except NumberParseException:
        return ""
    if number.extension or not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) in _COMPANIES:
        return ""
    return str(phonenumbers.format_number(number, PhoneNumberFormat.E164))
