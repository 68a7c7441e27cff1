"""Checks the addresses at which receivers tell the end of what they have accepted. Pure."""

from __future__ import annotations

import json
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

_WHO = "Who looks, with requests"
_ANYBODY = "*"
_OPEN = "NONE"
_CONSEQUENCE = "so no receiver can tell the end of what it has accepted"
_NEEDED = {
    "lambda:InvokeFunctionUrl": (
        "FunctionURLAllowPublicAccess",
        ("lambda:functionurlauthtype", _OPEN),
        "--function-url-auth-type NONE",
    ),
    "lambda:InvokeFunction": (
        "FunctionURLAllowInvokeAction",
        ("lambda:invokedviafunctionurl", "true"),
        "--invoked-via-function-url",
    ),
}
"""What the alias's policy must let anybody do: the name of the provider's statement, what a request to the address
tells, and the option of `aws lambda add-permission` (Lambda Developer Guide, "Control access to Lambda function URLs").
"""


@dataclass(frozen=True, kw_only=True)
class UsedCallback:
    """The address of the function that sends a job's requests."""

    job: str
    alias: str
    """The ARN."""
    address: str
    """As receivers are told it."""
    answer: Known[Mapping[str, Any] | None] | Refused
    """GetFunctionUrlConfig's answer about the alias."""
    policy: Known[Mapping[str, Any] | None] | Refused
    """GetPolicy's answer about the alias."""


def check(callbacks: Sequence[UsedCallback]) -> Iterator[Finding]:
    """Yield what is found of each address."""
    for one in callbacks:
        found = list(_faults(one))
        yield from found or [sound(Link.FUNCTION, _about(one), [one.job])]


def _faults(one: UsedCallback) -> Iterator[Finding]:
    about, jobs, answer = _about(one), [one.job], one.answer
    if isinstance(answer, Refused):
        yield unchecked(Link.FUNCTION, about, "the address", answer, jobs, _WHO)
    elif answer.value is None:
        text = f"its function has no such address any more, {_CONSEQUENCE}"
        yield broken("callback-gone", Link.FUNCTION, about, text, AGAIN, jobs)
        return
    else:
        yield from _of_address(one, answer.value)
    yield from _of_policy(one)


def _of_address(one: UsedCallback, found: Mapping[str, Any]) -> Iterator[Finding]:
    differences = []
    if found["FunctionUrl"] != one.address:
        differences.append(f"its function now has the address {found['FunctionUrl']}")
    if found["AuthType"] != _OPEN:
        differences.append(f"its AuthType is {found['AuthType']}, not {_OPEN}")
    if differences:
        text = f"{' and '.join(differences)}, {_CONSEQUENCE}"
        yield broken("callback-changed", Link.FUNCTION, _about(one), text, AGAIN, [one.job])


def _of_policy(one: UsedCallback) -> Iterator[Finding]:
    if isinstance(one.policy, Refused):
        yield unchecked(Link.FUNCTION, _about(one), "who may use the address", one.policy, [one.job], _WHO)
        return
    policy = json.loads((one.policy.value or {}).get("Policy") or "{}")
    verdicts = {
        action: resource_policy.lets(policy, _ANYBODY, action, one.alias, dict([told]))
        for action, (_, told, _) in _NEEDED.items()
    }
    closed = [action for action, verdict in verdicts.items() if verdict is False]
    if closed:
        text = f"the policy of the alias does not let anybody do {' and '.join(closed)}, {_CONSEQUENCE}"
        fix = " && ".join(_opening(one.alias, action) for action in closed)
        yield broken("callback-closed", Link.FUNCTION, _about(one), text, fix, [one.job])
    elif None in verdicts.values():
        why = "its policy has conditions that cannot be judged here"
        yield unchecked(Link.FUNCTION, _about(one), "who may use the address", why, [one.job], _WHO)


def _opening(alias: str, action: str) -> str:
    """Return the command that adds a statement. No `pulumi up` does: the provider adds it with a new address only."""
    function, _, name = alias.rpartition(":")
    sid, _, option = _NEEDED[action]
    return (
        f"aws lambda add-permission --function-name {function} --qualifier {name} --statement-id {sid} "
        f"--action {action} --principal '*' {option}"
    )


def _about(one: UsedCallback) -> str:
    return f"callback {one.address}"
