"""The operations of AWS and their error codes, as botocore's models know them."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

import botocore.session

from sandbox.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from botocore.model import ServiceModel

_COMMON = ("AccessDenied", "AccessDeniedException", "InternalFailure", "ServiceUnavailable", "ThrottlingException")
"""Codes that every service may answer with, although few models have them (each API reference, common errors)."""


def check(operation: str, code: str) -> None:
    """Raise SandboxError unless the text names an operation, such as `ecs:DescribeTasks`, that can answer this code."""
    service, _, name = operation.partition(":")
    session = botocore.session.get_session()
    _check("service", service, session.get_available_services())
    model = session.get_service_model(service)
    _check(f"operation of {service}", name, model.operation_names)
    _check(f"error code of {service}", code, [*_codes(model), *_COMMON])


def _codes(model: ServiceModel) -> list[str]:
    return [shape.metadata.get("error", {}).get("code") or shape.name for shape in model.error_shapes]


def _check(what: str, given: str, known: Iterable[str]) -> None:
    options = sorted(set(known))
    if given not in options:
        near = difflib.get_close_matches(given, options, n=1, cutoff=0.5)
        hint = f"did you mean '{near[0]}'?" if near else "call takes SERVICE:OPERATION, such as ecs:DescribeTasks"
        raise SandboxError(f"'{given}' is no {what}; {hint}")
