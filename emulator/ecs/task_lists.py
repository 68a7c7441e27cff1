"""ListTasks and DescribeTasks: their filters, pages and bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emulator.gateway.gateway import AwsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PAGE = 100
"""The most tasks in a page of ListTasks, and in a request of DescribeTasks (ECS API reference)."""
_FILTERS = ("containerInstance", "daemonName", "desiredStatus", "family", "launchType", "serviceName")
_NOT_PLAYED = ("containerInstance", "daemonName", "launchType", "serviceName")
"""Filters that the sandbox does not support."""


def check_filters(params: Mapping[str, Any]) -> None:
    """Raise ECS's error for a filter beside startedBy, in recorded words (aws-sdk-go-v2, issue 1893).

    ECS API reference, ListTasks, startedBy: "it must be the only filter that you use".
    """
    if params.get("startedBy") and any(params.get(name) for name in _FILTERS):
        raise AwsError("InvalidParameterException", "cannot specify startedBy with other arguments")
    for name in _NOT_PLAYED:
        if params.get(name):
            raise AwsError("InvalidParameterException", f"the sandbox does not support {name} of ListTasks")


def page(arns: Sequence[str], params: Mapping[str, Any]) -> dict[str, Any]:
    """Return one page of tasks; its token is the last task of the page before it."""
    most = params.get("maxResults", _PAGE)
    if not 1 <= most <= _PAGE:
        raise AwsError("InvalidParameterException", f"maxResults must be from 1 to {_PAGE}.")
    after = params.get("nextToken")
    if after and after not in arns:
        raise AwsError("InvalidParameterException", "Invalid token.")
    start = arns.index(after) + 1 if after else 0
    found = list(arns[start : start + most])
    return {"taskArns": found, **({"nextToken": found[-1]} if len(arns) > start + most else {})}


def check_described(names: Sequence[str]) -> None:
    """Raise an error for more tasks than one request of DescribeTasks takes; ECS's words for it are not known."""
    if len(names) > _PAGE:
        raise AwsError("InvalidParameterException", f"tasks can have at most {_PAGE} items.")
