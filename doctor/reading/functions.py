"""Asks about the watch and the supervisor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from doctor.account import Known
from doctor.checks.functions import GroupFunction
from doctor.finding import Link
from doctor.reading.alert_path import NOT_FOUND, AlertPath
from watch import names
from watch.function_variables import LAUNCHES, LEDGER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from doctor.account import Account
    from doctor.stack import Stack
    from judgements.answers import Refused

NO_ALERT = "no alert is sent"
"""What a stack without its watch lacks."""


def read(account: Account, stack: Stack) -> Sequence[GroupFunction]:
    """Return the watch, and the supervisor where there is one."""
    path, group = AlertPath(account, stack), stack.group
    launches = {LAUNCHES: f"/{names.launches_name(group)}"} if path.supervises else {}
    watch = _function(
        path,
        Link.WATCH,
        path.watch,
        duty=NO_ALERT,
        handler=names.WATCH_HANDLER,
        variables=launches,
        queue=names.dead_letters_name(group),
    )
    if not path.supervises:
        return [watch]
    supervisor = _function(
        path,
        Link.SUPERVISOR,
        path.supervisor,
        duty="no supervised job is launched",
        handler=names.SUPERVISOR_HANDLER,
        variables={**launches, LEDGER: path.variables.get(LEDGER, "")},
        queue=names.launches_name(group),
    )
    return [watch, supervisor]


def _function(  # noqa: PLR0913 - what is known of a function
    path: AlertPath, link: Link, name: str, *, duty: str, handler: str, variables: Mapping[str, str], queue: str
) -> GroupFunction:
    ask, configuration = path.account.ask, path.function(name)
    source = path.arn("sqs", queue)
    return GroupFunction(
        link=link,
        name=name,
        duty=duty,
        handler=handler,
        variables=variables,
        queue=queue,
        configuration=configuration,
        concurrency=ask("lambda", "get_function_concurrency", absent=NOT_FOUND, FunctionName=name),
        mappings=ask("lambda", "list_event_source_mappings", absent=NOT_FOUND, EventSourceArn=source),
        logs=ask("logs", "describe_log_groups", logGroupNamePrefix=f"/aws/lambda/{name}"),
        role=_role(path.account, configuration),
    )


def _role(
    account: Account, configuration: Known[Mapping[str, Any] | None] | Refused
) -> Known[Mapping[str, Any] | None] | Refused:
    if not isinstance(configuration, Known) or configuration.value is None:
        return configuration
    role = configuration.value["Role"].rpartition("/")[2]
    return account.ask("iam", "get_role", absent=("NoSuchEntity",), RoleName=role)
