"""What EventBridge and Scheduler have, as `adopt` reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adoption import scheduler
from adoption.eventbridge import Rule
from adoption.found import Leftover
from ops import aws_errors
from ops.errors import OpsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ops.operator_account import OperatorAccount

_DEFAULT_BUS = "default"
"""The only bus with scheduled rules (EventBridge API reference, PutRule, ScheduleExpression)."""


def rules(account: OperatorAccount, prefix: str) -> list[Rule]:
    """Return the scheduled rules whose names begin so, each with its targets. Rules that AWS manages are left out."""
    given: Any = {"NamePrefix": prefix} if prefix else {}
    with aws_errors.explained():
        pages = account.events.get_paginator("list_rules").paginate(EventBusName=_DEFAULT_BUS, **given)
        found: list[Mapping[str, Any]] = [dict(rule) for page in pages for rule in page["Rules"]]
        return [
            Rule(rule, _targets(account, rule["Name"]))
            for rule in found
            if rule.get("ScheduleExpression") and not rule.get("ManagedBy")
        ]


def schedules(
    account: OperatorAccount, group: str | None, prefix: str
) -> tuple[list[Mapping[str, Any]], dict[str, str]]:
    """Return the schedules that start tasks, as GetSchedule describes them, and the targets of the others by ARN."""
    given: Any = {"NamePrefix": prefix} if prefix else {}
    given |= {"GroupName": group} if group else {}
    with aws_errors.explained():
        pages = account.scheduler.get_paginator("list_schedules").paginate(**given)
        listed: list[Any] = [one for page in pages for one in page["Schedules"]]
        tasks = [one for one in listed if scheduler.is_task(one["Target"]["Arn"])]
        described: list[Mapping[str, Any]] = [
            dict(account.scheduler.get_schedule(GroupName=one["GroupName"], Name=one["Name"])) for one in tasks
        ]
    return described, {one["Arn"]: one["Target"]["Arn"] for one in listed if one not in tasks}


class Definitions:
    """The task definitions of an account. Each is read once."""

    def __init__(self, account: OperatorAccount) -> None:
        """Read with this account."""
        self._account = account
        self._known: dict[str, Mapping[str, Any] | None] = {}
        self.leftovers: list[Leftover] = []
        """Those that could not be read."""

    def of(self, reference: str) -> Mapping[str, Any] | None:
        """Return a task definition; None when it cannot be read, which becomes a leftover."""
        if reference and reference not in self._known:
            try:
                self._known[reference] = self._account.task_definition(reference)
            except OpsError as error:
                self._known[reference] = None
                self.leftovers.append(Leftover(reference, "", f"cannot be read: {error}"))
        return self._known.get(reference)


def _targets(account: OperatorAccount, rule: str) -> Sequence[Mapping[str, Any]]:
    pages = account.events.get_paginator("list_targets_by_rule").paginate(Rule=rule, EventBusName=_DEFAULT_BUS)
    return [dict(target) for page in pages for target in page["Targets"]]
