"""What a run is, by the text that names it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_facts.arn import Arn
from watch import untrusted

if TYPE_CHECKING:
    from watch.facts import JobFacts

TASK, INVOCATION, WORKER_RUN, PROCESS_RUN = "task", "invocation", "worker run", "in-process run"
"""A task of ECS, the invocation of a function, a run that a worker takes from the work queue, and one that a process
claims by itself."""
REQUEST = "request"
"""The invocation of a function that only sends a request: what runs the job is a receiver."""
UNSTOPPABLE = (INVOCATION, REQUEST, PROCESS_RUN)
"""What goes on until it ends by itself."""


def kind(run: str) -> str:
    """Return in words what a run's text names."""
    if untrusted.is_invocation(run):
        return INVOCATION
    if not untrusted.is_claimed_run(run):
        return TASK
    return WORKER_RUN if Arn.parse(run).service == "sqs" else PROCESS_RUN


def of(facts: JobFacts, run: str = "") -> str:
    """Return in words what a run of a job is: the one that a text names, or without one, any that begins now."""
    receives = facts.function is not None and bool(facts.function.receiver)
    if run:
        found = kind(run)
        return REQUEST if found == INVOCATION and receives else found
    if facts.in_process is not None:
        return PROCESS_RUN
    if facts.work is not None:
        return WORKER_RUN
    return TASK if facts.function is None else REQUEST if receives else INVOCATION


def place(run: str) -> str:
    """Return what a run's text names before the id: an alias, a work queue, or a table of claims."""
    return run.rpartition("/")[0]


def id_of(run: str) -> str:
    """Return the id of a run, by which the records know it: the last part of its text."""
    return run.rpartition("/")[2]
