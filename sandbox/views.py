"""Views of the sandbox's commands for people. Text of jobs and messages is never read as markup."""

from __future__ import annotations

import shlex
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from sandbox.events import Outcome, outcome
from watch.untrusted import visible
from watch.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    Record = Mapping[str, Any]

_SHOWN_SUCCESSES = 2
"""The number of successful runs that are listed per job; further ones are counted."""
_PIPE_WIDTH = 10_000
"""Columns of an output that is not a terminal, wider than any line."""
NEW_LINE = "\n"


def runs_table(runs: Sequence[Record], command: str = "python -m sandbox") -> RenderableType:
    """Return a table of the failed runs and each job's first successful runs, and a hint how to see a failed run's log.

    `command` is the command that runs this program.
    """
    if not runs:
        return _text("No tasks ran.")
    table = Table("job", "tick (UTC)", "exit", "log stream", box=box.SIMPLE_HEAD)
    shown: Counter[str] = Counter()
    for run in sorted(runs, key=lambda r: (r["job"], r["tick"] or "")):
        good = run["exitCode"] == 0
        shown[run["job"]] += good
        if good and shown[run["job"]] > _SHOWN_SUCCESSES:
            continue
        table.add_row(_text(run["job"]), _tick(run), _exit(run), _text(run["logStream"] or "not logged"))
    more = [f"{n - _SHOWN_SUCCESSES} of {job}" for job, n in sorted(shown.items()) if n > _SHOWN_SUCCESSES]
    parts: list[RenderableType] = [table]
    if more:
        parts.append(_text(f"Further successful runs: {', '.join(more)}"))
    failed = [run for run in runs if _failed(run)]
    if failed:
        parts.append(_text(_failures(failed, {run["job"]: run for run in runs}, command), style="red"))
    return Group(*parts)


def log_view(run: Record) -> RenderableType:
    """Return the lines of a run's log. A run without any did perhaps not start: then its reason, or else its status."""
    if run["lines"]:
        return Text(NEW_LINE.join(visible(line.expandtabs()) for line in run["lines"]))
    name = f"of {_tick(run).plain} UTC" if run["tick"] else run["task"].rpartition("/")[2]
    return _text(f"The run {name} has no log: {run['stoppedReason'] or run['status']}")


def without_runs(launches: Iterable[Record], messages: int, command: str = "python -m sandbox") -> RenderableType:
    """Return a summary of the ticks without a run and of the messages that were sent."""
    outcomes = [(launch["schedule"].rpartition("/")[2], outcome(launch)) for launch in launches]
    lost = Counter(one for one in outcomes if one[1] in (Outcome.NO_TASK, Outcome.NOT_LAUNCHED))
    parts = []
    if lost:
        listed = [f"{name} ({how.words}{f', {n} times' if n > 1 else ''})" for (name, how), n in lost.items()]
        chosen = "".join(f" --outcome {how}" for how in sorted({how for _, how in lost}))
        count = sum(lost.values())
        said = f"{'1 tick has' if count == 1 else f'{count} ticks have'} no run: {', '.join(listed)}"
        parts.append(_text(f"{said}; see: {command} events{chosen}", style="red"))
    if messages:
        said = "1 message was" if messages == 1 else f"{messages} messages were"
        parts.append(_text(f"{said} sent; see: {command} mail"))
    return Group(*parts)


def mail_view(mails: Iterable[Record]) -> RenderableType:
    """Return messages as a mail reader shows them."""
    parts = []
    for mail in mails:
        parts.append(_text(f"{mail['at']}  to {mail['to']}", style="bold"))
        if mail["undelivered"]:
            parts.append(_text(f"not delivered: {mail['undelivered']}", style="red"))
        if mail["attributes"]:
            parts.append(
                _text(", ".join(f"{name}: {value}" for name, value in mail["attributes"].items()), style="dim")
            )
        parts.append(Text(f"{visible(mail['subject'])}\n{visible(mail['body'], keep=NEW_LINE)}\n"))
    return Group(*parts) if parts else _text("No mail.")


def faults_view(staged: Sequence[Record]) -> RenderableType:
    """Return a table of the failures that have not happened yet."""
    if not staged:
        return _text("Nothing is staged.")
    table = Table("what fails", "job", "times", "how", box=box.SIMPLE_HEAD)
    for fault in staged:
        table.add_row(_text(fault["kind"]), _text(fault["job"] or ""), _text(_times(fault)), _text(_how(fault)))
    return table


