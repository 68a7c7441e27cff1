"""Parameter Store's checks of a parameter's value that moto lacks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from emulator.gateway.gateway import AwsError

if TYPE_CHECKING:
    from emulator.gateway.gateway import Call, Gateway

_LONGEST = {"Standard": 4096, "Advanced": 8192}
"""Characters of a value, by tier (Systems Manager quotas, Parameter Store)."""
_REFERENCE = re.compile(r"\{\{.*\}\}", re.DOTALL)
"""A reference to another parameter, which no value may contain (SSM API reference, PutParameter, Value)."""


def install(gateway: Gateway) -> None:
    """Refuse the values that AWS refuses."""
    gateway.check("ssm", "PutParameter", _check)


def _check(call: Call) -> None:
    value, tier = call.params["Value"], call.params.get("Tier", "Standard")
    longest = _LONGEST.get(tier)
    if longest is not None and len(value) > longest:
        raise AwsError(
            "ValidationException", f"{tier} tier parameters support a maximum parameter value of {longest} characters."
        )
    if _REFERENCE.search(value):
        raise AwsError("ValidationException", "Parameter value can't nest another parameter: {{}} is not allowed.")
