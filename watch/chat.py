"""The alert as a custom notification of Amazon Q Developer in chat applications, for Slack and Teams. Pure.

Amazon Q Developer in chat applications, Administrator Guide, "Custom notifications": `version` is 1.0, `source` custom.
The metadata carries the contract. Its context holds only texts, so every other value is written as JSON.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from watch import email_text
from watch.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_SIGNS = {
    "recovered": ":white_check_mark:",
    "ended": ":checkered_flag:",
    "digest": ":rotating_light:",
    "alert": ":rotating_light:",
    "test": ":test_tube:",
}
_LONGEST_LOG = 2000
_LONGEST_CODE = 500
"""Characters. Together with the other facts, the text is short enough for every chat client."""
_MOST_UNRESOLVED = 5
"""Ticks without a good run that a chat names; the mail names more."""
_LEFT_OUT = ("Exit code", "Jobs")
"""Facts that the title of a chat has already."""
_QUOTED = ("AWS says", "Reason", "Likely cause")
"""Facts with words of AWS, of a container or of a caller."""
_FENCE = "```"


def notification(alert: Mapping[str, Any]) -> dict[str, Any]:
    """Return the notification. All messages of one incident go into one thread."""
    return {
        "version": "1.0",
        "source": "custom",
        "id": alert["id"],
        "content": {
            "textType": "client-markdown",
            "title": f"{_SIGNS[alert['kind']]} {alert['stack']}: {_escaped(alert['summary'])}",
            "description": "\n".join([*_description(alert), *_log(alert)]),
            "nextSteps": list(_next_steps(alert)),
            "keywords": [_escaped(word) for word in (alert["stack"], alert["class"], *alert["jobs"][:3])],
        },
        "metadata": {
            "threadId": alert["incident"],
            "summary": _escaped(alert["summary"]),
            "eventType": f"scheduled-jobs.{alert['class']}",
            "relatedResources": [alert["task"]] if alert["task"] else [],
            "additionalContext": {
                name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
                for name, value in alert.items()
                if value not in (None, [], "")
            },
        },
    }


def _description(alert: Mapping[str, Any]) -> Iterator[str]:
    for name, value in email_text.rows(alert):
        if value and name not in _LEFT_OUT:
            yield f"*{name}* {_code(value) if name in _QUOTED else value}"
    if alert["digest"]:
        digest = alert["digest"]
        latest = email_text.tick_words(digest["ticks"][-1]["tick"], digest["ticks"][-1]["timezone"])
        yield f"*Not reported before* {counted(digest['count'], 'tick')}, the latest {latest}"
    if alert["unresolved"]:
        yield from _unresolved(alert["unresolved"]["ticks"][-_MOST_UNRESOLVED:])


def _unresolved(ticks: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for one in ticks:
        command = f": {_code(one['rerun'])}" if one["rerun"] else ""
        yield f"*No good run* {one['schedule']} {email_text.tick_words(one['tick'], one['timezone'])}{command}"


def _log(alert: Mapping[str, Any]) -> Iterator[str]:
    """Yield as many of the log's last lines as fit, always between two fences."""
    room = _LONGEST_LOG
    shown: list[str] = []
    for line in reversed(alert["log"]["lines"] if alert["kind"] != "recovered" else []):
        escaped = _escaped(line).replace(_FENCE, "'''")
        room -= len(escaped) + 1
        if room < 0:
            break
        shown.append(escaped)
    if shown:
        yield from (_FENCE, *reversed(shown), _FENCE)


def _next_steps(alert: Mapping[str, Any]) -> Iterator[str]:
    if alert["kind"] == "recovered":
        return
    for title, value in (("Log", alert["log"]["url"]), ("Runbook", alert["runbook"])):
        if value:
            yield f"{title}: {value}"
    for title, value in (
        (email_text.rerun_title(alert), alert["rerun"]),
        ("Resume the job, once the cause is fixed", alert["paused"] and alert["paused"]["resume"]),
        ("Stop it", alert["stop"]),
        ("Check it", alert["proof"]),
    ):
        if value:
            yield f"{title}: {_code(value)}"
    if alert["reading"]:
        yield f"How to read the check: {'; '.join(alert['reading'])}"


def _code(words: str) -> str:
    """Return text that a chat shows as it is: without links, mentions or emphasis."""
    short = words if len(words) <= _LONGEST_CODE else f"{words[:_LONGEST_CODE]}…"
    return f"`{_escaped(short).replace('`', chr(39))}`"


def _escaped(words: str) -> str:
    """Return the text with Slack's three control characters escaped (Slack API, "Formatting text for app surfaces")."""
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
