"""The functions of moto, found by what a call or an ARN names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto.awslambda.models import lambda_backends

from aws_facts.arn import Arn
from aws_facts.function_name import FunctionName
from emulator.gateway.gateway import AwsError

if TYPE_CHECKING:
    from moto.awslambda.models import LambdaFunction

    from emulator.gateway.gateway import Call


def named(call: Call) -> FunctionName:
    """Return the function that a call names, with the version or the alias that it names in either of two places."""
    place = Arn(call.partition, "lambda", call.region, call.account, "")
    given: str | None = call.params.get("Qualifier")
    found = FunctionName.parse(call.params["FunctionName"], place)
    if given is None or found.qualifier == given:
        return found
    if found.qualifier is not None:
        raise AwsError(
            "InvalidParameterValueException",
            "The derived qualifier from the function name does not match the specified qualifier.",
            Type="User",
        )
    return FunctionName(found.function, given)


def find(arn: str) -> LambdaFunction:
    """Return the function, or the version of it, with an ARN that may have a qualifier; AwsError when there is none."""
    function = Arn.parse(arn)
    try:
        return lambda_backends[function.account][function.region].get_function(
            function.resource.removeprefix("function:")
        )
    except Exception as error:  # moto raises one of several kinds
        raise AwsError("ResourceNotFoundException", f"Function not found: {arn}", Type="User") from error