def hints(title: str, commands: Mapping[str, str]) -> str:
    """Return the commands to type next, each with its purpose."""
    width = max(map(len, commands)) + 4
    return "\n".join([title, *(f"  {command:<{width}}{why}" for command, why in commands.items())])


def console(*, stderr: bool = False) -> Console:
    """Return a console that does not wrap lines when its output is piped."""
    made = Console(stderr=stderr, highlight=False, emoji=False)
    if not made.is_terminal:
        made = Console(stderr=stderr, highlight=False, emoji=False, width=_PIPE_WIDTH)
    return made


def _text(words: str, style: str = "") -> Text:
    """Return one line of text in which every character is visible."""
    return Text(visible(words), style=style)


def _times(fault: Record) -> str:
    """Return how often a failure will still happen, or until when."""
    return str(fault["left"]) if fault["until"] is None else f"until {fault['until'][:19].replace('T', ' ')}"


def _how(fault: Record) -> str:
    """Return in a few words how a failure happens."""
    told: Mapping[str, Sequence[str | None]] = {
        "launch": [fault["refusal"], fault["reason"]],
        "pending": [fault["status"] or "PENDING", _lasting(fault)],
        "slow": [_lasting(fault)],
        "hang": [_lasting(fault)],
        "exit": [_stop(fault), _exit_code(fault, 143 if fault["stop_code"] else 1), fault["reason"]],
        "sidecar": [fault["container"], _exit_code(fault, 137), fault["reason"]],
        "stale": [_lasting(fault)],
        "lose-log": [f"{fault['lines']} line{'s' if fault['lines'] > 1 else ''}"],
        "delay-events": [fault["status"], _lasting(fault)],
        "lose-events": [fault["status"]],
        "call": [fault["operation"], fault["error"], fault["reason"]],
        "function": [fault["name"], fault["fails"], fault["reason"]],
        "queue": [fault["name"]],
        "duplicate-messages": [fault["name"]],
        "delay-messages": [fault["name"], _lasting(fault)],
        "lose-messages": [fault["name"]],
        "duplicate-invocations": [fault["name"]],
        "lose-invocations": [fault["name"]],
    }
    return " ".join(filter(None, told.get(fault["kind"], [fault["reason"]])))


def _stop(fault: Record) -> str | None:
    code = "no stop code" if fault["stop_code"] == "none" else fault["stop_code"]
    return f"{code} for {fault['warning']:.0f}s" if fault["warning"] else code


def _exit_code(fault: Record, usual: int) -> str:
    if fault["no_code"]:
        return "no exit code"
    return f"exit {usual if fault['code'] is None else fault['code']}"


def _lasting(fault: Record) -> str:
    seconds = fault["seconds"]
    return "for ever" if seconds is None else f"for {timedelta(seconds=seconds)}"


def _failures(failed: Sequence[Record], latest: Mapping[str, Record], command: str) -> str:
    """Return a summary of failed runs, and the command that shows the log of one of them.

    `logs JOB` shows a job's latest run. When no failed job's latest run failed, the command names a task.
    """
    kinds = Counter((run["job"], _exit(run).plain) for run in failed)
    listed = [
        f"{job} ({'exit ' if how.isdecimal() else ''}{how}{f', {n} times' if n > 1 else ''})"
        for (job, how), n in kinds.items()
    ]
    first = next((run for run in failed if _failed(latest[run["job"]])), None)
    name = first["job"] if first else failed[0]["task"].rpartition("/")[2]
    return f"{counted(len(failed), 'run')} failed: {', '.join(listed)}; see: {command} logs {shlex.quote(name)}"


def _failed(run: Record) -> bool:
    return bool(run["exitCode"]) or (run["exitCode"] is None and run["status"] == "STOPPED")


def _tick(run: Record) -> Text:
    return _text(str(run["tick"] or "").removesuffix("Z").replace("T", " "))


def _exit(run: Record) -> Text:
    if run["exitCode"] is None:
        return _text(run["stopCode"] or run["status"], style="yellow")
    return _text(str(run["exitCode"]), style="red" if run["exitCode"] else "green")
