"""How outcomes are told apart by more than their colour: each has a letter, and what went well has the small mark."""

from __future__ import annotations

from typing import TYPE_CHECKING

from watch import classes

if TYPE_CHECKING:
    from collections.abc import Mapping

SHOWN = (
    classes.GOOD,
    classes.RUNNING,
    classes.FAILED,
    classes.NOT_STARTED,
    classes.NOT_LAUNCHED,
    classes.MISSED,
    classes.INTERRUPTED,
    classes.OVERRUN,
    classes.STOPPED,
)
"""Outcomes of ticks, in the order of the report's legend."""

LETTERS: Mapping[str, str] = {name: classes.BY_NAME[name].letter for name in SHOWN}
MEANINGS: Mapping[str, str] = {name: classes.BY_NAME[name].label for name in SHOWN}


def style() -> str:
    """Write the rules of a style sheet that colour what has an outcome; each outcome has a class of its name."""
    coloured = [(outcome.name, outcome.colours) for outcome in classes.OUTCOMES if outcome.colours]
    return "".join(f".{name} {{ background: {back}; color: {front}; }}\n" for name, (back, front) in coloured)


def mark(outcome: str, alert: str | None) -> str:
    """Give the outcome that a tick is shown by: a run that took far too long stands out also when it was good at last.

    `alert` is the class that was told.
    """
    late = alert == classes.OVERRUN and outcome in (classes.RUNNING, classes.GOOD)
    return classes.OVERRUN if late else outcome
