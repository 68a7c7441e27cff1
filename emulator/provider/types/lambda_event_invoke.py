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
    """Retries, age and destinations of the events of a function, or of a version or an alias of it.

    Its id is the function name that the program sets, with the qualifier if there is one.
    """

    token = "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig"
    label = "Lambda Function Event Invoke Config"
    inputs = frozenset(
        {"destinationConfig", "functionName", "maximumEventAgeInSeconds", "maximumRetryAttempts", "qualifier"}
    )
    outputs = frozenset()
    required = frozenset({"functionName"})
    replace_on = frozenset({"functionName", "qualifier"})
    defaults: ClassVar = {"maximumRetryAttempts": 2}

    def create(self, aws: Aws, inputs: Properties) -> str:
        aws.client("lambda").put_function_event_invoke_config(**_request(inputs))
        return _id(inputs)

    def read(self, aws: Aws, resource_id: str, known: Properties) -> Properties | None:
        del known
        function, qualifier = _place(resource_id)
        place = present(FunctionName=function, Qualifier=qualifier)
        found = aws.client("lambda").get_function_event_invoke_config(**place)
        return {
            "destinationConfig": present(**camel(found.get("DestinationConfig", {}))),
            "functionName": function,
            "maximumEventAgeInSeconds": found.get("MaximumEventAgeInSeconds"),
            "maximumRetryAttempts": found.get("MaximumRetryAttempts"),
            "qualifier": qualifier or None,
        }

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        del resource_id, old
        aws.client("lambda").put_function_event_invoke_config(**_request(new))

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        del state
        function, qualifier = _place(resource_id)
        place = present(FunctionName=function, Qualifier=qualifier)
        aws.client("lambda").delete_function_event_invoke_config(**place)

    def name_of(self, inputs: Properties) -> str:
        return _id(inputs)


def _request(inputs: Properties) -> dict[str, Json]:
    return present(**pascal({key: value for key, value in inputs.items() if key != "region"}))


def _id(inputs: Properties) -> str:
    return ":".join(filter(None, [inputs.get("functionName", "new"), inputs.get("qualifier")]))


def _place(resource_id: str) -> tuple[str, str]:
    """Return the function and the qualifier of an id; the qualifier is empty for the function itself."""
    arn, between, rest = resource_id.rpartition(":function:")
    name, _, qualifier = rest.partition(":")
    return arn + between + name, qualifier
