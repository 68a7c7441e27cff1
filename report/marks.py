"""Marks of outcomes. Each outcome has a letter as well as a colour; a good outcome has a small mark."""

from __future__ import annotations

from typing import TYPE_CHECKING

from watch import classes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SHOWN = (
    classes.GOOD,
    classes.HELD,
    classes.RUNNING,
    classes.WAITING,
    classes.SKIPPED,
    classes.FAILED,
    classes.TIMED_OUT,
    classes.NOT_LAUNCHED,
    classes.NOT_STARTED,
    classes.TOO_LATE,
    classes.MISSED,
    classes.INTERRUPTED,
    classes.OVERRUN,
    classes.NOT_DONE,
    classes.STOPPED,
)
"""Outcomes of ticks, in the order of the report's legend: first those without trouble, then the gravest trouble."""
WELL = SHOWN[:5]
"""Outcomes without trouble."""

LETTERS: Mapping[str, str] = {name: classes.BY_NAME[name].letter for name in SHOWN}
MEANINGS: Mapping[str, str] = {name: classes.BY_NAME[name].label for name in SHOWN}


def style() -> str:
    """Return style sheet rules with the colours of outcomes; each outcome's CSS class has its name."""
    coloured = [(outcome.name, outcome.colours) for outcome in classes.OUTCOMES if outcome.colours]
    return "".join(f".{name} {{ background: {back}; color: {front}; }}\n" for name, (back, front) in coloured)


def mark(outcome: str, alert: str | None) -> str:
    """Return the outcome that the page shows: for a good or running run that was reported as late, that class.

    `alert` is the class of the alert that was sent.
    """
    late = alert in (classes.OVERRUN, classes.NOT_DONE) and outcome in WELL
    return alert if late and alert else outcome


def gravest(outcomes: Iterable[str]) -> list[str]:
    """Return outcomes with the gravest first: one that this version does not know, then troubles, then the others."""
    order = (*SHOWN[len(WELL) :], *reversed(WELL))
    return sorted(outcomes, key=lambda outcome: order.index(outcome) if outcome in order else -1)
