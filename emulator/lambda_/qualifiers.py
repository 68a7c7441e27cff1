"""Lambda's answers about aliases, and about the version or alias of a function, where those of moto differ.

Most messages are those that LocalStack's tests recorded from AWS (test_lambda_api.snapshot.json). Those about revision
ids and about two different qualifiers are not among them: nobody has recorded these.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from moto.awslambda.models import LambdaAlias, lambda_backends

from aws_facts.function_name import FunctionName
from emulator.gateway.gateway import AwsError
from emulator.lambda_.function_lookup import find, named

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.gateway.gateway import Call, Gateway


def install(gateway: Gateway) -> None:
    """Answer these operations instead of moto."""
    gateway.answer("lambda", "CreateAlias", _create)
    gateway.answer("lambda", "GetAlias", _get)
    gateway.answer("lambda", "UpdateAlias", _update)
    gateway.answer("lambda", "DeleteAlias", _delete)
    gateway.answer("lambda", "GetFunction", _describe)
    gateway.answer("lambda", "GetFunctionConfiguration", _configuration)
    gateway.check("lambda", "ListVersionsByFunction", _check_function)


def _check_function(call: Call) -> None:
    find(named(call).function)


def _create(call: Call) -> Mapping[str, Any]:
    aliases, arn = _aliases(call)
    _check_version(call)
    if arn.qualifier in aliases:
        raise AwsError("ResourceConflictException", f"Alias already exists: {arn}", Type="User")
    made = LambdaAlias(
        account_id=call.account,
        region=call.region,
        name=call.params["Name"],
        function_name=arn.name,
        function_version=call.params["FunctionVersion"],
        description=call.params.get("Description", ""),
        routing_config="",
    )
    aliases[made.name] = made
    return made.to_json()


def _get(call: Call) -> Mapping[str, Any]:
    aliases, arn = _aliases(call)
    if arn.qualifier not in aliases:
        raise AwsError("ResourceNotFoundException", f"Cannot find alias arn: {arn}", Type="User")
    return aliases[arn.qualifier].to_json()


def _update(call: Call) -> Mapping[str, Any]:
    aliases, arn = _aliases(call)
    known = aliases.get(arn.qualifier or "")
    if known is None:
        raise AwsError("ResourceNotFoundException", f"Alias not found: {arn}", Type="User")
    if call.params.get("RevisionId", known.revision_id) != known.revision_id:
        raise AwsError(
            "PreconditionFailedException",
            "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to "
            "retrieve the latest Revision Id",
            Type="User",
        )
    _check_version(call)
    known.update(call.params.get("Description"), call.params.get("FunctionVersion"), None)
    known.revision_id = str(uuid.uuid4())
    return known.to_json()


def _delete(call: Call) -> Mapping[str, Any]:
    """Delete an alias; one that does not exist is no error."""
    aliases, arn = _aliases(call)
    aliases.pop(arn.qualifier or "", None)
    return {}


def _describe(call: Call) -> Mapping[str, Any]:
    return {**find(str(named(call))).get_code(), "Configuration": _configuration(call)}


def _configuration(call: Call) -> Mapping[str, Any]:
    """Return the configuration of a version. Its ARN has the qualifier of the call."""
    asked = named(call)
    return {**find(str(asked)).get_configuration(), "FunctionArn": str(asked)}


def _aliases(call: Call) -> tuple[dict[str, LambdaAlias], FunctionName]:
    """Return the aliases of a call's function, and the ARN of the alias that the call names."""
    function = named(call).function
    find(function)
    known: dict[str, LambdaAlias] = lambda_backends[call.account][call.region]._lambdas._aliases[function]  # noqa: SLF001 - moto returns copies
    return known, FunctionName(function, call.params["Name"])


def _check_version(call: Call) -> None:
    """Raise AwsError for a version that does not exist, and for what the sandbox does not support."""
    if (call.params.get("RoutingConfig") or {}).get("AdditionalVersionWeights"):
        raise AwsError("InvalidParameterValueException", "the sandbox does not support RoutingConfig of an alias")
    if version := call.params.get("FunctionVersion"):
        find(str(FunctionName(named(call).function, version)))
