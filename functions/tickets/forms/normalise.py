"""An answer as it is stored (规范化): folded, then held against what it must be: a number that there may be, a date
that there is, a check digit that is right. Pure; libraries for numbers are imported by whoever meets such a field.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from functions.tickets.forms.document import FormField
from functions.tickets.forms.field_types import TYPES, FieldType
from functions.tickets.forms.folding import fold, is_blank
from hub.kernel.regions import is_region

EXACT = 2**53 - 1
"""JSON numbers beyond this are not the same everywhere."""
TEXT_LIMIT = 4000
"""A text longer than this is no answer to anything; folding is not begun."""
OLDEST_BIRTH = 1850
_DATE = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?", re.ASCII)
_WORDS = {"true": True, "false": False}
_PROVINCES = frozenset("京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使")


class WrongAnswerError(ValueError):
    """An answer that its field can't have; its text is the rule that it breaks."""


def read_answer(field: FormField, raw: Any, today: date) -> Any:
    """The answer as it is stored: text, a whole number, true or false, a list of texts; None where there is none.

    Amounts and dates are texts ("12.35", "2026-11-30"): they mean the same to everybody. Raises WrongAnswerError.
    """
    if is_blank(raw):
        return None
    match field.type:
        case "boolean":
            return _boolean(raw)
        case "integer":
            return _integer(raw)
        case "money":
            return _within(field, f"{Decimal(_number_text('money', raw)):.2f}", Decimal)
        case "multi_select" | "files":
            return _texts(field, raw)
    text = _folded(field, raw)
    if field.type == "date":
        return _within(field, _date(text), str)
    if field.type == "select" and text not in {option.id for option in field.options}:
        raise WrongAnswerError("must be one of: " + ", ".join(option.id for option in field.options[:20]))
    if field.type in _CHECKS and not _CHECKS[field.type](text, today):
        raise _wrong(field.type)
    return text


def _folded(field: FormField, raw: Any) -> str:
    if not isinstance(raw, str):
        raise WrongAnswerError("must be text: a number loses its leading zeros and its last digits")
    if len(raw) > TEXT_LIMIT:
        raise WrongAnswerError(f"must be at most {TEXT_LIMIT} characters")
    row = TYPES[field.type]
    text = fold(raw, row.fold)
    if row.pattern and not re.fullmatch(row.pattern, text, re.ASCII):
        raise _wrong(field.type)
    return text


def _wrong(type_: FieldType) -> WrongAnswerError:
    return WrongAnswerError(f"must be {TYPES[type_].en}")


def _boolean(raw: Any) -> bool:
    value = _WORDS.get(raw.strip().lower()) if isinstance(raw, str) else raw
    if type(value) is bool:
        return value
    raise _wrong("boolean")


def _integer(raw: Any) -> int:
    if type(raw) is int and abs(raw) <= EXACT:
        return raw
    return int(_number_text("integer", raw))


def _number_text(type_: FieldType, raw: Any) -> str:
    """A whole number, or text that is a number: a fraction as a JSON number is not what was written."""
    if type(raw) is int and abs(raw) <= EXACT:
        return str(raw)
    row = TYPES[type_]
    text = fold(raw, row.fold) if isinstance(raw, str) and len(raw) <= TEXT_LIMIT else ""
    if not re.fullmatch(row.pattern, text, re.ASCII):
        raise _wrong(type_)
    return text


def _texts(field: FormField, raw: Any) -> list[str]:
    if not isinstance(raw, list | tuple) or not all(isinstance(part, str) for part in raw):
        raise WrongAnswerError("must be a list of texts")
    chosen = list(dict.fromkeys(part.strip() for part in raw))
    known = {option.id for option in field.options}
    if field.type == "multi_select" and not known.issuperset(chosen):
        raise WrongAnswerError("must be some of: " + ", ".join(option.id for option in field.options[:20]))
    return chosen


def _date(text: str) -> str:
    match = _DATE.fullmatch(text)
    try:
        return date(*map(int, match.groups())).isoformat() if match else ""
    except ValueError:
        raise WrongAnswerError("must be a day that there is") from None


def _within(field: FormField, text: str, read: Callable[[str], Any]) -> str:
    """Amounts and dates lie between their field's bounds; JSON Schema compares no texts."""
    least, most = field.value.get("minimum"), field.value.get("maximum")
    if least is not None and read(text) < read(str(least)):
        raise WrongAnswerError(f"must be at least {least}")
    if most is not None and read(text) > read(str(most)):
        raise WrongAnswerError(f"must be at most {most}")
    return text


def _is_mobile(text: str, _today: date) -> bool:
    """A mobile number that there may be, by the numbering plan (libphonenumber)."""
    import phonenumbers

    number = phonenumbers.parse(text, "CN")
    mobile = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)
    return phonenumbers.is_valid_number(number) and phonenumbers.number_type(number) in mobile


def _is_phone(text: str, _today: date) -> bool:
    import phonenumbers

    try:
        return bool(phonenumbers.is_possible_number(phonenumbers.parse(text, "CN")))
    except phonenumbers.NumberParseException:
        return False


def _is_id_card(text: str, today: date) -> bool:
    """GB 11643: a province that there is, a day of birth in the past, the check character of ISO 7064 MOD 11-2.

    python-stdnum's own `is_valid` knows districts by a list that splits some in two (330113 is a KeyError) and takes a
    birth in 2099: its check digit is used, and nothing else of it."""
    from stdnum.cn import ric

    if not is_region(f"{text[:2]}0000"):
        return False
    try:
        born = date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return False
    return born.year >= OLDEST_BIRTH and born <= today and ric.calc_check_digit(text) == text[-1]


def _is_plate(text: str, _today: date) -> bool:
    return text[0] in _PROVINCES


def _is_credit_code(text: str, _today: date) -> bool:
    """GB 32100: the check character at the end."""
    from stdnum.cn import uscc

    return bool(uscc.is_valid(text))


def _is_place(text: str, _today: date) -> bool:
    return is_region(text)


_CHECKS: Mapping[str, Callable[[str, date], bool]] = {
    "cn_mobile": _is_mobile,
    "phone": _is_phone,
    "cn_id_card": _is_id_card,
    "cn_plate": _is_plate,
    "cn_credit_code": _is_credit_code,
    "region": _is_place,
}
