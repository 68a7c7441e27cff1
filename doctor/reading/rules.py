"""Asks about the group's rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components import alerting
from doctor.checks.rules import Rule
from doctor.reading import alarms
from doctor.reading.alert_path import NOT_FOUND, AlertPath
from watch import names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from doctor.account import Account
    from doctor.stack import Stack


def read(account: Account, stack: Stack) -> Sequence[Rule]:
    """Return the rules that invoke the watch, and the one that tells which alarms are over."""
    path, group = AlertPath(account, stack), stack.group
    look, runs, over = path.watch, names.runs_name(group), names.alarms_name(group)
    answers = account.each(
        (look, runs, over), lambda name: account.ask("events", "describe_rule", absent=NOT_FOUND, Name=name)
    )
    targets = account.each(
        answers, lambda name: account.ask("events", "list_targets_by_rule", absent=NOT_FOUND, Rule=name)
    )
    policy = account.ask("lambda", "get_policy", absent=NOT_FOUND, FunctionName=path.watch)
    watch = path.arn("lambda", f"function:{path.watch}")
    return [
        Rule(
            name=look,
            consequence="missed ticks, overruns and lost events are not noticed",
            schedule=names.LOOK,
            pattern={},
            clusters={},
            target=watch,
            input_path="",
            answer=answers[look],
            targets=targets[look],
            policy=policy,
        ),
        Rule(
            name=runs,
            consequence="the ends of runs are found late or not at all",
            schedule="",
            pattern=alerting.watched_pattern(cluster_arns=[], group=group),
            clusters=_clusters(stack),
            target=watch,
            input_path="$.detail",
            answer=answers[runs],
            targets=targets[runs],
            policy=policy,
        ),
        Rule(
            name=over,
            consequence="nobody is told when an alarm on the watch is over",
            schedule="",
            pattern=alerting.recovery_pattern(alarms.wanted(path)),
            clusters={},
            target=path.topics[1],
            input_path=None,
            answer=answers[over],
            targets=targets[over],
            policy=None,
        ),
    ]


def _clusters(stack: Stack) -> dict[str, list[str]]:
    """Return the jobs by the ARN of their cluster."""
    found: dict[str, list[str]] = {}
    for job, facts in stack.jobs.items():
        if facts.cluster:
            found.setdefault(facts.cluster, []).append(job)
    return found
