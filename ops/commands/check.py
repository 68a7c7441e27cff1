"""Validates a stack's config and the job files without an engine, and shows the next ticks of each job."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import cadence
import plan
import settings
from components import clock
from components.schedule import deployed_timetable
from ops.options import Json, StackFile
from ops.stack import CHECKOUT
from plan import advice, job_files, supervised
from settings import project, stack_file
from watch.names import schedule_name
from watch.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

ABOUT = """
exit codes: 0 no mistakes; 1 mistakes, each on a line of standard error; 2 wrong arguments

example: python -m ops check staging
"""


def command(stack: StackFile, *, as_json: Json = False) -> int:
    """Check the stack and return the exit code: 1 when there are problems."""
    problems = settings.Problems()
    project.check(problems)
    now = clock.now()
    values = stack_file.read(CHECKOUT / f"Pulumi.{stack}.yaml", problems)
    planned, secret_names = [], []
    if values is not None:
        config = settings.parse(values, problems)
        planned, secret_names = plan.build(config, job_files.load(problems), problems), config.alerts.secret_names
    warnings = [] if problems else advice.advise(planned, now, secret_names)
    told = [] if problems else supervised.notes(planned, now)
    if as_json:
        found = {
            "problems": [str(p) for p in problems],
            "warnings": warnings,
            "notes": told,
            "schedules": _schedules(planned, now),
        }
        sys.stdout.write(json.dumps(found, indent=2) + "\n")
    elif problems:
        sys.stderr.write(f"{settings.InvalidInput(list(problems))}\n")
    else:
        _show(planned, told, warnings, now)
    return 1 if problems else 0


def _show(planned: Sequence[plan.PlannedJob], told: Sequence[str], warnings: Sequence[str], now: datetime) -> None:
    schedules = _schedules(planned, now)
    for schedule in schedules:
        state = "" if schedule["enabled"] else " (disabled)"
        sys.stdout.write(f"{schedule['name']}: {schedule['words']}{state}\n")
        sys.stdout.writelines(f"    {tick}\n" for tick in schedule["next"])
    sys.stdout.writelines(f"{note}\n" for note in told)
    found = f"{counted(len(planned), 'job')}, {counted(len(schedules), 'schedule')}"
    sys.stdout.write(f"{found}: no mistakes. A preview also asks the account.\n")
    for warning in warnings:
        sys.stderr.write(f"warning: {warning}\n")


def _schedules(planned: Sequence[plan.PlannedJob], now: datetime) -> list[dict[str, Any]]:
    """Return each schedule as a deployment at `now` would send it."""
    return [
        {
            "name": schedule_name(job.job.name, schedule.key),
            "words": cadence.describe(timetable),
            "enabled": schedule.enabled,
            "next": cadence.next_ticks(timetable, now, enabled=schedule.enabled),
        }
        for job in planned
        for schedule in job.schedules
        for timetable in [deployed_timetable(schedule.timetable, now)]
    ]
