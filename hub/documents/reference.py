"""The bodies of documents as the reference shows them: `document` by the kind's own schema. Pure."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, GetCoreSchemaHandler, create_model
from pydantic_core import core_schema

from hub.documents.kinds import Kind
from hub.kernel.dataclass import dataclass

Body = TypeVar("Body", bound=BaseModel)


@dataclass(frozen=True)
class _Shown:
    """A field of any JSON that is shown by a schema. It is not validated by it: an overlay has only parts, and what is
    wrong with a document, lint says."""

    schema: type[BaseModel]

    def __get_pydantic_core_schema__(self, _source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_wrap_validator_function(
            lambda value, _validate: value,
            handler.generate_schema(self.schema),
            serialization=core_schema.plain_serializer_function_ser_schema(lambda value: value),
        )


def typed(body: type[Body], kind: Kind[Any]) -> type[Body]:
    """A body whose `document` is shown by the kind's schema, under a name of its own: `LadderDocumentView`."""
    name = "".join(word.capitalize() for word in kind.name.split("_")) + body.__name__
    field = body.model_fields["document"]
    shown = Annotated[dict[str, Any], _Shown(kind.schema)]
    annotation: Any = shown if field.is_required() else shown | None
    default: Any = ... if field.is_required() else field.default
    made: type[Body] = create_model(name, __base__=body, __module__=body.__module__, document=(annotation, default))
    made.__doc__ = body.__doc__
    return made
