"""Checks that a function of the group is there and as deployed, and that it can run and is invoked. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from doctor import resource_policy
from doctor.finding import Link, broken, sound, unchecked
from doctor.repair import AGAIN
from judgements.answers import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from doctor.account import Known
    from doctor.finding import Finding

_LAMBDA = "lambda.amazonaws.com"
_POLLED = frozenset({"Creating", "Enabled", "Enabling", "Updating"})
"""States of an event source mapping that delivers, or soon does (Lambda API reference, EventSourceMapping, State)."""


@dataclass(frozen=True, kw_only=True)
class GroupFunction:
    """The watch or the supervisor."""

    link: Link
    name: str
    duty: str
    """What does not happen without it."""
    handler: str
    variables: Mapping[str, str]
    """The environment variables that are known, each with the end of its value."""
    queue: str
    """The queue that invokes it."""
    configuration: Known[Mapping[str, Any] | None] | Refused
    """GetFunctionConfiguration's answer."""
    concurrency: Known[Mapping[str, Any] | None] | Refused
    """GetFunctionConcurrency's answer."""
    mappings: Known[Mapping[str, Any] | None] | Refused
    """ListEventSourceMappings's answer about the queue."""
    logs: Known[Mapping[str, Any] | None] | Refused
    """DescribeLogGroups's answer."""
    role: Known[Mapping[str, Any] | None] | Refused
    """GetRole's answer."""


def check(functions: Sequence[GroupFunction]) -> Iterator[Finding]:
    """Yield what is found of each function."""
    for function in functions:
        found = list(_faults(function))
        yield from found or [sound(function.link, function.name)]


def _faults(function: GroupFunction) -> Iterator[Finding]:
    answer = function.configuration
    if isinstance(answer, Refused):
        yield unchecked(function.link, function.name, "the function", answer)
    elif answer.value is None:
        yield missing(function.link, function.name, function.duty)
    else:
        yield from _of_state(function, answer.value)
        yield from _of_code(function, answer.value)
        yield from _of_concurrency(function)
        yield from _of_mapping(function)
        yield from _of_log(function)
        yield from _of_role(function)


def missing(link: Link, name: str, duty: str) -> Finding:
    """Return that a function does not exist; `duty` is what does not happen without it."""
    return broken("function-missing", link, name, f"there is no such function, so {duty}", AGAIN)


def _of_state(function: GroupFunction, configuration: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield the states in which a function does not run. One that is Inactive becomes active when it is invoked."""
    for key, of_reason in (("State", "StateReason"), ("LastUpdateStatus", "LastUpdateStatusReason")):
        if configuration.get(key) == "Failed":
            text = f"{key} of the function is Failed ({configuration.get(of_reason, 'no reason')}), so {function.duty}"
            yield broken("function-failed", function.link, function.name, text, AGAIN)


def _of_code(function: GroupFunction, configuration: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield what somebody has changed of what every deployment sets alike."""
    variables = configuration.get("Environment", {}).get("Variables", {})
    changed = [
        f"{name} is '{variables.get(name, '')}'"
        for name, end in function.variables.items()
        if not variables.get(name, "").endswith(end)
    ]
    if configuration.get("Handler") != function.handler:
        changed.append(f"its handler is '{configuration.get('Handler')}'")
    if changed:
        text = f"the function is not as deployed: {', '.join(changed)}"
        yield broken("function-changed", function.link, function.name, text, AGAIN)


def _of_concurrency(function: GroupFunction) -> Iterator[Finding]:
    if isinstance(function.concurrency, Refused):
        yield unchecked(function.link, function.name, "its reserved concurrency", function.concurrency)
    elif function.concurrency.value and function.concurrency.value.get("ReservedConcurrentExecutions") == 0:
        text = f"the function's reserved concurrency is 0, so AWS does not run it and {function.duty}"
        fix = f"aws lambda delete-function-concurrency --function-name {function.name}"
        yield broken("function-stopped", function.link, function.name, text, fix)


def _of_mapping(function: GroupFunction) -> Iterator[Finding]:
    if isinstance(function.mappings, Refused):
        yield unchecked(
            function.link, function.name, f"whether the queue {function.queue} invokes it", function.mappings
        )
        return
    listed = function.mappings.value["EventSourceMappings"] if function.mappings.value else []
    mapped = [one for one in listed if one.get("FunctionArn", "").rpartition(":")[2] == function.name]
    if not mapped:
        text = f"the queue {function.queue} does not invoke the function, so what is sent there waits"
        yield broken("mapping-missing", function.link, function.name, text, AGAIN)
    elif mapped[0]["State"] not in _POLLED:
        text = f"the mapping by which the queue {function.queue} invokes the function is {mapped[0]['State']}"
        fix = f"aws lambda update-event-source-mapping --enabled --uuid {mapped[0]['UUID']}"
        yield broken("mapping-disabled", function.link, function.name, text, fix)


def _of_log(function: GroupFunction) -> Iterator[Finding]:
    wanted = f"/aws/lambda/{function.name}"
    if isinstance(function.logs, Refused):
        yield unchecked(function.link, function.name, f"the log group {wanted}", function.logs)
    elif wanted not in {one["logGroupName"] for one in (function.logs.value or {}).get("logGroups", ())}:
        text = f"there is no log group {wanted}, so the function's errors and metrics are lost"
        yield broken("function-log-missing", function.link, function.name, text, AGAIN)


def _of_role(function: GroupFunction) -> Iterator[Finding]:
    if isinstance(function.role, Refused):
        yield unchecked(function.link, function.name, "its role", function.role)
        return
    role = function.role.value and function.role.value["Role"]
    if not role:
        text = f"the function's role does not exist, so {function.duty}"
        yield broken("function-role", function.link, function.name, text, AGAIN)
    elif not resource_policy.lets(role["AssumeRolePolicyDocument"], _LAMBDA, "sts:AssumeRole", "*", {}):
        text = f"the trust policy of the function's role does not let {_LAMBDA} assume it, so {function.duty}"
        yield broken("function-role", function.link, function.name, text, AGAIN)
