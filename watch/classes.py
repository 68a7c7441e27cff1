"""What can become of a tick, and which of it a person is told."""

from __future__ import annotations

FAILED = "failed"
"""The job's own container ended with another exit code than 0."""
NOT_STARTED = "not-started"
"""The task stopped before the job's container ran."""
NOT_LAUNCHED = "not-launched"
"""Scheduler gave the launch up."""
MISSED = "missed"
"""The tick was due, and no run of it is known."""
INTERRUPTED = "interrupted"
"""AWS took the capacity away: a Spot interruption or a termination notice."""
OVERRUN = "overrun"
"""The run takes far longer than it ever did when it was good."""
WILL_NOT_LAUNCH = "will-not-launch"
"""The newest revision of a task definition needs what was not deployed; told before the tick."""
RECOVERED = "recovered"
"""The first good run after an alert."""

TROUBLES = (FAILED, NOT_STARTED, NOT_LAUNCHED, MISSED, INTERRUPTED, OVERRUN, WILL_NOT_LAUNCH)
"""Classes of alerts that need a person."""
CLASSES = (*TROUBLES, RECOVERED)

GOOD = "good"
RUNNING = "running"
STOPPED = "stopped"
"""Somebody stopped the run: recorded, not alerted."""
