"""The retries, ages and destinations of a function's versions and aliases. Moto has only those of the function itself.

The messages are those of AWS, as LocalStack and Terraform's provider have them from it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aws_facts.arn import Arn
from aws_facts.function_name import LATEST, FunctionName
from emulator.gateway.gateway import AwsError
from emulator.iam import roles
from emulator.iam.policy_evaluation import Request
from emulator.lambda_.function_lookup import find, named

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

    from emulator.gateway.gateway import Call, Gateway

Config = dict[str, Any]

SENDING = {"lambda": "lambda:InvokeFunction", "sns": "sns:Publish", "sqs": "sqs:SendMessage"}
"""The permission that the function's role needs, by the service of the destination."""
_ENDS = ("OnSuccess", "OnFailure")
_SETTINGS = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig")
_CONFIGS = "event_invoke_configs"
"""The attribute that is added to moto's functions: the configurations, by the qualifiers."""


def install(gateway: Gateway) -> None:
    """Answer the operations on FunctionEventInvokeConfig."""
    gateway.answer("lambda", "PutFunctionEventInvokeConfig", _put)
    gateway.answer("lambda", "UpdateFunctionEventInvokeConfig", _update)
    gateway.answer("lambda", "GetFunctionEventInvokeConfig", _get)
    gateway.answer("lambda", "DeleteFunctionEventInvokeConfig", _delete)
    gateway.answer("lambda", "ListFunctionEventInvokeConfigs", _list)


def of(function: FunctionName) -> Config:
    """Return the configuration of a function, or of exactly the version or the alias; empty when it has none.

    Raises AwsError when there is no such function.
    """
    return _stored(function).get(function.qualifier or LATEST, {})


def destination(config: Mapping[str, Any], when: str) -> str | None:
    """Return the ARN of a destination, `OnSuccess` or `OnFailure`; None without one."""
    return config.get("DestinationConfig", {}).get(when, {}).get("Destination") or None


def _put(call: Call) -> Mapping[str, Any]:
    return _write(call, {})


def _update(call: Call) -> Mapping[str, Any]:
    return _write(call, _known(call))


def _get(call: Call) -> Mapping[str, Any]:
    return _known(call)


def _delete(call: Call) -> Mapping[str, Any]:
    _known(call)
    del _stored(named(call))[named(call).qualifier or LATEST]
    return {}


def _list(call: Call) -> Mapping[str, Any]:
    return {"FunctionEventInvokeConfigs": list(_stored(named(call)).values())}


def _write(call: Call, before: Config) -> Mapping[str, Any]:
    given = {name: call.params[name] for name in _SETTINGS if call.params.get(name) is not None}
    if not given:
        raise _invalid("You must specify at least one of error handling or destination setting.")
    function = named(call)
    try:
        role = find(str(function)).role
    except AwsError as missing:
        raise AwsError("ResourceNotFoundException", "The function doesn't exist.", Type="User") from missing
    ends = {when: (given.get("DestinationConfig") or {}).get(when) or {} for when in _ENDS}
    for when, end in ends.items():
        if end.get("Destination"):
            _check(function, role, when, end["Destination"])
    if "DestinationConfig" in given or "DestinationConfig" not in before:
        given["DestinationConfig"] = ends
    qualifier = function.qualifier or LATEST
    made = {
        **before,
        **given,
        "FunctionArn": f"{function.function}:{qualifier}",
        "LastModified": datetime.now(UTC).timestamp(),
    }
    _stored(function)[qualifier] = made
    return made


def _check(function: FunctionName, role: str, when: str, arn: str) -> None:
    """Raise AwsError for a destination that Lambda refuses.

    Nobody has recorded that it looks whether a queue or a topic exists; that the role may send there, it looks.
    """
    service = Arn.parse(arn).service
    if service not in SENDING:
        raise _invalid(f"the sandbox cannot send to the destination {arn} for {when}")
    if service == "lambda":
        _check_function(function, arn)
    try:
        roles.authorize(role, Request(SENDING[service], arn))
    except AwsError as refusal:
        action = SENDING[service].partition(":")[2]
        raise _invalid(
            f"The function's execution role does not have permissions to call {action} on {arn}: {refusal.message}"
        ) from refusal


def _check_function(function: FunctionName, arn: str) -> None:
    if FunctionName.of_arn(arn).function == function.function:
        raise _invalid("You can't specify the function as a destination for itself.")
    try:
        find(arn)
    except AwsError as missing:
        raise _invalid(f"The destination ARN {arn} is invalid.") from missing


def _known(call: Call) -> Config:
    """Return the configuration that a call names; raise AwsError when there is none."""
    function = named(call)
    qualified = FunctionName(function.function, function.qualifier or LATEST)
    missing = AwsError(
        "ResourceNotFoundException", f"The function {qualified} doesn't have an EventInvokeConfig", Type="User"
    )
    try:
        known = of(function)
    except AwsError as error:
        raise missing from error
    if not known:
        raise missing
    return known


def _stored(function: FunctionName) -> MutableMapping[str, Config]:
    configs: MutableMapping[str, Config] = vars(find(function.function)).setdefault(_CONFIGS, {})
    return configs


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterValueException", message, Type="User")
