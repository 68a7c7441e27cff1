"""A job's ticks in flight, as the job's record keeps them. Plain data; moments are whole seconds since 1970 in UTC.

A tick is in flight from its arrival until it has no further attempt and its last task has stopped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from supervision import plain_data
from supervision.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Mapping

TickKey = tuple[str, str]
"""Schedule and tick."""


@dataclass
class Launch:
    """One decision to launch a task. It stands in the record before RunTask is called, and until the task has stopped.

    What holds for tasks and RunTask holds for other runs and their calls. For a tick that a process claims by itself
    nobody decides and calls anything: it has one launch, which is known when the process tells of it.

    Every call for the same launch has the same request and token, so a call that is repeated starts nothing. After an
    answer that no task was started, a further launch has another token: AWS does not say whether it would repeat the
    answer.
    """

    number: int
    """1 for the tick's first launch. It grows with each launch, also with those that start nothing."""
    attempt: int
    """The value of JOB_ATTEMPT."""
    decided: int
    """When the launch was decided; from the first call on, when that was made."""
    revision: str = ""
    """The ARN of the task definition's revision, if the service decides it."""
    calls: int = 0
    """Calls of RunTask or Invoke, counted before each is made. One without an answer may have started a run."""
    refused: int = 0
    """Calls after which ECS said that it started nothing."""
    called: int = 0
    """When the call was begun whose answer is awaited; 0 when none is."""
    task: str = ""
    """The task's ARN, or the text of the invocation (`watch.invocations`), once it is known."""
    cluster: str = ""
    """The ARN of the task's cluster; empty for an invocation."""
    created: int | None = None
    """When the task was created."""
    started: int | None = None
    """When the task was RUNNING."""
    asked: int = 0
    """When ECS last answered how the task is."""

    @property
    def in_doubt(self) -> bool:
        """Whether a call that has no answer may have started a task that nobody knows yet."""
        return not self.task and self.calls > self.refused


@dataclass
class Stop:
    """A decision to stop the present launch's task. It stands until the task has stopped."""

    class_: str
    """What becomes of the run: `timed-out`, `not-started` or `stopped`."""
    why: str
    decided: int
    sent: int | None = None
    """When StopTask was last answered."""


@dataclass
class Flight:
    """One tick in flight, or an operator's run of a tick."""

    schedule: str
    tick: str
    limits: Limits
    """The job's limits when the tick arrived. A later deployment does not change them."""
    arrived: int
    launch_by: int
    """The last moment of the next launch: the start deadline, until the first task was launched."""
    punctual_until: int
    """Until this moment a tick is not late."""
    next_tick: int | None = None
    """When the schedule's next tick is due."""
    rerun: str = ""
    """The id of the operator's request; empty for the schedule's own run."""
    insists: bool = False
    """Whether the operator wants the run whatever else holds lock and slot. Then it holds neither."""
    attempt: int = 1
    """The number of the present or next attempt."""
    launches: int = 0
    """How many launches were decided."""
    tasks: int = 0
    """How many of them have a task."""
    ran: str = ""
    """The ARN of the task that stopped last."""
    setbacks: int = 0
    """Launches that used up no attempt: AWS took the capacity away, or the task did not start."""
    began: int | None = None
    """When the first launch was decided. From then on the tick holds its slot and its lock."""
    not_before: int = 0
    """When the next launch may be decided, or the next call may be made."""
    refusals: int = 0
    """How many launches in a row started nothing."""
    launch: Launch | None = None
    stop: Stop | None = None
    last: bool = False
    """Whether no further attempt begins."""
    waits: str = ""
    """What the tick waits for, in words."""
    lock_refused: int | None = None
    """When the tick first found its lock held, or an earlier tick waiting for it; None if it never did."""
    revision: str = ""
    resolved: int = 0
    """When the service was found to run `revision`."""
    asks_service: bool = False
    """Whether the service is to be asked which revision it runs."""
    blocked: int = 0
    """How many ticks were skipped because of this one."""

    @property
    def key(self) -> TickKey:
        """The schedule and the tick."""
        return self.schedule, self.tick

    @property
    def name(self) -> str:
        """The flight's name, which no other flight of the stack has."""
        return name(self.schedule, self.tick, self.rerun)

    @property
    def job(self) -> str:
        """The job, with whose name the schedule's begins."""
        return self.schedule.partition(".")[0]

    @property
    def order(self) -> tuple[str, str, str]:
        """The place among the job's flights: by tick."""
        return self.tick, self.schedule, self.rerun

    @property
    def holds(self) -> bool:
        """Whether the tick holds its slot and its lock."""
        return self.began is not None and not self.insists

    @property
    def lock(self) -> str:
        """The lock that the tick needs; empty for none."""
        return "" if self.insists else self.limits.lock

    def to_plain(self) -> dict[str, Any]:
        """Return the flight as plain data. A field that earlier versions do not know is left out if empty."""
        plain = {**plain_data.plain(self), "limits": self.limits.to_plain()}
        if self.lock_refused is None:
            del plain["lock_refused"]
        return plain

    @classmethod
    def from_plain(cls, raw: Mapping[str, Any]) -> Self:
        """Return the flight of this plain data."""
        launch, stop = raw["launch"], raw["stop"]
        return cls(
            **{
                **raw,
                "limits": Limits.from_plain(raw["limits"]),
                "launch": Launch(**launch) if launch else None,
                "stop": Stop(**stop) if stop else None,
            }
        )


def name(schedule: str, tick: str, rerun: str) -> str:
    """Return the name of a flight; `rerun` is the id of the operator's request, or empty."""
    return "/".join(filter(None, (schedule, tick, rerun)))
