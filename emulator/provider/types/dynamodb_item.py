"""DynamoDB: single items of tables."""

# ruff: noqa: D102, S105 - ResourceType documents the methods; a token names a type, it is not a secret

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, ClassVar, Final

from botocore.exceptions import ClientError

from emulator.provider.core.compare import json_text
from emulator.provider.core.errors import ProviderError, error_code
from emulator.provider.core.properties import is_unknown
from emulator.provider.core.resource import ResourceType
from emulator.provider.core.spelling import present

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from emulator.provider.core.clients import Aws, Client
    from emulator.provider.core.properties import Json, Properties

Attributes = dict[str, "Json"]
"""Attribute values by name, such as `{"job": {"S": "report"}}`; binary values are bytes, as in boto3."""

_TABLE_IS_GONE: Final = "ResourceNotFoundException"
_SCALARS: Final = {"B": str, "BOOL": bool, "N": str, "NULL": bool, "S": str}
_SETS: Final = frozenset({"BS", "NS", "SS"})


class TableItem(ResourceType):
    """An item; its id is `<table>,<hash key's value>`, followed by `,<range key's value>` if the table has a range key.

    Only its creation is conditional: it fails when the table has an item with this key. An update sets the attributes
    of `item`, and removes those that only the state has. The state has the whole item, as it was last read. So what
    others add survives the next update, which reads it, and is removed by the one after that. A changed key does not
    replace the resource: the update writes the item under its new key, over one that is there already, and then deletes
    the item of the former key.
    """

    token = "aws:dynamodb/tableItem:TableItem"
    label = "DynamoDB Table Item"
    inputs = frozenset({"hashKey", "item", "rangeKey", "tableName"})
    outputs = frozenset({"hashKeyValue", "rangeKeyValue"})
    required = frozenset({"hashKey", "item", "tableName"})
    replace_on = frozenset({"hashKey", "rangeKey", "tableName"})
    shared = frozenset({"item"})
    canonical: ClassVar = {"item": json_text}
    gone = frozenset()
    """Without the table, the item is gone, but the real provider fails to delete it."""

    def check(self, inputs: Properties) -> list[tuple[str, str]]:
        item = inputs.get("item")
        if item is None or is_unknown(item):
            return []
        return [("item", f"Invalid format of 'item': {reason}") for reason in _mistakes(item)][:1]

    def create(self, aws: Aws, inputs: Properties) -> str:
        attributes = attributes_of(inputs["item"])
        aws.client("dynamodb").put_item(
            TableName=inputs["tableName"],
            Item=attributes,
            ConditionExpression="attribute_not_exists(#key)",
            ExpressionAttributeNames={"#key": inputs["hashKey"]},
        )
        return _resource_id(inputs, attributes)

    def read(self, aws: Aws, resource_id: str, known: Properties) -> Properties | None:
        client = aws.client("dynamodb")
        try:
            where = known if known.get("item") else _imported(client, resource_id)
            key = _key(where, attributes_of(where["item"]))
            found = client.get_item(TableName=where["tableName"], Key=key, ConsistentRead=True).get("Item")
        except ClientError as error:
            if error_code(error) != _TABLE_IS_GONE:
                raise
            return None
        if found is None:
            return None
        return {
            "hashKey": where["hashKey"],
            "hashKeyValue": _value(where["hashKey"], found),
            "id": _resource_id(where, found),
            "item": text_of(found),
            "rangeKey": where.get("rangeKey"),
            "rangeKeyValue": _value(where.get("rangeKey"), found),
            "tableName": where["tableName"],
        }

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        del resource_id
        client = aws.client("dynamodb")
        before, after = attributes_of(old["item"]), attributes_of(new["item"])
        key, former = _key(new, after), _key(new, before)
        client.update_item(TableName=new["tableName"], Key=key, **_changes(before, after, key))
        if former != key:
            client.delete_item(TableName=new["tableName"], Key=former)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        del resource_id
        key = _key(state, attributes_of(state["item"]))
        aws.client("dynamodb").delete_item(TableName=state["tableName"], Key=key)

    def name_of(self, inputs: Properties) -> str:
        return str(inputs["tableName"])


def _changes(before: Attributes, after: Attributes, key: Attributes) -> dict[str, Json]:
    """Return UpdateItem's arguments that set every attribute of `after`, and remove those that only `before` has.

    The real provider sends the legacy AttributeUpdates with the same effect, of which moto does not know every type.
    """
    values = [value for name, value in after.items() if name not in key]
    names = [name for name in after if name not in key]
    removed = [name for name in before if name not in after and name not in key]
    if not names and not removed:
        return {"AttributeUpdates": {}}  # moto cannot do without both
    sets = ", ".join(f"#s{number} = :s{number}" for number in range(len(names)))
    removes = ", ".join(f"#r{number}" for number in range(len(removed)))
    return present(
        UpdateExpression=" ".join([*([f"SET {sets}"] if sets else []), *([f"REMOVE {removes}"] if removes else [])]),
        ExpressionAttributeNames={
            **{f"#s{number}": name for number, name in enumerate(names)},
            **{f"#r{number}": name for number, name in enumerate(removed)},
        },
        ExpressionAttributeValues={f":s{number}": value for number, value in enumerate(values)},
    )


