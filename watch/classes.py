"""The outcomes of a tick: one table for alerts, config, schema, docs and the report. Tests compare them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

FAILED = "failed"
NOT_STARTED = "not-started"
NOT_LAUNCHED = "not-launched"
MISSED = "missed"
INTERRUPTED = "interrupted"
OVERRUN = "overrun"
NOT_DONE = "not-done"
WILL_NOT_LAUNCH = "will-not-launch"
DRIFTED = "drifted"
RECOVERED = "recovered"
TIMED_OUT = "timed-out"
TOO_LATE = "too-late"
SKIPPED = "skipped"
WAITING = "waiting"
GOOD = "good"
RUNNING = "running"
STOPPED = "stopped"
HELD = "held"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One entry of the table."""

    name: str
    """The name in the ledger, in alerts and in config."""
    meaning: str
    """The meaning in a few words. Its row in docs/alerts.md begins with them."""
    title: str = ""
    """The words after the schedule's name in a summary; empty for an outcome that is recorded but not alerted."""
    is_trouble: bool = True
    """Whether somebody may have to act."""
    pauses: bool = False
    """Whether a tick counts towards `pause_after` of its job: the job itself went wrong, or is not as it must be."""
    letter: str = ""
    """The letter that marks the outcome in the report, for readers who cannot see the colours."""
    colours: tuple[str, str] | None = None
    """Background and text of the report's marks; None where the style sheet draws the mark in another way."""

    @property
    def label(self) -> str:
        """The name in words."""
        return self.name.replace("-", " ")


OUTCOMES = (
    Outcome(
        name=FAILED,
        meaning="the run began, and did not do its work",
        title="failed",
        pauses=True,
        letter="F",
        colours=("#b84a00", "#fff"),
    ),
    Outcome(
        name=NOT_STARTED,
        meaning="the run ended before its work began",
        title="did not start",
        pauses=True,
        letter="N",
        colours=("#e69f00", "#000"),
    ),
    Outcome(
        name=NOT_LAUNCHED,
        meaning="Scheduler gave up the launch",
        title="was not launched",
        pauses=True,
        letter="L",
        colours=("#a03f83", "#fff"),
    ),
    Outcome(
        name=TOO_LATE,
        meaning="no run of the tick began by its start deadline",
        title="was too late to start",
        letter="B",
        colours=("#7a1f5c", "#fff"),
    ),
    Outcome(
        name=MISSED,
        meaning="the tick was due, but no run is known",
        title="did not run",
        letter="M",
    ),
    Outcome(
        name=INTERRUPTED,
        meaning="the run lost what it ran on",
        title="was interrupted",
        letter="I",
        colours=("#56b4e9", "#000"),
    ),
    Outcome(
        name=TIMED_OUT,
        meaning="the run was stopped at its time limit",
        title="took too long and was stopped",
        pauses=True,
        letter="T",
        colours=("#8a6d00", "#fff"),
    ),
    Outcome(
        name=OVERRUN,
        meaning="the run takes too long",
        title="is taking too long",
        letter="O",
        colours=("#f0e442", "#000"),
    ),
    Outcome(
        name=NOT_DONE,
        meaning="the tick has no good run by the time at which the job must be done",
        title="is not done",
        letter="D",
        colours=("#5b4bb5", "#fff"),
    ),
    Outcome(
        name=STOPPED,
        meaning="somebody stopped the run",
        title="was stopped",
        letter="S",
        colours=("#6b7280", "#fff"),
    ),
    Outcome(
        name=WILL_NOT_LAUNCH,
        meaning="the newest revision of a task definition does not fit the deployed jobs",
        title="will not launch",
    ),
    Outcome(
        name=DRIFTED,
        meaning="the schedule in AWS is not the one that was deployed",
        title="has another schedule in AWS than was deployed",
    ),
    Outcome(
        name=RECOVERED,
        meaning="the first good run after an alert",
        title="has recovered",
        is_trouble=False,
    ),
    Outcome(
        name=SKIPPED,
        meaning="the tick was not launched, as the job wants it: overlap, calendar or late ticks",
        is_trouble=False,
        letter="K",
        colours=("#d1d5db", "#000"),
    ),
    Outcome(
        name=WAITING,
        meaning="the tick waits for its first launch or its next attempt",
        is_trouble=False,
        letter="W",
        colours=("#9ec5e8", "#000"),
    ),
    Outcome(name=GOOD, meaning="the run did its work", is_trouble=False),
    Outcome(
        name=HELD,
        meaning="a hold kept the tick from running",
        is_trouble=False,
        letter="H",
        colours=("#dcc9f2", "#000"),
    ),
    Outcome(name=RUNNING, meaning="the run has not ended", is_trouble=False, letter="R", colours=("#0072b2", "#fff")),
)

BY_NAME = MappingProxyType({outcome.name: outcome for outcome in OUTCOMES})

TROUBLES = tuple(outcome.name for outcome in OUTCOMES if outcome.is_trouble)
"""Classes of alerts after which somebody may have to act."""
CLASSES = tuple(outcome.name for outcome in OUTCOMES if outcome.title)
"""All classes of alerts."""
