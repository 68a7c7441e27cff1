"""`python -m sandbox events` lists what happened between the services."""

from __future__ import annotations

from typing import Annotated

import typer

from sandbox.answers import Json, answer
from sandbox.client import connect
from sandbox.errors import not_here
from sandbox.event_view import EventsView
from sandbox.events import Outcome, chosen
from sandbox.session import Session


def events(
    *,
    job: Annotated[
        str | None, typer.Option(metavar="JOB", help="Only launches of this job, and events of its runs.")
    ] = None,
    outcomes: Annotated[
        list[Outcome] | None,
        typer.Option("--outcome", metavar="OUTCOME", help="Only what ended so, see above; may be repeated."),
    ] = None,
    as_json: Json = False,
) -> None:
    """List the launches, rule deliveries, failed functions and changed alarms.

    \b
    started       a launch started its task
    no-task       RunTask answered without an error and without a task
    retried       the call of a launch failed, and Scheduler makes it again
    not-launched  the call of a launch failed, and Scheduler gave it up
    delivered     a rule's target received an event
    failed        a rule could not deliver an event, or a function failed
    ok, alarm, insufficient-data
                  an alarm changed to this state
    """  # noqa: D301 - after \b the help keeps its lines
    client = connect(Session.default())
    found = client.get("events")
    if job is not None:
        known = sorted({*client.get("jobs"), *filter(None, (event["job"] for event in found))})
        if job not in known:
            raise not_here("job", job, known, f"jobs: {', '.join(known) or 'none'}")
    listed = chosen(found, job, outcomes or ())
    answer(listed, EventsView(listed, _none(job, outcomes or ())), as_json=as_json)


def _none(job: str | None, outcomes: list[Outcome] | tuple[()]) -> str:
    """Return what to say when nothing is listed."""
    of = f" of job '{job}'" if job is not None else ""
    ended = f" with the outcome {' or '.join(outcomes)}" if outcomes else ""
    return f"No events{of}{ended}."
