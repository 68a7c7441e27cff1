"""Names that all parts of this program share: schedules, task groups, functions, and a run's variables. Pure."""

from __future__ import annotations

import hashlib
import re

JOB_NAME, JOB_SCHEDULE, JOB_SCHEDULED_TIME = "JOB_NAME", "JOB_SCHEDULE", "JOB_SCHEDULED_TIME"
JOB_TRIGGER, JOB_ATTEMPT = "JOB_TRIGGER", "JOB_ATTEMPT"
RUN_VARIABLES = (JOB_NAME, JOB_SCHEDULE, JOB_SCHEDULED_TIME, JOB_TRIGGER, JOB_ATTEMPT)
"""Variables that the program sets: each run's job, schedule and tick in UTC, `MANUAL` for a run by hand, and the number
of the attempt in runs of supervised jobs."""
MANUAL = "manual"
"""The value of JOB_TRIGGER for a run that somebody started. Runs that Scheduler starts do not have the variable."""
BY_HAND = "ops/rerun"
"""`startedBy` of a task that somebody started with `python -m ops rerun`."""
PROBED = "ops/doctor"
"""`startedBy` of a task with which `python -m ops doctor --probe` tries how far a job's task comes."""

_BY_HAND_SCHEDULE = re.compile(r"by-hand_([0-9a-f]{8})")
"""The name of a one-time schedule of `python -m ops run --through-scheduler`. It is in the stack's group, because only
schedules of the group may assume a launch role."""

GROUP_TAG = "scheduled-jobs:group"
"""The tag of the tasks of supervised jobs. Its value is the schedule group, by which the supervisor may stop them."""

WATCH_HANDLER, SUPERVISOR_HANDLER = "watch.handler.handle", "supervisor.handler.handle"
"""The entries of the functions in their archive."""
LOOK = "rate(5 minutes)"
"""When the watch looks at everything."""

_LONGEST_NAME = 64
"""Characters of the longest name of a function, rule or role (API references, CreateFunction, PutRule, CreateRole)."""
_LONGEST_QUEUE = 80

STOP_REASON = "scheduled-jobs: "
"""Begins the reason of every StopTask by this program."""


def schedule_name(job: str, key: str) -> str:
    """Return the name of a schedule: the job, and the key when the job has several schedules."""
    return f"{job}.{key}" if key else job


def job_of_schedule(name: str) -> str:
    """Return the job whose schedule has this name."""
    return name.partition(".")[0]


def by_hand_schedule(rerun: str) -> str:
    """Return the name of the one-time schedule for an operator's run; `rerun` has eight hexadecimal digits."""
    return f"by-hand_{rerun}"


def rerun_of_schedule(name: str) -> str:
    """Return the operator's run for which a one-time schedule was made; empty for the schedule of a job."""
    found = _BY_HAND_SCHEDULE.fullmatch(name)
    return found[1] if found else ""


def task_group(group: str, job: str) -> str:
    """Return the name of the ECS task group of a job's tasks. No two stacks on a cluster share one."""
    return f"{group}:{job}"


def probe_group(group: str, job: str) -> str:
    """Return the ECS task group of the probes of a job. It is none of the jobs' groups, whose events the watch gets."""
    return f"ops-doctor:{task_group(group, job)}"


def started_by(group: str, job: str) -> str:
    """Return `startedBy` of the tasks of a supervised job, by which ListTasks finds them.

    It has at most 121 of the 128 characters that ECS takes (ECS API reference, RunTask).
    """
    return f"{group}/{job}"


def group_and_job(task_group: str) -> tuple[str, str]:
    """Return the schedule group and the job of a task group. For a name without a colon the group is empty."""
    group, _, job = task_group.rpartition(":")
    return group, job


def function_name(group: str) -> str:
    """Return the name of a group's watch function, and of the rule that invokes it every five minutes."""
    return _short_enough(group, "watch")


def supervisor_name(group: str) -> str:
    """Return the name of a group's supervisor: of its function, and of its role, by which launch roles know it."""
    return _short_enough(group, "supervisor")


def runs_name(group: str) -> str:
    """Return the name of the rule that passes on the events of a group's runs."""
    return _short_enough(group, "runs")


def alarms_name(group: str) -> str:
    """Return the name of the rule that tells which alarms on a group's watch are over."""
    return _short_enough(group, "alarms")


def alarm_name(group: str, suffix: str) -> str:
    """Return the name of an alarm on a group's alert path."""
    return f"{group}-{suffix}"


def alerts_name(group: str) -> str:
    """Return the name of the topic for alerts."""
    return f"{group}-alerts"


def problems_name(group: str) -> str:
    """Return the name of the topic for problems of the watch itself."""
    return f"{group}-problems"


def dead_letters_name(group: str) -> str:
    """Return the name of the queue of launches that Scheduler gave up."""
    return f"{group}-dead-letters"


def given_up_name(group: str) -> str:
    """Return the name of the queue of events and dead letters that the watch could not handle."""
    return f"{group}-given-up"


def alias_name(group: str, job: str) -> str:
    """Return the name of the alias of a job's function. Lambda takes 128 characters (API reference, CreateAlias)."""
    return f"{group}-{job}"


def handler_name(group: str, job: str) -> str:
    """Return the name of the function that is made of a job's handler; `job` keeps it apart from the group's own."""
    return _short_enough(group, f"job-{job}")


def launches_name(group: str) -> str:
    """Return the name of the queue of the ticks of supervised jobs."""
    return f"{group}-launches"


def claims_name(group: str) -> str:
    """Return the name of the table of claims, by which one process has a run of a worker or an in-process job."""
    return f"{group}-claims"


def work_queue_name(group: str, placement: str) -> str:
    """Return the name of the queue whose work the containers of a placement's service take.

    SQS takes 80 characters (API reference, CreateQueue).
    """
    return _short_enough(group, f"work-{placement}", _LONGEST_QUEUE)


def claimed_run(schedule: str, tick: str, rerun: str, launch: int) -> str:
    """Return the id of a run that a process claims. It is made from the launch, so a launch has one claim."""
    return hashlib.sha256(f"{schedule}/{tick}/{rerun}/{launch}".encode()).hexdigest()[:32]


def _short_enough(group: str, suffix: str, longest: int = _LONGEST_NAME) -> str:
    """Return a name that begins with the group's. If it is too long, a hash of the group's name replaces its end."""
    name = f"{group}-{suffix}"
    if len(name) <= longest:
        return name
    end = f"-{hashlib.sha256(group.encode()).hexdigest()[:8]}-{suffix}"
    return group[: longest - len(end)] + end
