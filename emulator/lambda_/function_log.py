"""The log of a function: lines go to its configured log group, with the permissions of its role."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from moto.awslambda.models import LambdaFunction
from moto.logs.models import logs_backends

from emulator.iam import roles
from emulator.iam.policy_evaluation import Request
from emulator.logs.log_streams import make_log_group, write_log

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_REPLACED = ("__init__", "update_configuration", "get_configuration")
_CONFIG = "logging_config"
"""The attribute that is added to moto's functions."""


@contextmanager
def configurable() -> Iterator[None]:
    """Make moto's functions store and show their LoggingConfig, which moto otherwise drops."""
    made, updated, shown = (getattr(LambdaFunction, name) for name in _REPLACED)

    def make(function: LambdaFunction, *, spec: Mapping[str, Any], **given: object) -> None:
        made(function, spec=spec, **given)
        _configure(function, spec.get("LoggingConfig"))

    def update(function: LambdaFunction, changes: Mapping[str, Any]) -> dict[str, Any]:
        updated(function, changes)
        if "LoggingConfig" in changes:
            _configure(function, changes["LoggingConfig"])
        return function.get_configuration()

    def show(function: LambdaFunction, *given: object, **named: object) -> dict[str, Any]:
        return {**shown(function, *given, **named), "LoggingConfig": vars(function)[_CONFIG]}

    _replace(make, update, show)
    try:
        yield
    finally:
        _replace(made, updated, shown)


def keep(function: LambdaFunction, stream: str, lines: list[Any]) -> None:
    """Write lines, plain or with their times, to the function's log.

    Raises AwsError when its role may not; the lines are lost then, as on AWS.
    """
    account, region, group = str(function.account_id), str(function.region), str(function.logs_group_name)
    arn = f"arn:{function.partition}:logs:{region}:{account}:log-group:{group}:log-stream:"
    known = logs_backends[account][region].groups.get(group)
    if known is None:
        roles.authorize(function.role, Request("logs:CreateLogGroup", arn))
        make_log_group(account, region, group)
    if known is None or stream not in known.streams:
        roles.authorize(function.role, Request("logs:CreateLogStream", arn + stream))
    roles.authorize(function.role, Request("logs:PutLogEvents", arn + stream))
    write_log(account, region, group, stream, lines)


def _replace(*methods: Callable[..., object]) -> None:
    for name, method in zip(_REPLACED, methods, strict=True):
        setattr(LambdaFunction, name, method)


def _configure(function: LambdaFunction, given: Mapping[str, Any] | None) -> None:
    config = {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{function.function_name}", **(given or {})}
    vars(function)[_CONFIG] = config
    function.logs_group_name = config["LogGroup"]
