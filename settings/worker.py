"""The type `Worker`: a job that the containers of a running service take, and the limits of its field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from settings.patterns import matching

TaskName = Annotated[
    str,
    matching(
        r"^[A-Za-z_][A-Za-z0-9_.-]{0,63}$",
        "letters, digits, dots, underscores and hyphens, starting with a letter or an underscore, at most 64, such as "
        "refresh_cache",
    ),
]
"""A name under which a worker knows a function. It stands in messages and in lines of a log."""


@dataclass(frozen=True)
class Worker:
    """A job that one of the running containers of a service takes, in place of a task of its own.

        JOB = Job(name="refresh-cache", worker=Worker(task="refresh"), owner="shop")

    The job's placement names the service. A process in its containers waits for work: see docs/workers.md.
    """

    task: TaskName | None = None
    """The name of the function that the worker has registered. Default: the job's name."""
