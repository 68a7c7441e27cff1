"""The view of events for people. Text of jobs and messages is never read as markup."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table
from rich.text import Text

from aws_facts.arn import Arn
from sandbox.events import BAD, outcome
from watch.untrusted import visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console, ConsoleOptions, RenderResult

    Event = Mapping[str, Any]


@dataclass(frozen=True)
class EventsView:
    """Events in the given order: in a terminal as a table that fits it, in a pipe as a line for each event."""

    events: Sequence[Event]
    none: str = "No events."
    """The text that is shown if there are no events."""

    def __rich_console__(self, console: Console, _: ConsoleOptions) -> RenderResult:
        """Yield the table or the lines."""
        rows = [(_moment(event["at"]), _told(event)) for event in self.events]
        if not rows:
            yield Text(visible(self.none))
        elif console.is_terminal:
            table = Table("at (UTC)", "event", box=box.SIMPLE_HEAD)
            table.columns[0].no_wrap = True
            table.columns[1].overflow = "fold"
            for row in rows:
                table.add_row(*row)
            yield table
        else:
            for at, told in rows:
                yield Text("  ").join((at, told))


def _told(event: Event) -> Text:
    """Return what happened and how it ended."""
    tell = {"launch": _launch, "delivery": _delivery, "invocation": _invocation, "alarm": _alarm}[event["kind"]]
    what, result = (visible(part) for part in tell(event))
    return Text(f"{what}: ").append(result, style="red" if outcome(event) in BAD else "")


def _launch(event: Event) -> tuple[str, str]:
    tick = "" if event["tick"] == event["at"] else f" for {_moment(event['tick'])}"
    again = f", attempt {event['attempt'] + 1}" if event["attempt"] else ""
    result = event["error"] or _launched(event)
    if event["dead_letter"]:
        result += f" -> {event['dead_letter']}"
    return f"launch of {event['schedule']}{tick}{again}", result


def _launched(event: Event) -> str:
    """Return what a launch without an error did."""
    if event["sent_to"]:
        return f"message to {event['sent_to']}"
    started = ", ".join(arn.rpartition("/")[2] for arn in event["tasks"])
    return f"started {started}" if started else f"no task: {', '.join(event['failures'])}"


def _delivery(event: Event) -> tuple[str, str]:
    status = f" {event['status']}" if event["status"] else ""
    about = f" of {event['job']}" if event["job"] else ""
    path = f"rule {event['rule']} -> {_short(event['target'])}"
    return f"{event['detail_type']}{status}{about}", path if event["error"] is None else f"{path}: {event['error']}"


def _invocation(event: Event) -> tuple[str, str]:
    attempt = f", attempt {event['attempt']}" if event["attempt"] else ""
    return (
        f"function {event['function']} for {_short(event['source'])}{attempt}",
        f"{event['error']} -> {event['then']}",
    )


def _alarm(event: Event) -> tuple[str, str]:
    result = f"not sent: {event['error']}" if event["error"] else event["reason"]
    return f"alarm {event['alarm']}: {event['old']} -> {event['new']}", result


def _moment(text: str) -> Text:
    """Return an instant of an event without its offset, which is that of UTC."""
    return Text(visible(text.removesuffix("Z").removesuffix("+00:00").replace("T", " ", 1)))


def _short(arn: str) -> str:
    """Return the service and the resource of an ARN; another text as it is."""
    try:
        found = Arn.parse(arn)
    except ValueError:
        return arn
    return f"{found.service}:{found.resource}"
