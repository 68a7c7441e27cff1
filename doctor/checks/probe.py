"""Judges a probe: a task of the job with `true` as its command, by which everything before the job's code is tried."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aws_facts.entry_point import Lost, lost_words
from doctor.finding import Link, broken, sound, unchecked
from judgements import task_definition
from judgements.answers import Refused
from watch import classes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from doctor.account import Known
    from doctor.finding import Finding
    from doctor.launch import Launch

COMMAND: Sequence[str] = ("true",)
"""It does nothing and ends with 0 (POSIX, true)."""
ON_CALL = "Who is on call"
_NOT_FOUND = 127
"""The exit code of a shell for a command that does not exist (POSIX, Exit Status for Commands)."""
_NO_FILE = ("executable file not found", "no such file or directory")
"""In the reason of a container whose command does not exist in its image."""


@dataclass(frozen=True, kw_only=True)
class Probed:
    """A probe that has ended, or was stopped at its time limit."""

    outcome: str
    """As the watch judges the end of a run."""
    exit_code: int | None
    reason: str
    timed_out: bool
    pulled: bool
    """Whether ECS had pulled the images."""
    started: bool
    """Whether the containers had started."""

    @property
    def way(self) -> str:
        """How far it came, in words."""
        steps = ["the task was placed"]
        steps += ["its image was pulled"] if self.pulled or self.started else []
        return ", ".join([*steps, *(["its containers started"] if self.started else [])])


def doubt(launch: Launch, answer: Known[Mapping[str, Any] | None] | Refused) -> Finding | None:
    """Return why a probe would prove nothing or do the job's work; None if it can be made.

    The entry point of the image is not known. One that ignores its arguments does what it always does. Where the job
    has no command, the entry point may be the work itself, and `true` one of its arguments.
    """
    if not launch.command:
        why = "the job has no command, so the container's entry point may do the work, with `true` as an argument"
        return unchecked(Link.PROBE, launch.schedule, "how far a task comes", why, [launch.job])
    if isinstance(answer, Refused):
        return unchecked(Link.PROBE, launch.schedule, "whether `true` can be its command", answer, [launch.job])
    containers = (answer.value or {}).get("containerDefinitions") or []
    lost = lost_words(task_definition.entry_point(launch.container, containers))
    if lost in (Lost.ALL, Lost.THE_FIRST):
        why = f"the entry point of the container '{launch.container}' does not run {lost.value}, so not `true` either"
        return unchecked(Link.PROBE, launch.schedule, "how far a task comes", why, [launch.job])
    return None


def refused(launch: Launch, reason: Refused) -> Finding:
    """Return the finding about a probe that AWS did not launch, with the reason."""
    if reason.permission:
        return unchecked(Link.PROBE, launch.schedule, "how far a task comes", reason, [launch.job], ON_CALL)
    fix = "remove the reason, which keeps the schedule's own tasks from starting, too"
    return broken(
        "probe-not-launched", Link.PROBE, launch.schedule, f"it was not launched: {reason}", fix, [launch.job]
    )


def judge(launch: Launch, probed: Probed) -> Finding:
    """Return the finding about a probe that was launched."""
    about, jobs = launch.schedule, [launch.job]
    if probed.outcome == classes.GOOD:
        return sound(Link.PROBE, about, jobs, f"{probed.way}, and `true` ended with 0")
    if probed.exit_code == _NOT_FOUND or any(one in probed.reason for one in _NO_FILE):
        why = f"the image has no command `true`; {probed.way}: {probed.reason}"
        return unchecked(Link.PROBE, about, "whether the container ends well", why, jobs)
    if probed.timed_out and not probed.started:
        text = f"it did not start in time, and was stopped; {probed.way}"
        fix = "look whether the subnets have a way to the registry, and whether the image is very large"
        return broken("probe-not-started", Link.PROBE, about, text, fix, jobs)
    if not probed.started or probed.outcome == classes.NOT_STARTED:
        text = f"it did not start; {probed.way}: {probed.reason}"
        fix = "remove the reason, which keeps the schedule's own tasks from starting, too"
        return broken("probe-not-started", Link.PROBE, about, text, fix, jobs)
    ended = "was stopped" if probed.exit_code is None else f"ended with {probed.exit_code}"
    text = f"{probed.way}, but `true` {ended}: {probed.reason}"
    fix = "look whether the image's entry point runs its arguments, and whether another container has ended"
    return broken("probe-failed", Link.PROBE, about, text, fix, jobs)
