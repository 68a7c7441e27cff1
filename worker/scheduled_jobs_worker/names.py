"""The names of a group's queue, table and function, and the id of a run. Pure.

The program that deploys the jobs makes the same names; its tests compare them.
"""

from __future__ import annotations

import hashlib
import os
import re

GROUP, PLACEMENT = "SCHEDULED_JOBS_GROUP", "SCHEDULED_JOBS_PLACEMENT"
"""The variables that say whose work a process takes, if its code does not."""

PLACE = re.compile(r"[0-9A-Za-z._-]{1,255}")
"""Of a group or a placement."""
JOB = re.compile(r"[a-z][a-z0-9-]{0,39}")
TASK = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")
"""Of a registered function: a job file can have no other one."""

_LONGEST_FUNCTION, _LONGEST_QUEUE = 64, 80
"""Characters of the longest names (Lambda API reference, CreateFunction; SQS API reference, CreateQueue)."""


def given(value: str | None, variable: str) -> str:
    """Return a value from the code, or from a variable; ValueError, with both ways, if it is in neither."""
    found, parameter = value or os.environ.get(variable, ""), variable.rpartition("_")[2].lower()
    if not found:
        raise ValueError(f"{parameter}: not given; pass {parameter}=... or set the variable {variable}")
    return checked(found, PLACE, f"pass {parameter}=... or set the variable {variable}")


def checked(name: object, pattern: re.Pattern[str], way_out: str) -> str:
    """Return a name that a deployment can have; ValueError, with the name and a way out, for another one."""
    if not isinstance(name, str) or not pattern.fullmatch(name):
        raise ValueError(f"{name!r} is not a name like {pattern.pattern}; {way_out}")
    return name


def schedule_of(job: str, schedule: str) -> str:
    """Return the name of a job's schedule, by default the job's; ValueError for one that the job cannot have."""
    checked(job, JOB, "pass the name of a job of this stack")
    if not schedule:
        return job
    pattern = re.compile(rf"{job}(\.[a-z][a-z0-9-]{{0,19}})?")
    return checked(schedule, pattern, f"pass the name of a schedule of the job {job!r}")


def claims_name(group: str) -> str:
    """Return the name of the table of claims."""
    return f"{group}-claims"


def work_queue_name(group: str, placement: str) -> str:
    """Return the name of the queue whose work the containers of a placement's service take."""
    return _short_enough(group, f"work-{placement}", _LONGEST_QUEUE)


def watch_name(group: str) -> str:
    """Return the name of the function that keeps the ledger."""
    return _short_enough(group, "watch", _LONGEST_FUNCTION)


def run_id(schedule: str, tick: str, rerun: str, launch: int) -> str:
    """Return the id of a run. It is made from the launch, so a launch has one claim."""
    return hashlib.sha256(f"{schedule}/{tick}/{rerun}/{launch}".encode()).hexdigest()[:32]


def _short_enough(group: str, suffix: str, longest: int) -> str:
    name = f"{group}-{suffix}"
    if len(name) <= longest:
        return name
    end = f"-{hashlib.sha256(group.encode()).hexdigest()[:8]}-{suffix}"
    return group[: longest - len(end)] + end
