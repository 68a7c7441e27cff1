"""The function that reads one item of a table."""

# ruff: noqa: D102, S105 - Function documents the methods; a token names a type, it is not a secret

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.provider.core.errors import ProviderError
from emulator.provider.core.invoke import Function
from emulator.provider.core.spelling import present
from emulator.provider.types.dynamodb_item import attributes_of, text_of

if TYPE_CHECKING:
    from emulator.provider.core.clients import Aws
    from emulator.provider.core.properties import Properties


class GetTableItem(Function):
    """aws.dynamodb.get_table_item, by table and key. The key is JSON, as DynamoDB writes attributes."""

    token = "aws:dynamodb/getTableItem:getTableItem"
    label = "DynamoDB Table Item"
    named_by = "tableName"

    def run(self, aws: Aws, args: Properties) -> Properties:
        key = attributes_of(args["key"])
        found = (
            aws.client("dynamodb")
            .get_item(
                **present(
                    TableName=args["tableName"],
                    Key=key,
                    ConsistentRead=True,
                    ExpressionAttributeNames=args.get("expressionAttributeNames"),
                    ProjectionExpression=args.get("projectionExpression"),
                )
            )
            .get("Item")
        )
        name = "|".join([args["tableName"], *(str(value) for part in key.values() for value in part.values())])
        if found is None:
            raise ProviderError(f"reading {self.label} ({name}): couldn't find resource")
        return {
            "expressionAttributeNames": args.get("expressionAttributeNames", {}),
            "id": name,
            "item": text_of(found),
            "key": args["key"],
            "projectionExpression": args.get("projectionExpression", ""),
            "region": aws.region,
            "tableName": args["tableName"],
        }
