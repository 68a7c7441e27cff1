"""The alert as text for people. The news comes first, then what to do, short enough for a phone at night. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cadence
from watch import instants

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


def tick_words(alert: Mapping[str, Any]) -> str:
    """Return the tick in the schedule's time zone, and also in UTC where the two differ."""
    tick = instants.read(alert["tick"])
    if alert["timezone"] == "UTC":
        return f"{tick:%a %Y-%m-%d %H:%M} UTC"
    own = tick.astimezone(cadence.zone(alert["timezone"]))
    return f"{own:%a %Y-%m-%d %H:%M %Z} ({tick:%H:%M} UTC)"


def ran_words(alert: Mapping[str, Any]) -> str | None:
    """Return when the run started, when it ended and how long it took; None when it has not started."""
    if not alert["startedAt"]:
        return None
    started = instants.read(alert["startedAt"])
    if not alert["stoppedAt"]:
        return f"since {started:%H:%M:%S} UTC"
    stopped = instants.read(alert["stoppedAt"])
    return f"{started:%H:%M:%S} to {stopped:%H:%M:%S} UTC, {instants.length(alert['seconds'])}"


def _facts(alert: Mapping[str, Any]) -> Iterator[str]:
    yield f"Stack: {alert['stack']} ({alert['project']}, {alert['region']})"
    if alert["tick"]:
        yield f"Tick: {tick_words(alert)}"
    for name, value in (
        ("Ran", ran_words(alert)),
        ("Exit code", alert["exitCode"]),
        ("AWS says" if alert["kind"] != "recovered" else "Before", _reason(alert)),
        ("Likely cause", alert["cause"]),
        ("Jobs", ", ".join(alert["jobs"]) if len(alert["jobs"]) > 1 else None),
        ("Owner", ", ".join(alert["owners"])),
        ("Severity", alert["severity"] if alert["kind"] != "recovered" else None),
        ("Not known", "; ".join(alert["missing"])),
    ):
        if value not in (None, ""):
            yield f"{name}: {value}"


def _reason(alert: Mapping[str, Any]) -> str:
    code = alert["stopCode"] if alert["kind"] != "recovered" else None
    return ": ".join(filter(None, (code, alert["reason"])))


def _sections(alert: Mapping[str, Any]) -> Iterator[list[str]]:
    digest, log = alert["digest"], alert["log"]
    if digest:
        more = digest["count"] - len(digest["ticks"])
        listed = [f"  {one['schedule']} {one['tick']} {one['class']}" for one in digest["ticks"]]
        yield ["Not reported before:", *([f"  {more} earlier ticks"] if more else []), *listed]
    if alert["kind"] == "recovered":
        return
    if log["lines"]:
        title = "Last lines of the log (values of environment variables are hidden):"
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
