"""Lambda: aliases, which point to a version of a function."""

# ruff: noqa: D102, S105 - ResourceType documents the methods; a token names a type, it is not a secret

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from emulator.provider.core.naming import AutoName
from emulator.provider.core.resource import ResourceType
from emulator.provider.types.lambda_function import invoke_arn
from emulator.provider.types.lambda_permission import function_name

if TYPE_CHECKING:
    from emulator.provider.core.clients import Aws
    from emulator.provider.core.properties import Json, Properties


class Alias(ResourceType):
    """An alias; its id is its ARN. It is imported as `<function>/<alias>`."""

    token = "aws:lambda/alias:Alias"
    label = "Lambda Alias"
    inputs = frozenset({"description", "functionName", "functionVersion", "name"})
    outputs = frozenset({"arn", "invokeArn"})
    required = frozenset({"functionName", "functionVersion"})
    replace_on = frozenset({"functionName"})
    auto_name = AutoName(128)
    canonical: ClassVar = {"functionName": function_name}

    def create(self, aws: Aws, inputs: Properties) -> str:
        return str(aws.client("lambda").create_alias(**_request(inputs))["AliasArn"])

    def read(self, aws: Aws, resource_id: str, known: Properties) -> Properties | None:
        function, alias = _place(resource_id)
        found = aws.client("lambda").get_alias(FunctionName=known.get("functionName", function), Name=alias)
        return {
            "arn": found["AliasArn"],
            "description": found["Description"],
            "functionName": known.get("functionName", function),
            "functionVersion": found["FunctionVersion"],
            "id": found["AliasArn"],
            "invokeArn": invoke_arn(aws, found["AliasArn"]),
            "name": found["Name"],
        }

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        del resource_id, old
        aws.client("lambda").update_alias(**_request(new))

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        del resource_id
        aws.client("lambda").delete_alias(FunctionName=state["functionName"], Name=state["name"])

    def name_of(self, inputs: Properties) -> str:
        return f"{inputs.get('functionName')}/{inputs.get('name')}"


def _request(inputs: Properties) -> dict[str, Json]:
    return {
        "Description": inputs.get("description", ""),
        "FunctionName": inputs["functionName"],
        "FunctionVersion": inputs["functionVersion"],
        "Name": inputs["name"],
    }


def _place(resource_id: str) -> tuple[str, str]:
    """Return the function and the alias of an id, which is an ARN, or `<function>/<alias>` on import."""
    function, _, alias = resource_id.rpartition("/" if "/" in resource_id else ":")
    return function, alias
