"""The alert as text for people. The news comes first, then what to do, short enough for a phone at night. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cadence
from aws_facts.stop_codes import ESSENTIAL_CONTAINER_EXITED as _EXITED
from aws_facts.stop_codes import StopCode
from watch import classes, instants, run_kinds
from watch.task import BY_SUPERVISOR
from watch.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

LONGEST_SUBJECT = 100
"""Characters of ASCII, without line breaks (SNS API reference, Publish, Subject)."""


def subject(alert: Mapping[str, Any]) -> str:
    """Return the subject. Characters that SNS does not accept are left out or replaced."""
    whole = f"[{alert['stack']}] {alert['summary']}"
    plain = " ".join(whole.encode("ascii", "replace").decode().split())
    plain = "".join(character if character.isprintable() else "?" for character in plain)
    return plain if len(plain) <= LONGEST_SUBJECT else plain[: LONGEST_SUBJECT - 3] + "..."


def body(alert: Mapping[str, Any]) -> str:
    """Return the text of the e-mail."""
    parts = [[alert["summary"]], list(_facts(alert)), *_sections(alert)]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def tick_words(tick: str, timezone: str) -> str:
    """Return a tick in the schedule's time zone, and also in UTC where the two differ."""
    instant = instants.read(tick)
    if timezone == "UTC":
        return f"{instant:%a %Y-%m-%d %H:%M} UTC"
    own = instant.astimezone(cadence.zone(timezone))
    day = "" if own.date() == instant.date() else f"{instant:%a} "
    return f"{own:%a %Y-%m-%d %H:%M %Z} ({day}{instant:%H:%M} UTC)"


def ran_words(alert: Mapping[str, Any]) -> str | None:
    """Return when the run started, when it ended and how long it took; None when it has not started."""
    if not alert["startedAt"]:
        return None
    started = instants.read(alert["startedAt"])
    day = instants.read(alert["tick"]) if alert["tick"] else started
    if not alert["stoppedAt"]:
        end = "" if _goes_on(alert) else "; when it ended is not known"
        return f"since {_clock(started, day)} UTC{end}"
    stopped = instants.read(alert["stoppedAt"])
    return f"{_clock(started, day)} to {_clock(stopped, day)} UTC, {instants.length(alert['seconds'])}"


def _goes_on(alert: Mapping[str, Any]) -> bool:
    goes_on: bool = alert["goesOn"]
    return goes_on


def _clock(instant: datetime, day: datetime) -> str:
    """Return a time of the day, with the weekday if it is on another day than `day`."""
    return f"{instant:%H:%M:%S}" if instant.date() == day.date() else f"{instant:%a %H:%M:%S}"


def expected_words(alert: Mapping[str, Any]) -> str | None:
    """Return how long a run usually takes, and the limit that it has passed; None when both are unknown."""
    usual = f"{instants.length(alert['usual'])} usually" if alert["usual"] is not None else None
    limit = f"at most {instants.length(alert['limit'])}" if alert["limit"] is not None else None
    return ", ".join(filter(None, (usual, limit))) or None


def said_words(alert: Mapping[str, Any]) -> str | None:
    """Return the reason, without words of AWS that add nothing to the exit code; None when nothing is left."""
    if alert["kind"] == "recovered":
        return None
    code, reason = alert["stopCode"], alert["reason"] or ""
    if reason.startswith(BY_SUPERVISOR):
        return reason
    if code == StopCode.ESSENTIAL_CONTAINER_EXITED:
        code, more = None, reason.removeprefix(_EXITED).removeprefix(": ")
        reason = more if more or alert["exitCode"] is not None else reason
    return ": ".join(filter(None, (code, reason))) or None


def said_by(alert: Mapping[str, Any]) -> str:
    """Return the title of the reason: whether the words are AWS's or the watch's own."""
    if (alert["reason"] or "").startswith(BY_SUPERVISOR):
        return "Reason"
    return "AWS says" if alert["stopCode"] or alert["class"] == classes.NOT_LAUNCHED else "Reason"


