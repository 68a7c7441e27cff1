"""Asks about the alarms on the alert path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components import alarms
from doctor.checks.alarms import Alarms
from doctor.reading.alert_path import AlertPath
from watch import names

if TYPE_CHECKING:
    from doctor.account import Account
    from doctor.stack import Stack


def read(account: Account, stack: Stack) -> Alarms:
    """Return the alarms."""
    path = AlertPath(account, stack)
    answer = account.ask("cloudwatch", "describe_alarms", AlarmNamePrefix=f"{stack.group}-", AlarmTypes=["MetricAlarm"])
    return Alarms(wanted=wanted(path), topic=path.topics[1], answer=answer)


def wanted(path: AlertPath) -> list[str]:
    """Return the names of the alarms that the group should have; those of the supervisor where there is one."""
    group = path.group
    found = alarms.alarms(
        group=group,
        function=path.watch,
        runs=names.runs_name(group),
        dead_letters=names.dead_letters_name(group),
        given_up=names.given_up_name(group),
    )
    if path.supervises:
        found += alarms.of_supervisor(group=group, function=path.supervisor, launches=names.launches_name(group))
    return [names.alarm_name(group, one.suffix) for one in found]