def _imported(client: Client, resource_id: str) -> Properties:
    """Return the properties that lead to an item, from its id and the table's keys."""
    name, *values = resource_id.split(",")
    if not name or not values or not values[0] or len(values) > 2:  # noqa: PLR2004 - a hash key and a range key
        raise ProviderError(
            f"importing DynamoDB Table Item ({resource_id}): the id should be of the form "
            "tableName,hashKeyValue[,rangeKeyValue]"
        )
    table = client.describe_table(TableName=name)["Table"]
    names = {key["KeyType"]: key["AttributeName"] for key in table["KeySchema"]}
    if len(values) != len(names):
        raise ProviderError(
            f"importing DynamoDB Table Item ({resource_id}): the id has {len(values)} key values, but the table {name} "
            f"has {len(names)} keys"
        )
    types = {each["AttributeName"]: each["AttributeType"] for each in table["AttributeDefinitions"]}
    keys = [names[kind] for kind in ("HASH", "RANGE") if kind in names]
    item = {key: {types[key]: value} for key, value in zip(keys, values, strict=True)}
    return present(tableName=name, hashKey=names["HASH"], rangeKey=names.get("RANGE"), item=json.dumps(item))


def _key(where: Properties, attributes: Attributes) -> Attributes:
    names = [where["hashKey"], *([where["rangeKey"]] if where.get("rangeKey") else [])]
    return {name: attributes[name] for name in names if name in attributes}


def _resource_id(where: Properties, attributes: Attributes) -> str:
    values = (_value(name, attributes) for name in (where["hashKey"], where.get("rangeKey")))
    return ",".join([where["tableName"], *filter(None, values)])


def _value(name: str | None, attributes: Attributes) -> str:
    """Return a key's value as text, base64 for binary ones; "" without such a key."""
    value = attributes.get(name or "", {"S": ""})
    return str(next(iter(_converted(value, _base64).values())))


def attributes_of(item: str) -> Attributes:
    """Return the attributes of an item in DynamoDB's JSON, as boto3 takes them."""
    return {name: _converted(value, base64.b64decode) for name, value in json.loads(item).items()}


def text_of(attributes: Attributes) -> str:
    """Return attributes in DynamoDB's JSON. Equal attributes give equal text."""
    plain = {name: _converted(value, _base64) for name, value in attributes.items()}
    return json.dumps(plain, sort_keys=True, separators=(",", ":"))


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _converted(value: Json, binary: Callable[[Json], Json]) -> Json:
    """Return an attribute value in which `binary` has converted the binary parts."""
    [(kind, content)] = value.items()
    if kind == "B":
        return {kind: binary(content)}
    if kind == "BS":
        return {kind: [binary(part) for part in content]}
    if kind == "L":
        return {kind: [_converted(part, binary) for part in content]}
    if kind == "M":
        return {kind: {name: _converted(part, binary) for name, part in content.items()}}
    return value


def _mistakes(item: str) -> Iterator[str]:
    """Yield why a text is not an item in DynamoDB's JSON; without its values, which may be secret."""
    try:
        attributes = json.loads(item)
    except ValueError as error:
        yield f"invalid JSON: {error}"
        return
    if not isinstance(attributes, dict):
        yield "must be a JSON object, whose members are attributes"
        return
    for name, value in attributes.items():
        yield from _mistakes_of_value(name, value)


def _mistakes_of_value(path: str, value: Json) -> Iterator[str]:
    kind, content = next(iter(value.items())) if isinstance(value, dict) and len(value) == 1 else ("", None)
    if kind == "M" and isinstance(content, dict):
        for name, part in content.items():
            yield from _mistakes_of_value(f"{path}.{name}", part)
    elif kind == "L" and isinstance(content, list):
        for number, part in enumerate(content):
            yield from _mistakes_of_value(f"{path}[{number}]", part)
    elif not _is_scalar(kind, content) and not _is_set(kind, content):
        yield f'{path} must be one attribute value, such as {{"S": "text"}}, {{"N": "1"}} or {{"BOOL": true}}'


def _is_scalar(kind: str, content: Json) -> bool:
    return kind in _SCALARS and isinstance(content, _SCALARS[kind])


def _is_set(kind: str, content: Json) -> bool:
    return kind in _SETS and isinstance(content, list) and all(isinstance(part, str) for part in content)
