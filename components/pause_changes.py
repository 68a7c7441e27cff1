"""Explains to a reviewer after how many ticks that go wrong a job is paused, where that is new or changes. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from watch import job_items
from watch.records import RecordError

if TYPE_CHECKING:
    from collections.abc import Mapping


def explain(old: Mapping[str, Any] | None, wanted: Mapping[str, int]) -> str | None:
    """Return a line for each schedule with another number than before; None when there is no such schedule.

    `old` are the inputs of the job's item as a resource hook receives them, or None for a new job. `wanted` are the
    numbers of ticks by schedule.
    """
    before = _before(old) if old else {}
    changed = {name: count for name, count in wanted.items() if before.get(name) != count}
    lines = [
        f"{name}: {count} ticks in a row that go wrong {_pause(before.get(name))}" for name, count in changed.items()
    ]
    return "\n".join(lines) or None


def _pause(before: int | None) -> str:
    words = "pause the job until somebody resumes it"
    return f"now {words}" if before is None else f"{words}; was: {before}"


def _before(old: Mapping[str, Any]) -> Mapping[str, int]:
    try:
        return job_items.read(json.loads(old["item"])).pause_after
    except (RecordError, ValueError, KeyError, TypeError):
        return {}
