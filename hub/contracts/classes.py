"""Which fields of the contracts are not plain, and what kind of thing stands in them (字段分级).

A class is put on a field where the field is declared: `phone: Annotated[str, Classified("contact")]`. Who sees, masks
or writes a class is the tenant's field policy (hub.edge.access); here stands only what a field is.

    contact   how somebody is reached: phone, address, e-mail, a chat account
    identity  who somebody is: name, number of an ID or bank card, birthday, a platform's id for them
    words     what somebody wrote or said
    cost      what something costs us
    earning   what somebody gets for it
    contract  terms agreed with a customer, dealer or supplier
    technical how a thing is made or set (参数): parameters, versions, readings
    secret    what opens doors: keys, tokens
"""

from collections.abc import Mapping
from dataclasses import field
from typing import Annotated, Any, Literal, get_args

from pydantic import GetJsonSchemaHandler
from pydantic_core import CoreSchema

from hub.kernel.dataclass import dataclass

FieldClass = Literal["contact", "identity", "words", "cost", "earning", "contract", "technical", "secret"]
CLASSES: tuple[FieldClass, ...] = get_args(FieldClass)
UNKNOWN: FieldClass = "identity"
"""What a personal fact is that nobody declared: who writes `id_card` or `mobile` need not tell us first."""

PERSONAL_FACTS: Mapping[str, FieldClass] = {
    "address": "contact",
    "email": "contact",
    "mobile": "contact",
    "phone": "contact",
    "wechat_id": "contact",
    "note": "words",
    "remark": "words",
}
"""Well-known facts about people that are not just `identity`."""

Part = Literal["region", "store", "people", "teams", "node", "thing"]


class _Marked:
    """Metadata of a field that the OpenAPI document shows as `x-class`."""

    @property
    def label(self) -> str:
        raise NotImplementedError

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), "x-class": self.label}


@dataclass(frozen=True)
class Classified(_Marked):
    """The whole field is of this class, with everything in it."""

    name: FieldClass

    @property
    def label(self) -> str:
        return self.name


@dataclass(frozen=True)
class Keyed(_Marked):
    """An allowlist: a key says what its value is. Keys in `plain` are plain, those in `classes` have a class, any other
    is `UNKNOWN`. The field is a dict, or with `by` a single value whose key stands in the field `by` beside it.

    inner: keys under which lie objects, or lists of them, with an allowlist of their own.
    tenant: the tenant's field policy may declare more keys plain (`plain_facts`).
    stated: the field beside it that says, in the answer itself, which class each key is of, "" for plain: a form's
    answers are of the classes that the form gives them.
    """

    plain: frozenset[str] = frozenset()
    classes: Mapping[str, FieldClass] = field(default_factory=dict, hash=False)
    inner: Mapping[str, "Keyed"] = field(default_factory=dict, hash=False)
    by: str = ""
    tenant: bool = False
    stated: str = ""

    @property
    def label(self) -> str:
        return "by-key"

    def class_of(self, key: str, more_plain: frozenset[str] = frozenset()) -> FieldClass | None:
        """The class of what stands under `key`; None for what is plain."""
        if key in self.classes:
            return self.classes[key]
        return None if key in self.plain or (self.tenant and key in more_plain) else UNKNOWN

    def as_stated(self, classes: Mapping[str, str]) -> "Keyed":
        """The allowlist that an answer states; what it names no class of, or one that there is not, is not plain."""
        known = {key: stated for key, stated in classes.items() if stated in CLASSES}
        plain = frozenset(key for key, field_class in classes.items() if not field_class)
        return Keyed(plain=plain, classes=known)


@dataclass(frozen=True)
class Located:
    """The field says where the thing around it belongs: its region, store, people …"""

    part: Part


Contact = Annotated[str, Classified("contact")]
Identity = Annotated[str, Classified("identity")]
"""A person outside, as a platform names them, or by name."""
Said = Annotated[str, Classified("words")]
"""What somebody wrote."""
CostMinor = Annotated[int, Classified("cost")]
"""What work cost the house."""
