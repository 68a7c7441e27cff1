"""The alert that an operator asks for, to see that alerts arrive. It is marked, and nothing has happened. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from watch import alert as contract
from watch import classes, instants
from watch.enrichment import Found
from watch.records import Message

if TYPE_CHECKING:
    from watch.alert import Alert, Setting

TEST = "test"
"""The kind of the alert. Its class, severity, owner and job are those of a real alert, by which endpoints filter."""


def compose(job: str, by: str, setting: Setting) -> Alert:
    """Return the alert about a job that somebody asked for. Its incident is not the job's, whose alerts go on."""
    reason = f"{by} asked for this alert; nothing has happened"
    name = f"{TEST}/{job}/{instants.text(setting.now)}"
    message = Message(name, TEST, classes.FAILED, "", "", count=0, reason=reason)
    made = contract.compose(message, job, None, Found(), setting)
    marked = {
        "incident": f"{setting.facts.group}/{TEST}/{job}",
        "summary": f"TEST of the alerts about {job}: nothing has happened",
        "job": job,
        "cause": None,
        "rerunHelps": None,
    }
    return {**made, **marked}
