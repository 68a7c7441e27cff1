"""The alert as text for people. The news comes first, then what to do, short enough for a phone at night. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cadence
from watch import instants
from watch.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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
    return f"{own:%a %Y-%m-%d %H:%M %Z} ({instant:%H:%M} UTC)"


def ran_words(alert: Mapping[str, Any]) -> str | None:
    """Return when the run started, when it ended and how long it took; None when it has not started."""
    if not alert["startedAt"]:
        return None
    started = instants.read(alert["startedAt"])
    if not alert["stoppedAt"]:
        return f"since {started:%H:%M:%S} UTC"
    stopped = instants.read(alert["stoppedAt"])
    return f"{started:%H:%M:%S} to {stopped:%H:%M:%S} UTC, {instants.length(alert['seconds'])}"


def first_failed_words(alert: Mapping[str, Any]) -> str | None:
    """Return the first tick of the trouble; None when it is the alert's own tick."""
    first = alert["firstFailed"]
    return tick_words(first, alert["timezone"]) if first and first != alert["tick"] else None


def _facts(alert: Mapping[str, Any]) -> Iterator[str]:
    yield f"Stack: {alert['stack']} ({alert['project']}, {alert['region']})"
    if alert["tick"]:
        yield f"Tick: {tick_words(alert['tick'], alert['timezone'])}"
    for name, value in (
        ("First failed tick", first_failed_words(alert)),
        ("Ran", ran_words(alert)),
        ("Exit code", alert["exitCode"]),
        ("AWS says", _reason(alert)),
        ("Likely cause", alert["cause"]),
        ("Jobs", ", ".join(alert["jobs"]) if len(alert["jobs"]) > 1 else None),
        ("Owner", ", ".join(alert["owners"])),
        ("Severity", alert["severity"] if alert["kind"] != "recovered" else None),
        ("Not known", "; ".join(alert["missing"])),
    ):
        if value not in (None, ""):
            yield f"{name}: {value}"


def _reason(alert: Mapping[str, Any]) -> str:
    if alert["kind"] == "recovered":
        return ""
    return ": ".join(filter(None, (alert["stopCode"], alert["reason"])))


def _sections(alert: Mapping[str, Any]) -> Iterator[list[str]]:
    digest, log = alert["digest"], alert["log"]
    if digest:
        listed = [f"  {one['schedule']} {one['tick']} {one['class']}" for one in digest["ticks"]]
        yield ["Not reported before:", *_earlier(digest), *listed]
    if alert["unresolved"]:
        yield ["Ticks that still have no good run:", *_unresolved(alert["unresolved"])]
    if alert["kind"] == "recovered":
        return
    if log["lines"]:
        title = "Last lines of the log:"
        yield [title, *(f"  {line}" for line in log["lines"])]
    for title, value in (
        ("Log:", log["url"]),
        ("Check it:", alert["proof"]),
        ("Stop it:", alert["stop"]),
        ("Run it again:", alert["rerun"]),
        ("Runbook:", alert["runbook"]),
    ):
        if value:
            yield [title, value]


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
