"""Asks about the task definitions that jobs run on, and about the log groups of their containers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from doctor.account import Known
from doctor.checks.task_definition import UsedDefinition
from doctor.reading.cluster import own_providers
from judgements.answers import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from doctor.account import Account
    from doctor.launch import Launch
    from doctor.stack import Stack


def read(account: Account, stack: Stack) -> Sequence[UsedDefinition]:
    """Return each task definition once."""
    launches: dict[str, list[Launch]] = {}
    for one in stack.launches:
        launches.setdefault(one.task_definition, []).append(one)
    answers = account.each(launches, account.task_definition)
    providers = own_providers(account, stack)
    return [
        UsedDefinition(
            name=name,
            launches=launches[name],
            answer=answer,
            log_groups=_log_groups(account, launches[name], answer),
            own_providers=providers,
        )
        for name, answer in answers.items()
    ]


def _log_groups(
    account: Account, launches: Sequence[Launch], answer: Known[Mapping[str, Any] | None] | Refused
) -> dict[str, Known[bool] | Refused]:
    if isinstance(answer, Refused) or answer.value is None:
        return {}
    wanted = {one.container for one in launches}
    places = {
        container["name"]: place
        for container in answer.value["containerDefinitions"]
        if container["name"] in wanted and (place := _place(container))
    }
    found = account.each(places.values(), lambda place: _exists(account, *place))
    return {name: found[place] for name, place in places.items()}


def _place(container: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return group and region of a container's log; None for a group that ECS creates, or for another log driver."""
    logging = container.get("logConfiguration") or {}
    options = logging.get("options") or {}
    if logging.get("logDriver") != "awslogs" or options.get("awslogs-create-group") == "true":
        return None
    group = options.get("awslogs-group")
    return (group, options.get("awslogs-region") or "") if group else None


def _exists(account: Account, group: str, region: str) -> Known[bool] | Refused:
    answer = account.ask("logs", "describe_log_groups", region=region, logGroupNamePrefix=group)
    if isinstance(answer, Refused):
        return answer
    return Known(any(one["logGroupName"] == group for one in answer.value["logGroups"]))
