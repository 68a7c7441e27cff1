"""Lambda: functions, deployed as zip files."""

# ruff: noqa: D102, S105 - ResourceType documents the methods; a token names a type, it is not a secret

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, ClassVar, Final

from emulator.provider.core import tags
from emulator.provider.core.assets import mistake, same_content, unreadable, zip_bytes
from emulator.provider.core.errors import ProviderError
from emulator.provider.core.naming import AutoName
from emulator.provider.core.resource import ResourceType
from emulator.provider.core.spelling import camel, pascal, present

if TYPE_CHECKING:
    from emulator.provider.core.clients import Aws, Client
    from emulator.provider.core.properties import Json, Properties

_UNRESERVED: Final = -1
_CONFIGURATION: Final = (
    "description",
    "environment",
    "handler",
    "loggingConfig",
    "memorySize",
    "role",
    "runtime",
    "timeout",
    "vpcConfig",
)
"""The inputs that UpdateFunctionConfiguration changes."""


class Function(ResourceType):
    """A function; its id is its name. AWS does not return its code, so an import shows the code as unknown."""

    token = "aws:lambda/function:Function"
    label = "Lambda Function"
    inputs = frozenset(_CONFIGURATION) | {
        "architectures",
        "code",
        "name",
        "publish",
        "reservedConcurrentExecutions",
        "tags",
    }
    outputs = frozenset(
        {
            "arn",
            "codeSha256",
            "invokeArn",
            "lastModified",
            "qualifiedArn",
            "qualifiedInvokeArn",
            "responseStreamingInvokeArn",
            "signingJobArn",
            "signingProfileVersionArn",
            "sourceCodeHash",
            "sourceCodeSize",
            "version",
        }
    )
    required = frozenset({"code", "handler", "role", "runtime"})
    auto_name = AutoName(64)
    defaults: ClassVar = {
        "memorySize": 128,
        "publish": False,
        "reservedConcurrentExecutions": _UNRESERVED,
        "timeout": 3,
        "vpcConfig.ipv6AllowedForDualStack": False,
    }
    computed = frozenset({"architectures", "loggingConfig", "loggingConfig.logGroup", "vpcConfig.vpcId"})
    write_only = frozenset({"publish"})
    canonical: ClassVar = {"code": same_content}

    def check(self, inputs: Properties) -> list[tuple[str, str]]:
        found = mistake(inputs["code"]) if "code" in inputs else None
        return [("code", found)] if found else []

    def create(self, aws: Aws, inputs: Properties) -> str:
        request = present(
            Architectures=inputs.get("architectures"),
            Code={"ZipFile": zip_bytes(inputs["code"])},
            FunctionName=inputs["name"],
            PackageType="Zip",
            Publish=inputs.get("publish"),
            Tags=inputs.get("tags"),
            **_spelled({key: inputs[key] for key in _CONFIGURATION if key in inputs}),
        )
        return str(aws.client("lambda").create_function(**request)["FunctionName"])

    def finish(self, aws: Aws, resource_id: str, inputs: Properties) -> None:
        _reserve(aws.client("lambda"), resource_id, {}, inputs)

    def read(self, aws: Aws, resource_id: str, known: Properties) -> Properties | None:
        client = aws.client("lambda")
        found = client.get_function(FunctionName=resource_id)
        function, latest = found["Configuration"], latest_version(client, resource_id)
        client.get_function_code_signing_config(FunctionName=resource_id)  # the real provider makes this call
        arn, sha = function["FunctionArn"], function["CodeSha256"]
        reserved = found.get("Concurrency", {}).get("ReservedConcurrentExecutions")
        return {
            "architectures": known.get("architectures") or function["Architectures"],  # moto keeps the first for ever
            "arn": arn,
            "code": _code(sha, known),
            "codeSha256": sha,
            "description": function.get("Description", ""),
            "environment": _environment_state(function.get("Environment")),
            "handler": function.get("Handler"),
            "invokeArn": invoke_arn(aws, arn),
            "lastModified": function["LastModified"],
            "loggingConfig": _logging(function, known),
            "memorySize": function["MemorySize"],
            "name": function["FunctionName"],
            "qualifiedArn": latest["FunctionArn"],
            "qualifiedInvokeArn": invoke_arn(aws, latest["FunctionArn"]),
            "reservedConcurrentExecutions": _reserved(reserved, known),
            "responseStreamingInvokeArn": invoke_arn(aws, arn, "2021-11-15", "response-streaming-invocations"),
            "role": function["Role"],
            "runtime": function.get("Runtime"),
            "signingJobArn": function.get("SigningJobArn", ""),
            "signingProfileVersionArn": function.get("SigningProfileVersionArn", ""),
            "sourceCodeHash": sha,
            "sourceCodeSize": function["CodeSize"],
            "tags": found.get("Tags", {}),
            "timeout": function["Timeout"],
            "version": latest["Version"],
            "vpcConfig": _network_state(function.get("VpcConfig")),
        }

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        client = aws.client("lambda")
        configured = _configure(client, resource_id, old, new)
        coded = _upload(client, resource_id, old, new)
        _reserve(client, resource_id, old, new)
        if new.get("publish") and (configured or coded or not old.get("publish")):
            client.publish_version(FunctionName=resource_id)
        added, removed = tags.difference(old, new)
        if removed:
            client.untag_resource(Resource=old["arn"], TagKeys=removed)
        if added:
            client.tag_resource(Resource=old["arn"], Tags=added)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        del state
        aws.client("lambda").delete_function(FunctionName=resource_id)


