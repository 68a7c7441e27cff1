"""The alert in one line: the schedule or the jobs, and what happened. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cadence
from watch import classes, drift, instants, run_kinds
from watch.digests import MOST_UNRESOLVED
from watch.wording import counted, few, title

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST = 120
"""Characters of a function's error that a summary shows."""


def summary(alert: Mapping[str, Any], incident: str, ended: str | None, kind: str) -> str:
    """Return the line; `incident` is the job or, for a task definition, its record.

    `ended` is the outcome of the run whose end an alert of the kind `ended` reports, and `kind` what that run is.
    """
    news = _news(alert, incident, ended, kind)
    return f"{news}; the job is paused" if alert["paused"] else news


def _news(alert: Mapping[str, Any], incident: str, ended: str | None, kind: str) -> str:
    name = alert["schedule"] or few(alert["jobs"])
    if alert["kind"] == "digest":
        parts = ", ".join(f"{count} {one}" for one, count in sorted(alert["digest"]["classes"].items()))
        return f"{name}: {counted(alert['digest']['count'], 'more tick')} went wrong ({parts})"
    if alert["kind"] == "ended":
        return f"{name} {_ended(alert, ended, kind)}"
    if alert["class"] == classes.RECOVERED:
        return _of_recovery(alert, name, incident)
    for what in (drift.DELETED, drift.DISABLED):
        if alert["class"] == classes.DRIFTED and alert["reason"] == drift.reason(what):
            return f"{name} will not run: its schedule was {what} in AWS"
    return f"{name} {title(alert['class'], kind)}{_more(alert)}"


def _more(alert: Mapping[str, Any]) -> str:
    """Return the fact that tells most about an alert of its class, after a colon."""
    if alert["class"] == classes.FAILED:
        return _end(alert)
    if alert["class"] == classes.OVERRUN and alert["startedAt"]:
        minutes = int((instants.read(alert["at"]) - instants.read(alert["startedAt"])).total_seconds() // 60)
        return f": running for {instants.length(60 * minutes)}"
    if alert["class"] == classes.NOT_DONE and alert["dueBy"]:
        due = instants.read(alert["dueBy"]).astimezone(cadence.zone(alert["timezone"]))
        goes_on = alert["startedAt"] and alert["goesOn"]
        return f": due by {due:%H:%M %Z}, and {'still' if goes_on else 'not'} running"
    return ""


def _ended(alert: Mapping[str, Any], outcome: str | None, kind: str) -> str:
    """Return how a run ended that was reported while it went on.

    A run that ECS lost before it was seen to start counts as failed, since nobody knows whether it started.
    """
    if outcome == classes.FAILED:
        return f"failed in the end{_end(alert)}"
    if outcome == classes.GOOD:
        return "succeeded in the end"
    is_task = kind == run_kinds.TASK
    if outcome == classes.NOT_STARTED or (is_task and not alert["startedAt"] and alert["exitCode"] is None):
        return "never started"
    return f"{title(outcome, kind)} in the end" if outcome else "has ended"


def _end(alert: Mapping[str, Any]) -> str:
    code = None if alert["exitCode"] is None else f"exit code {alert['exitCode']}"
    if run_kinds.kind(alert["task"] or "") != run_kinds.TASK:
        reason = alert["reason"] or code or "no reason is known"
        return f": {reason}" if len(reason) <= _LONGEST else f": {reason[: _LONGEST - 1]}…"
    return f": {code or 'exit code unknown'}"


def _of_recovery(alert: Mapping[str, Any], name: str, incident: str) -> str:
    if alert["schedule"] is None:  # nothing has run yet
        return f"{name} can be launched again: the newest revision of {incident.partition(':')[2]} fits"
    if alert["tick"] is None:  # of a schedule
        return f"the schedule of {name} is as deployed again"
    recovered = f"{name} {classes.BY_NAME[classes.RECOVERED].title}"
    if not alert["unresolved"]:
        return recovered
    count = alert["unresolved"]["count"]
    least = "at least " if count >= MOST_UNRESOLVED else ""
    return f"{recovered}; {least}{counted(count, 'tick')} still {'has' if count == 1 else 'have'} no good run"
