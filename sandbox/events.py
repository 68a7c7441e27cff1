"""The outcomes of the sandbox's events, and the events that a user asks for. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    Event = Mapping[str, Any]


class Outcome(StrEnum):
    """How an event ended."""

    STARTED = "started"
    """A launch started its task."""
    NO_TASK = "no-task"
    """RunTask answered a launch without an error and without a task."""
    RETRIED = "retried"
    """The call of a launch failed, and Scheduler makes it again."""
    NOT_LAUNCHED = "not-launched"
    """The call of a launch failed, and Scheduler gave it up."""
    DELIVERED = "delivered"
    """A rule's target received an event, or a queue the message of a schedule."""
    FAILED = "failed"
    """A rule could not deliver an event, or an invocation of a function failed."""
    OK = "ok"
    """An alarm is in this state now, as in the next two."""
    ALARM = "alarm"
    INSUFFICIENT_DATA = "insufficient-data"

    @property
    def words(self) -> str:
        """The outcome in words, such as `no task`."""
        return self.value.replace("-", " ")


BAD = frozenset({Outcome.NO_TASK, Outcome.RETRIED, Outcome.NOT_LAUNCHED, Outcome.FAILED, Outcome.ALARM})
"""Outcomes that somebody may have to look at."""


def outcome(event: Event) -> Outcome:
    """Return how an event ended."""
    match event["kind"]:
        case "launch":
            return _of_launch(event)
        case "delivery":
            return Outcome.FAILED if event["error"] is not None else Outcome.DELIVERED
        case "alarm":
            return Outcome(event["new"].lower().replace("_", "-"))
        case _:
            return Outcome.FAILED


def chosen(events: Iterable[Event], job: str | None, outcomes: Collection[Outcome]) -> list[Event]:
    """Return the events of a job, or of all for None, that ended in one of some ways, or in any for no outcome."""
    return [event for event in events if job in (None, event["job"]) and (not outcomes or outcome(event) in outcomes)]


def _of_launch(event: Event) -> Outcome:
    if event["failures"]:
        return Outcome.NO_TASK
    if event["dead_letter"] is not None:
        return Outcome.NOT_LAUNCHED
    if event["error"] is not None:
        return Outcome.RETRIED
    return Outcome.DELIVERED if event["sent_to"] else Outcome.STARTED