def rows(alert: Mapping[str, Any]) -> Iterator[tuple[str, str | None]]:
    """Yield the facts that mail and chat show, each with its title; None for one that does not apply."""
    in_trouble = alert["kind"] != "recovered"
    zone = alert["timezone"]

    def moment(tick: str | None) -> str | None:
        return tick_words(tick, zone) if tick else None

    yield "Tick", moment(alert["tick"])
    yield "Due by", moment(alert["dueBy"])
    yield "Running" if _goes_on(alert) else "Ran", ran_words(alert)
    yield _worker_title(alert), alert["worker"]
    yield "Attempts", str(alert["attempts"]) if (alert["attempts"] or 0) > 1 else None
    yield "Expected", expected_words(alert)
    yield "Exit code", None if alert["exitCode"] is None else str(alert["exitCode"])
    yield said_by(alert), said_words(alert)
    yield "Likely cause", alert["cause"]
    yield "Next tick", moment(alert["next"]) if in_trouble else None
    yield "Failures in a row", str(alert["failures"]) if (alert["failures"] or 0) > 1 else None
    yield "Paused", _paused_words(alert["paused"]) if alert["paused"] else None
    yield "First failed tick", moment(alert["firstFailed"]) if alert["firstFailed"] != alert["tick"] else None
    yield "Last good run", moment(alert["lastGood"]) if in_trouble else None
    yield "Jobs", ", ".join(alert["jobs"]) if len(alert["jobs"]) > 1 else None
    yield "Owner", ", ".join(alert["owners"]) or None


def _worker_title(alert: Mapping[str, Any]) -> str:
    return "Worker" if run_kinds.kind(alert["task"] or "") == run_kinds.WORKER_RUN else "Process"


def _paused_words(paused: Mapping[str, Any]) -> str:
    return f"{paused['ticks']} ticks in a row went wrong, so hold {paused['hold']} keeps the job from running"


def rerun_title(alert: Mapping[str, Any]) -> str:
    """Return the title of the command that runs the tick again, with whether that can help."""
    helps, run_it = alert["rerunHelps"], "Run it again" if alert["task"] else "Run it"
    if helps is None:
        return run_it
    if not helps:
        return f"{run_it}, once the cause is fixed"
    return f"{run_it} (nothing must be fixed first)" if alert["task"] else f"{run_it} now"


def _facts(alert: Mapping[str, Any]) -> Iterator[str]:
    yield f"Stack: {alert['stack']} ({alert['project']}, {alert['region']})"
    for name, value in (
        *rows(alert),
        ("Severity", alert["severity"] if alert["kind"] != "recovered" else None),
        ("Not known", "; ".join(alert["missing"])),
    ):
        if value:
            yield f"{name}: {value}"


def _sections(alert: Mapping[str, Any]) -> Iterator[list[str]]:
    digest, log = alert["digest"], alert["log"]
    if digest:
        listed = [
            f"  {one['schedule']} {tick_words(one['tick'], one['timezone'])} {one['class']}" for one in digest["ticks"]
        ]
        yield ["Not reported before:", *_earlier(digest), *listed]
    if alert["unresolved"]:
        yield ["Ticks that still have no good run:", *_unresolved(alert["unresolved"])]
    if alert["kind"] == "recovered":
        return
    if log["lines"]:
        yield ["Last lines of the log:", *(f"  {line}" for line in log["lines"])]
    for title, value, more in (
        ("Log", log["url"], []),
        ("Check it", alert["proof"], alert["reading"]),
        ("Stop it", alert["stop"], []),
        (rerun_title(alert), alert["rerun"], []),
        ("Resume the job, once the cause is fixed", alert["paused"] and alert["paused"]["resume"], []),
        ("Runbook", alert["runbook"], []),
    ):
        if value:
            yield [f"{title}:", value, *(f"  {line}" for line in more)]


def _unresolved(unresolved: Mapping[str, Any]) -> Iterator[str]:
    yield from _earlier(unresolved)
    for one in unresolved["ticks"]:
        yield f"  {one['schedule']} {tick_words(one['tick'], one['timezone'])}"
        if one["rerun"]:
            yield f"    {one['rerun']}"


def _earlier(listed: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line for the ticks that a list counts and does not name, if there are any."""
    more = listed["count"] - len(listed["ticks"])
    if more:
        yield f"  {counted(more, 'earlier tick')}"
