"""Answers with items, written at once.

Moto copies all items of an answer twice, and asks for each value what its shape is, before it writes them. The items in
its tables are already what DynamoDB answers, except that a value is an object with its type.
"""

from __future__ import annotations

import base64
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from moto.core.responses import ActionResult
from moto.core.serialize import JSONSerializer
from moto.dynamodb import responses

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moto.core.model import StructureShape
    from moto.core.responses import ActionContext
    from moto.dynamodb.models.dynamo_type import DynamoType

_READS = frozenset({"BatchGetItem", "GetItem", "Query", "Scan"})
_JSON = "application/x-amz-json-1.0"
_MOTOS = responses.DynamoResult


@contextmanager
def written() -> Iterator[None]:
    """Write the answers of the operations that read items at once."""
    setattr(responses, _MOTOS.__name__, _Items)
    try:
        yield
    finally:
        setattr(responses, _MOTOS.__name__, _MOTOS)


class _Items(ActionResult):
    """A result that has moto's own values in it."""

    def execute_result(self, context: ActionContext) -> tuple[int, dict[str, Any], str | bytes]:
        """Return the status, the headers and the body of the answer."""
        operation, result = context.operation_model, self.result
        if operation.name not in _READS or context.serializer_class is not JSONSerializer:
            return _MOTOS(result).execute_result(context)
        known, found = cast("StructureShape", operation.output_shape).members, cast("dict[str, Any]", result)
        members = {name: value for name, value in found.items() if name in known and value is not None}
        return 200, {"Content-Type": _JSON}, json.dumps(members, default=_plain)


def _plain(value: DynamoType | bytes) -> dict[str, Any] | str:
    """Return a value as DynamoDB's JSON has it."""
    return base64.b64encode(value).decode() if isinstance(value, bytes) else {value.type: value.value}
