"""What a run is, by the text that names it. Pure."""

from __future__ import annotations

from aws_facts.arn import Arn
from watch import untrusted

TASK, INVOCATION, WORKER_RUN, PROCESS_RUN = "task", "invocation", "worker run", "in-process run"
"""A task of ECS, the invocation of a function, a run that a worker takes from the work queue, and one that a process
claims by itself."""


def kind(run: str) -> str:
    """Return in words what a run's text names."""
    if untrusted.is_invocation(run):
        return INVOCATION
    if not untrusted.is_claimed_run(run):
        return TASK
    return WORKER_RUN if Arn.parse(run).service == "sqs" else PROCESS_RUN


def place(run: str) -> str:
    """Return what a run's text names before the id: an alias, a work queue, or a table of claims."""
    return run.rpartition("/")[0]


def id_of(run: str) -> str:
    """Return the id of a run, by which the records know it: the last part of its text."""
    return run.rpartition("/")[2]
