"""The types of a form's fields (字段类型), as data: how an answer is folded, what it looks like then, what kind of
thing it is. The server and the page in the browser read the same rows. Pure.

fold: steps that make the same answer of the same thing however it was typed, in order: `nfkc` full-width to half-width
(Unicode NFKC), `blanks` no blanks at all, `trim` none at the ends, `dashes` no hyphens, dots or brackets, `cn_prefix`
no +86 in front, `grouping` no commas between thousands, `upper`, `lower`.
pattern: what the folded text is, in what Python, Rust and JavaScript all understand; "": nothing to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from hub.contracts.classes import FieldClass
from hub.kernel.dataclass import dataclass

FieldType = Literal[
    "text",
    "long_text",
    "integer",
    "money",
    "date",
    "boolean",
    "select",
    "multi_select",
    "region",
    "cn_mobile",
    "phone",
    "email",
    "cn_id_card",
    "cn_plate",
    "cn_credit_code",
    "waybill",
    "postcode",
    "files",
]
FIELD_TYPES: tuple[FieldType, ...] = get_args(FieldType)
RuleKind = Literal["text", "number", "boolean", "enum", "set", "region"]


@dataclass(frozen=True)
class TypeRow:
    """One type. rule_kind: as conditions read it (hub.rules). field_class: what it is to the field policy, None: plain.
    keywords: of JSON Schema that a field of it may add. zh, en: what an answer that does not fit must be."""

    rule_kind: RuleKind
    zh: str
    en: str
    field_class: FieldClass | None = None
    fold: tuple[str, ...] = ()
    pattern: str = ""
    keywords: tuple[str, ...] = ()
    most: int = 200


_LENGTHS = ("minLength", "maxLength", "pattern")
_RANGE = ("minimum", "maximum")
_ITEMS = ("minItems", "maxItems")
_CODE = ("nfkc", "blanks", "upper")

TYPES: Mapping[FieldType, TypeRow] = {
    "text": TypeRow("text", "一行文字", "a line of text", "words", ("trim",), keywords=_LENGTHS),
    "long_text": TypeRow("text", "文字", "text", "words", ("trim",), keywords=_LENGTHS, most=2000),
    "integer": TypeRow(
        "number", "整数", "a whole number", fold=("nfkc", "blanks", "grouping"), pattern=r"^-?[0-9]{1,15}$",
        keywords=(*_RANGE, "multipleOf"),
    ),
    "money": TypeRow(
        "number", "金额，例如 12.35", 'an amount, e.g. "12.35"', fold=("nfkc", "blanks", "grouping"),
        pattern=r"^-?[0-9]{1,13}(\.[0-9]{1,2})?$", keywords=_RANGE,
    ),
    "date": TypeRow("text", "日期，例如 2026-11-30", 'a date, e.g. "2026-11-30"', fold=("nfkc", "blanks"),
                    pattern=r"^[0-9]{4}[-/.年][0-9]{1,2}[-/.月][0-9]{1,2}日?$", keywords=_RANGE),
    "boolean": TypeRow("boolean", "是或否", "true or false"),
    "select": TypeRow("enum", "选项之一", "one of the options", fold=("trim",), most=100),
    "multi_select": TypeRow("set", "若干选项", "some of the options", keywords=_ITEMS, most=100),
    "region": TypeRow("region", "六位行政区划代码", "a six-digit region code (GB/T 2260)", fold=("nfkc", "blanks"),
                      pattern=r"^[1-8][0-9]{5}$"),
    "cn_mobile": TypeRow("text", "11 位手机号码", "a mobile number of 11 digits", "contact",
                         ("nfkc", "blanks", "dashes", "cn_prefix"), r"^1[3-9][0-9]{9}$"),
    "phone": TypeRow("text", "电话号码", "a phone number", "contact", ("nfkc", "blanks", "dashes"),
                     r"^\+?[0-9]{5,18}$"),
    "email": TypeRow("text", "电子邮箱", "an e-mail address", "contact", ("nfkc", "blanks"),
                     r"^[^@\s]{1,64}@[^@\s]+\.[^@\s.]{2,}$"),
    "cn_id_card": TypeRow("text", "18 位身份证号码", "an ID card number of 18 characters", "identity", _CODE,
                          r"^[1-9][0-9]{16}[0-9X]$"),
    "cn_plate": TypeRow("text", "车牌号码，例如 沪A12345", "a number plate, e.g. 沪A12345", "identity",
                        (*_CODE, "dashes"), r"^[一-龥][A-Z][A-HJ-NP-Z0-9]{4,5}[A-HJ-NP-Z0-9学警港澳挂使领]$"),
    "cn_credit_code": TypeRow("text", "18 位统一社会信用代码", "a unified social credit code of 18 characters", None,
                              _CODE, r"^[0-9A-HJ-NP-RTUW-Y]{18}$"),
    "waybill": TypeRow("text", "运单号", "a waybill number", None, (*_CODE, "dashes"), r"^[A-Z0-9]{8,32}$"),
    "postcode": TypeRow("text", "6 位邮政编码", "a postcode of 6 digits", None, ("nfkc", "blanks"), r"^[0-9]{6}$"),
    "files": TypeRow("set", "已上传的文件", "files that were uploaded", "words", keywords=_ITEMS, most=64),
}  # fmt: skip
