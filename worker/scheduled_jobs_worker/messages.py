"""A message of the work queue. Pure."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import instants
from .runs import Run

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.-]{0,63}")
"""Of a job or a schedule (Scheduler API reference, CreateSchedule, Name)."""
_RERUN = re.compile(r"([0-9a-f]{8})?")
_TRIGGERS = ("", "manual")
_LONGEST_TASK = 255
_MOST = 10_000
"""Of launches and attempts of one tick."""
_LONGEST_TIMEOUT = 14 * 24 * 3600
"""Seconds of the longest time limit that a job can have."""
_QUEUE = re.compile(r"arn:aws[a-z-]*:sqs:[a-z0-9-]+:[0-9]{12}:[0-9A-Za-z_-]{1,80}")
"""Begins the name of a run. The watch takes no report of another one."""
_LONGEST_SHOWN = 200


class MalformedError(ValueError):
    """A message that no supervisor sends."""


@dataclass(frozen=True)
class Message:
    """A launch that is to be run."""

    run: Run
    task: str
    """The name of the registered function."""
    name: str
    """The text that names the run in the ledger: the ARN of the queue, and the run's id."""
    timeout: float | None
    """Seconds that the run may take; None for no limit."""

    @classmethod
    def read(cls, body: str) -> Message:
        """Return the message of a body; MalformedError, with what is wrong, for a body that no supervisor sends."""
        try:
            raw = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise MalformedError(f"the body is not JSON: {error}") from error
        if not isinstance(raw, dict):
            raise MalformedError("the body is not an object")
        try:
            run = Run(
                job=_text(raw, "job", _NAME),
                schedule=_text(raw, "schedule", _NAME),
                tick=instants.read(_text(raw, "tick")),
                attempt=_counted(raw, "attempt"),
                launch=_counted(raw, "launch"),
                rerun=_text(raw, "rerun", _RERUN, ""),
                trigger=_text(raw, "trigger", default=""),
            )
        except MalformedError:
            raise
        except ValueError as error:
            raise MalformedError(f"tick: {error}") from error
        message = cls(run, _text(raw, "task"), _text(raw, "run"), _seconds(raw))
        if run.trigger not in _TRIGGERS:
            raise MalformedError(f"trigger: {_shown(run.trigger)}; may be 'manual'")
        if not 0 < len(message.task) <= _LONGEST_TASK:
            raise MalformedError(f"task: must have 1 to {_LONGEST_TASK} characters")
        if run.schedule.partition(".")[0] != run.job:
            raise MalformedError(f"schedule: {_shown(run.schedule)}; must be of the job {run.job!r}")
        queue, _, found = message.name.rpartition("/")
        if not _QUEUE.fullmatch(queue) or found != run.id:
            raise MalformedError(
                f"run: {_shown(message.name)}; must be the queue's ARN and this launch's id, /{run.id}"
            )
        return message


def _text(raw: Mapping[str, Any], key: str, pattern: re.Pattern[str] | None = None, default: str | None = None) -> str:
    value = raw.get(key, default)
    if not isinstance(value, str) or (pattern is not None and not pattern.fullmatch(value)):
        wanted = "a text" if pattern is None else f"a text like {pattern.pattern}"
        raise MalformedError(f"{key}: {_shown(value)}; must be {wanted}")
    return value


def _counted(raw: Mapping[str, Any], key: str) -> int:
    value = raw.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= _MOST:
        raise MalformedError(f"{key}: {_shown(value)}; must be a whole number from 1 to {_MOST}")
    return value


def _seconds(raw: Mapping[str, Any]) -> float | None:
    value = raw.get("timeout")
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value <= _LONGEST_TIMEOUT:
        raise MalformedError(f"timeout: {_shown(value)}; must be seconds, at most {_LONGEST_TIMEOUT}, or null")
    return float(value)


def _shown(value: object) -> str:
    return "missing" if value is None else repr(value)[:_LONGEST_SHOWN]
