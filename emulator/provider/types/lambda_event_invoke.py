"""Lambda: the retries and destinations of asynchronous invocations."""

# ruff: noqa: D102, S105 - ResourceType documents the methods; a token names a type, it is not a secret

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from emulator.provider.core.resource import ResourceType
from emulator.provider.core.spelling import camel, pascal, present

if TYPE_CHECKING:
    from emulator.provider.core.clients import Aws
    from emulator.provider.core.properties import Json, Properties


class FunctionEventInvokeConfig(ResourceType):
    """Retries, age and destinations of a function's events; its id is the function name that the program sets."""

    token = "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig"
    label = "Lambda Function Event Invoke Config"
    inputs = frozenset({"destinationConfig", "functionName", "maximumEventAgeInSeconds", "maximumRetryAttempts"})
    outputs = frozenset()
    required = frozenset({"functionName"})
    replace_on = frozenset({"functionName"})
    defaults: ClassVar = {"maximumRetryAttempts": 2}

    def create(self, aws: Aws, inputs: Properties) -> str:
        aws.client("lambda").put_function_event_invoke_config(**_request(inputs))
        return str(inputs["functionName"])

    def read(self, aws: Aws, resource_id: str, known: Properties) -> Properties | None:
        del known
        found = aws.client("lambda").get_function_event_invoke_config(FunctionName=resource_id)
        return {
            "destinationConfig": present(**camel(found.get("DestinationConfig", {}))),
            "functionName": resource_id,
            "maximumEventAgeInSeconds": found.get("MaximumEventAgeInSeconds"),
            "maximumRetryAttempts": found["MaximumRetryAttempts"],
        }

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        del old
        client = aws.client("lambda")
        client.delete_function_event_invoke_config(FunctionName=resource_id)  # moto keeps the first config
        client.put_function_event_invoke_config(**_request(new))

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        del state
        aws.client("lambda").delete_function_event_invoke_config(FunctionName=resource_id)

    def name_of(self, inputs: Properties) -> str:
        return str(inputs.get("functionName", "new"))


def _request(inputs: Properties) -> dict[str, Json]:
    return present(**pascal({key: value for key, value in inputs.items() if key != "region"}))
