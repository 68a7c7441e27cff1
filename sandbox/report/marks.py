"""How outcomes are told apart by more than their colour: each has a letter, and what went well has the small mark."""

from __future__ import annotations

from typing import TYPE_CHECKING

from watch import classes

if TYPE_CHECKING:
    from collections.abc import Mapping

LETTERS: Mapping[str, str] = {
    classes.GOOD: "",
    classes.RUNNING: "R",
    classes.FAILED: "F",
    classes.NOT_STARTED: "N",
    classes.NOT_LAUNCHED: "L",
    classes.MISSED: "M",
    classes.INTERRUPTED: "I",
    classes.OVERRUN: "O",
    classes.STOPPED: "S",
}
"""By outcome; the style sheet has a class of the same name for each."""

MEANINGS: Mapping[str, str] = {
    classes.GOOD: "good",
    classes.RUNNING: "running",
    classes.FAILED: "failed",
    classes.NOT_STARTED: "not started",
    classes.NOT_LAUNCHED: "not launched",
    classes.MISSED: "missed",
    classes.INTERRUPTED: "interrupted",
    classes.OVERRUN: "overrun",
    classes.STOPPED: "stopped",
}


def mark(outcome: str, alert: str | None) -> str:
    """Give the outcome that a tick is shown by: a run that took far too long stands out also when it was good at last.

    `alert` is the class that was told.
    """
    late = alert == classes.OVERRUN and outcome in (classes.RUNNING, classes.GOOD)
    return classes.OVERRUN if late else outcome
