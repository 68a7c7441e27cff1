"""Answers the keys of a Kubernetes CronJob in a schedule's mapping with the keys that mean the same here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeGuard

import cadence
from settings.guarantees import MOST_RETRIES
from watch import durations

SCHEDULE = "schedule"
_LENGTHS = {"startingDeadlineSeconds": "startDeadline", "activeDeadlineSeconds": "totalTimeout"}
"""The keys in seconds that mean the same. Kubernetes counts the second one over all attempts, too."""
OVERLAPS = {"Allow": "allow", "Forbid": "skip", "Replace": "replace"}
"""The words of `concurrencyPolicy`, and those of `overlap` that mean the same."""
_KEYS = frozenset({SCHEDULE, "timeZone", "suspend", "concurrencyPolicy", "backoffLimit", *_LENGTHS})
_LONGEST = 10**7
"""Seconds that a length of time can write in four digits of hours."""
_EXPRESSION = re.compile(r"\s*(cron|rate|at)\s*\(.*", re.DOTALL)


def foreign(entry: Mapping[str, object]) -> dict[str, object]:
    """Return the part of a mapping that is from a CronJob.

    `schedule` and `suspend` may also be keys of schedules here. Then they have an expression or a mapping.
    """
    return {key: value for key, value in entry.items() if key in _KEYS and not is_schedule(value)}


def answer(key: str, value: object) -> str:
    """Return the end of a message about such a key."""
    if key == SCHEDULE:
        return f"is a key of Kubernetes; {_cron(value)}"
    if key == "timeZone":
        return f"is a key of Kubernetes; write timezone: {value if isinstance(value, str) else 'Europe/Berlin'}"
    if key in _LENGTHS:
        return f"is a key of Kubernetes; write {_LENGTHS[key]}: {durations.text(_number(value, 600))}"
    if key == "concurrencyPolicy":
        overlap = OVERLAPS.get(value, "skip") if isinstance(value, str) else "skip"
        return f"is a key of Kubernetes; write overlap: {overlap}"
    if key == "backoffLimit":
        return f"is a key of Kubernetes; write retries: {min(_number(value, 3), MOST_RETRIES)}"
    wanted = {True: "false", False: "true"}.get(value) if isinstance(value, bool) else None
    return f"is a key of Kubernetes; write enabled: {wanted or 'false'}"


def is_schedule(value: object) -> TypeGuard[str | Mapping[str, object]]:
    """Return whether a value can be a schedule: a mapping, or text that begins as an expression."""
    return isinstance(value, Mapping) or (isinstance(value, str) and _EXPRESSION.fullmatch(value) is not None)


def _number(value: object, example: int) -> int:
    """Return a value that is a number which can be written here, or else an example."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < _LONGEST else example


def _cron(value: object) -> str:
    """Return what to write for a CronJob's schedule; its dialect is that of Go's cron."""
    if not isinstance(value, str):
        return 'write cron: "0 2 * * ? *"'
    fields = cadence.aws_fields(value)
    if len(fields) == 1:
        return f'write cron: "{fields[0]}"'
    try:
        cadence.parse(f"cron({value.strip()})")
    except cadence.ExpressionError as error:
        return str(error)
    return f'write cron: "{value.strip()}"'
