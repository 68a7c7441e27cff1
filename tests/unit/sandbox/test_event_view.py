"""The view of events fits the terminal, and is a line for each event in a pipe."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from sandbox.event_view import EventsView
from tests.unit.sandbox.event_samples import ALARM, DELIVERY, EVENTS, INVOCATION, LAUNCH

ODD = ("[/red]", "[bold", "[red]x[/blue]", ":smile:", "\\[", "a\nb", "\x1b[31m", "", "é" * 300, "arn:x")
texts = st.sampled_from(ODD) | st.text(max_size=12)


def shown(*events: dict[str, Any], **console: Any) -> list[str]:  # noqa: ANN401 - arguments of Console
    """Return the lines of a view; in a pipe unless the console is another one."""
    text = StringIO()
    made = Console(file=text, highlight=False, emoji=False, color_system=None, **{"width": 10_000, **console})
    made.print(EventsView(events), markup=False)
    return text.getvalue().splitlines()


TOLD: dict[str, tuple[dict[str, Any], str]] = {
    "started": (LAUNCH, "launch of jobs/report: started 1"),
    "in a window": (
        {**LAUNCH, "tick": "2027-01-04T00:50:00+00:00"},
        "launch of jobs/report for 2027-01-04 00:50:00: started 1",
    ),
    "again": ({**LAUNCH, "attempt": 1}, "launch of jobs/report, attempt 2: started 1"),
    "retried": ({**LAUNCH, "tasks": [], "error": "Throttled"}, "launch of jobs/report: Throttled"),
    "refused": (
        {**LAUNCH, "tasks": [], "error": "Denied", "dead_letter": "lost: no queue"},
        "launch of jobs/report: Denied -> lost: no queue",
    ),
    "no task": (
        {**LAUNCH, "tasks": [], "failures": ["No capacity", "AGENT"]},
        "launch of jobs/report: no task: No capacity, AGENT",
    ),
    "message": ({**LAUNCH, "tasks": [], "sent_to": "launches"}, "launch of jobs/report: message to launches"),
    "delivered": (DELIVERY, "ECS Task State Change STOPPED of report: rule failed -> sns:alerts"),
    "not delivered": (
        {**DELIVERY, "error": "Refused"},
        "ECS Task State Change STOPPED of report: rule failed -> sns:alerts: Refused",
    ),
    "of no task": ({**DELIVERY, "job": None, "status": ""}, "ECS Task State Change: rule failed -> sns:alerts"),
    "invocation": (
        INVOCATION,
        "function watch for events:rule/tick, attempt 2: ValueError: no -> retry at 01:02:00",
    ),
    "first invocation": (
        {**INVOCATION, "attempt": 0},
        "function watch for events:rule/tick: ValueError: no -> retry at 01:02:00",
    ),
    "alarm": (ALARM, "alarm jobs-watch-silent: OK -> ALARM: Threshold Crossed"),
    "untold alarm": ({**ALARM, "error": "[nobody]"}, "alarm jobs-watch-silent: OK -> ALARM: not sent: [nobody]"),
}


@pytest.mark.parametrize(("event", "expected"), TOLD.values(), ids=TOLD)
def test_told(event: dict[str, Any], expected: str) -> None:
    """An event is told in one line of a pipe, with its time in UTC, what happened and how it ended."""
    assert shown(event) == [f"2027-01-04 01:00:00  {expected}"]


def test_nothing() -> None:
    """The view says that there is no event."""
    assert shown() == shown(force_terminal=True) == ["No events."]


@pytest.mark.parametrize("width", [60, 80, 200])
def test_fits_the_terminal(width: int) -> None:
    """In a terminal no line is longer than the terminal is wide, and no character is lost."""
    name = "a-long-group-of-schedules/" + "a-job-with-a-very-long-name" * 3
    events = [{**LAUNCH, "schedule": name}, *EVENTS[1:]]
    found = shown(*events, force_terminal=True, width=width)
    assert max(map(len, found)) <= width
    assert "".join(name.split()) in "".join("".join(line.split()) for line in found)
    assert sum("2027-01-04 01:00:00" in line for line in found) == len(events)


def test_trouble_is_red() -> None:
    """In a terminal with colours the result of an event that went wrong is red, and no other."""
    text = StringIO()
    console = Console(file=text, width=200, highlight=False, force_terminal=True, color_system="standard")
    console.print(EventsView([LAUNCH, {**DELIVERY, "error": "Refused"}]))
    assert text.getvalue().count("\x1b[31m") == 1
    assert "\x1b[31mrule failed -> sns:alerts: Refused" in text.getvalue()


@given(texts, st.none() | texts, st.booleans())
def test_any_event(text: str, maybe: str | None, terminal: bool) -> None:  # noqa: FBT001 - drawn by Hypothesis
    """No text of an event is read as markup or makes a line of its own, and each line fits."""
    launch = {**LAUNCH, "schedule": text, "tick": text, "tasks": [text], "error": maybe, "dead_letter": maybe}
    delivery = {**DELIVERY, "at": text, "rule": text, "target": text, "detail_type": text, "error": maybe, "job": maybe}
    invocation = {**INVOCATION, "at": text, "function": text, "source": text, "error": text, "then": text}
    alarm = {**ALARM, "alarm": text, "old": text, "reason": text, "error": maybe}
    events = (launch, delivery, invocation, alarm)
    if terminal:
        assert all(cell_len(line) <= 400 for line in shown(*events, force_terminal=True, width=400))
    else:
        assert len(shown(*events)) == len(events)
