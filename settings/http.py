"""The type `Http`: a request to a service that runs the job, and the limits of its fields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import AfterValidator, Field

from settings.guarantees import RunTime  # noqa: TC001 - pydantic reads the annotation
from settings.limits import repeated
from settings.patterns import matching

MOST_JOBS = 20
"""Their names are in an environment variable of the function that sends the request, beside the receiver's address."""

ReceiverName = Annotated[
    str,
    matching(
        r"^[a-z][a-z0-9-]{0,31}$",
        "lower-case letters, digits and hyphens, starting with a letter, at most 32 characters, such as fleet",
    ),
]
"""A key of `scheduled-jobs:receivers` in stack config."""

_ReceiversJob = Annotated[
    str,
    matching(
        r"^[A-Za-z0-9_][A-Za-z0-9_.:/-]{0,63}$",
        "letters, digits, underscores, dots, colons, slashes and hyphens, at most 64, such as refresh_rates",
    ),
]
"""A name under which the receiver knows what to run."""


def _once(names: Sequence[str]) -> Sequence[str]:
    twice = repeated(names)
    if twice is not None:
        raise ValueError(f"names '{twice}' more than once")
    return names


ReceiversJobs = Annotated[Sequence[_ReceiversJob], Field(min_length=1, max_length=MOST_JOBS), AfterValidator(_once)]


@dataclass(frozen=True)
class Http:
    """A request to a receiver, a service that runs the job in place of a container.

        JOB = Job(name="refresh-rates", http=Http("fleet"), owner="finance")

    Stack config has the receiver's address and the name of its secret, under `scheduled-jobs:receivers`. The job's
    `timeout` is the time limit of the request, by default a minute.
    """

    receiver: ReceiverName
    """The receiver's name in stack config."""

    jobs: ReceiversJobs | None = field(default=None, kw_only=True)
    """What the receiver shall run, by the names that it knows. Default: the name of the job."""

    callback_within: RunTime | None = field(default=None, kw_only=True)
    """How long the receiver may take, after it has accepted the work with 202, until it tells how the work ended.

    Default: the answer to the request tells it, and 202 is a failure.
    """
