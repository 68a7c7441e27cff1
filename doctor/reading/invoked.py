"""Asks about the functions that run jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_facts.arn import Arn
from doctor.account import Known
from doctor.checks.invoked import INVOKE, InvokedAlias
from doctor.reading.alert_path import NOT_FOUND
from watch.names import function_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from doctor.account import Account
    from doctor.stack import Stack
    from watch.facts import InvokedFunction, JobFacts


def read(account: Account, stack: Stack) -> Sequence[InvokedAlias]:
    """Return the alias of each job that is a function."""
    invoked = {job: (facts, facts.function) for job, facts in sorted(stack.jobs.items()) if facts.function is not None}
    return [*account.each(invoked, lambda job: _alias(account, stack.group, job, *invoked[job])).values()]


def _alias(account: Account, group: str, job: str, facts: JobFacts, invoked: InvokedFunction) -> InvokedAlias:
    ask, alias = account.ask, invoked.alias
    function, _, name = alias.rpartition(":")
    watch = Arn.parse(alias).sibling("lambda", f"function:{function_name(group)}")
    configuration = ask("lambda", "get_function_configuration", absent=NOT_FOUND, FunctionName=alias)
    granted: object = configuration
    if isinstance(configuration, Known) and configuration.value is not None:
        role = configuration.value["Role"]
        granted = ask(
            "iam", "simulate_principal_policy", PolicySourceArn=role, ActionNames=[INVOKE], ResourceArns=[watch]
        )
    bounds = [one.ends_within for one in facts.limits.values() if one.ends_within is not None]
    return InvokedAlias(
        job=job,
        alias=alias,
        watch=watch,
        receiver=invoked.receiver,
        ends_within=min(bounds, default=0),
        configuration=configuration,
        events=ask(
            "lambda", "get_function_event_invoke_config", absent=NOT_FOUND, FunctionName=function, Qualifier=name
        ),
        concurrency=ask("lambda", "get_function_concurrency", absent=NOT_FOUND, FunctionName=function),
        granted=granted,  # type: ignore[arg-type]
    )