def _configure(client: Client, name: str, old: Properties, new: Properties) -> bool:
    # AWS leaves an absent member unchanged, so an input that the program drops is set to an empty value.
    changed = {key: new.get(key, "") for key in _CONFIGURATION if old.get(key) != new.get(key)}
    if changed:
        client.update_function_configuration(FunctionName=name, **_spelled(changed))
    return bool(changed)


def _spelled(settings: Properties) -> dict[str, Json]:
    # The names of environment variables are the program's own and are not converted.
    apart = {"environment", "vpcConfig"}
    plain: dict[str, Json] = pascal({key: value for key, value in settings.items() if key not in apart})
    if "environment" in settings:
        plain["Environment"] = {"Variables": (settings["environment"] or {}).get("variables", {})}
    if "vpcConfig" in settings:
        plain["VpcConfig"] = _network(settings["vpcConfig"] or {})
    return plain


def _network(config: Properties) -> dict[str, Json]:
    """Return AWS's form of a network. Empty lists take a function out of its network."""
    return {
        "SubnetIds": config.get("subnetIds", []),
        "SecurityGroupIds": config.get("securityGroupIds", []),
        **present(Ipv6AllowedForDualStack=config.get("ipv6AllowedForDualStack")),
    }


def _upload(client: Client, name: str, old: Properties, new: Properties) -> bool:
    moved = old.get("architectures") != new.get("architectures")
    changed = moved or same_content(old.get("code")) != same_content(new["code"])
    if changed:
        architectures = present(Architectures=new.get("architectures") if moved else None)
        client.update_function_code(FunctionName=name, ZipFile=zip_bytes(new["code"]), **architectures)
    return changed


def _reserve(client: Client, name: str, old: Properties, new: Properties) -> None:
    before, after = (side.get("reservedConcurrentExecutions", _UNRESERVED) for side in (old, new))
    if after == before:
        return
    if after == _UNRESERVED:
        client.delete_function_concurrency(FunctionName=name)
    else:
        client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=after)


def latest_version(client: Client, name: str) -> dict[str, Json]:
    """Return the newest published version of a function, or $LATEST."""
    pages = client.get_paginator("list_versions_by_function").paginate(FunctionName=name)
    *_, latest = (version for page in pages for version in page["Versions"])
    return dict(latest)


def _code(sha: str, known: Properties) -> Json:
    code = known.get("code")
    if code is not None and (known.get("codeSha256") == sha or _makes(code, sha)):
        return code
    return unreadable(f"code of unknown origin, CodeSha256 {sha}")


def _makes(code: Json, sha: str) -> bool:
    try:
        content = zip_bytes(code)
    except ProviderError:  # the files of a state may no longer exist
        return False
    return base64.b64encode(hashlib.sha256(content).digest()).decode() == sha


def _environment_state(environment: dict[str, Json] | None) -> Properties | None:
    variables = (environment or {}).get("Variables")
    return {"variables": variables} if variables else None


def _network_state(network: dict[str, Json] | None) -> Properties | None:
    if not network or not network.get("SubnetIds"):
        return None
    return {"ipv6AllowedForDualStack": False, **camel(network)}


def _logging(function: dict[str, Json], known: Properties) -> Properties:
    # moto does not report the logging config; it is assumed to be as it was set.
    unset: Properties = {"logFormat": "Text", "logGroup": f"/aws/lambda/{function['FunctionName']}"}
    return {**unset, **(camel(function.get("LoggingConfig")) or known.get("loggingConfig") or {})}


def _reserved(reported: int | None, known: Properties) -> int:
    if reported is None and known.get("reservedConcurrentExecutions") == 0:
        return 0  # moto does not report a reserved concurrency of 0
    return _UNRESERVED if reported is None else reported


def invoke_arn(aws: Aws, arn: str, version: str = "2015-03-31", ending: str = "invocations") -> str:
    """Return the ARN with which API Gateway invokes a function."""
    start = f"arn:{aws.partition}:apigateway:{aws.region}:lambda:path"
    return f"{start}/{version}/functions/{arn}/{ending}"
