"""Lambda: URLs of functions and of their aliases."""

# ruff: noqa: D102, S105 - ResourceType documents the methods; a token names a type, it is not a secret

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from emulator.provider.core.errors import error_code
from emulator.provider.core.resource import ResourceType
from emulator.provider.core.spelling import present
from emulator.provider.types.lambda_permission import function_name

if TYPE_CHECKING:
    from emulator.provider.core.clients import Aws, Client
    from emulator.provider.core.properties import Json, Properties

_PUBLIC = "NONE"
_PERMISSIONS: tuple[dict[str, Json], ...] = (
    {
        "StatementId": "FunctionURLAllowPublicAccess",
        "Action": "lambda:InvokeFunctionUrl",
        "FunctionUrlAuthType": _PUBLIC,
    },
    {
        "StatementId": "FunctionURLAllowInvokeAction",
        "Action": "lambda:InvokeFunction",
        "InvokedViaFunctionUrl": True,
    },
)
"""The statements that the real provider adds for a public URL, and that stay when the URL is deleted
(terraform-provider-aws, pull request 44858)."""


class FunctionUrl(ResourceType):
    """A URL; its id is the function name that the program sets, with `/` and the qualifier if there is one."""

    token = "aws:lambda/functionUrl:FunctionUrl"
    label = "Lambda Function URL"
    inputs = frozenset({"authorizationType", "functionName", "invokeMode", "qualifier"})
    outputs = frozenset({"functionArn", "functionUrl", "urlId"})
    required = frozenset({"authorizationType", "functionName"})
    replace_on = frozenset({"functionName", "qualifier"})
    defaults: ClassVar = {"invokeMode": "BUFFERED"}
    canonical: ClassVar = {"functionName": function_name}

    def create(self, aws: Aws, inputs: Properties) -> str:
        aws.client("lambda").create_function_url_config(**_place(_id(inputs)), **_settings(inputs))
        return _id(inputs)

    def finish(self, aws: Aws, resource_id: str, inputs: Properties) -> None:
        if inputs["authorizationType"] == _PUBLIC:
            for permission in _PERMISSIONS:
                _allow(aws.client("lambda"), {**_place(resource_id), **permission})

    def read(self, aws: Aws, resource_id: str, known: Properties) -> Properties | None:
        del known
        place = _place(resource_id)
        found = aws.client("lambda").get_function_url_config(**place)
        url = str(found["FunctionUrl"])
        return {
            "authorizationType": found["AuthType"],
            "functionArn": found["FunctionArn"],
            "functionName": place["FunctionName"],
            "functionUrl": url,
            "invokeMode": found["InvokeMode"],
            "qualifier": place.get("Qualifier"),
            "urlId": _url_id(url),
        }

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        del old
        aws.client("lambda").update_function_url_config(**_place(resource_id), **_settings(new))

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        del state
        aws.client("lambda").delete_function_url_config(**_place(resource_id))

    def name_of(self, inputs: Properties) -> str:
        return _id(inputs)


def _allow(client: Client, permission: dict[str, Json]) -> None:
    """Add a statement for everybody; one that is there already stays."""
    try:
        client.add_permission(**permission, Principal="*")
    except ClientError as error:
        if error_code(error) != "ResourceConflictException":
            raise


def _settings(inputs: Properties) -> dict[str, Json]:
    return present(AuthType=inputs["authorizationType"], InvokeMode=inputs.get("invokeMode"))


def _id(inputs: Properties) -> str:
    return "/".join(filter(None, [inputs.get("functionName", "new"), inputs.get("qualifier")]))


def _place(resource_id: str) -> dict[str, Json]:
    function, _, qualifier = resource_id.partition("/")
    return present(FunctionName=function, Qualifier=qualifier)


def _url_id(url: str) -> str:
    """Return the id in a URL: the first label of AWS's host, or the last part of the sandbox's path."""
    parts = urlsplit(url)
    return parts.path.strip("/").rpartition("/")[2] or parts.netloc.partition(".")[0]
