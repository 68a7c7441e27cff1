"""Lambda: permissions, which are the statements of a function's own policy."""

# ruff: noqa: D102, S105 - ResourceType documents the methods; a token names a type, it is not a secret

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar

from emulator.provider.core.naming import AutoName
from emulator.provider.core.resource import ResourceType
from emulator.provider.core.spelling import present

if TYPE_CHECKING:
    from emulator.provider.core.clients import Aws
    from emulator.provider.core.properties import Json, Properties


def function_name(value: Json) -> Json:
    """Return the canonical form of a function's name or ARN, where AWS accepts both: the name."""
    return value.rpartition(":function:")[2] if isinstance(value, str) else value


class Permission(ResourceType):
    """A statement; its id is the statement id. It is imported as `<function>/<statement>`. Every change replaces it."""

    token = "aws:lambda/permission:Permission"
    label = "Lambda Permission"
    inputs = frozenset({"action", "function", "principal", "sourceAccount", "sourceArn", "statementId"})
    outputs = frozenset()
    required = frozenset({"action", "function", "principal"})
    replace_on = inputs
    auto_name = AutoName(100, "statementId")
    canonical: ClassVar = {"function": function_name}

    def create(self, aws: Aws, inputs: Properties) -> str:
        request = present(
            Action=inputs["action"],
            FunctionName=inputs["function"],
            Principal=inputs["principal"],
            SourceAccount=inputs.get("sourceAccount"),
            SourceArn=inputs.get("sourceArn"),
            StatementId=inputs["statementId"],
        )
        aws.client("lambda").add_permission(**request)
        return str(inputs["statementId"])

    def read(self, aws: Aws, resource_id: str, known: Properties) -> Properties | None:
        function, _, sid = resource_id.rpartition("/")
        policy = json.loads(aws.client("lambda").get_policy(FunctionName=function or known["function"])["Policy"])
        statement = next((each for each in policy["Statement"] if each["Sid"] == sid), None)
        if statement is None:
            return None
        principal, condition = statement["Principal"], statement.get("Condition", {})
        return {
            "action": statement["Action"],
            "function": function_name(statement["Resource"]),
            "id": sid,
            "principal": next(iter(principal.values())) if isinstance(principal, dict) else principal,
            "sourceAccount": condition.get("StringEquals", {}).get("AWS:SourceAccount"),
            "sourceArn": condition.get("ArnLike", {}).get("AWS:SourceArn"),
            "statementId": sid,
        }

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        """Do nothing, because every change replaces the statement."""

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        aws.client("lambda").remove_permission(FunctionName=state["function"], StatementId=resource_id)

    def name_of(self, inputs: Properties) -> str:
        return f"{inputs.get('function')}/{inputs.get('statementId')}"
