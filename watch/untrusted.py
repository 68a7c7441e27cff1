"""Text from outside is made visible, quoted, or refused. Pure.

Anyone who may run a task, put an event or write to a log can choose such text. People read it in alerts, and copy
commands from them. So this text never begins a line, and has no characters that a terminal or a chat would obey.
"""

from __future__ import annotations

import re

LONGEST_QUOTE = 80
"""Characters of a quoted text. A longer text is cut, and the cut is marked."""

_CODES = 1 << 32
"""Exit codes are 32 bits, with a sign or without."""

_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Invisible letters and marks that Unicode counts as printable."""
_SCHEDULE = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.-]{0,63}")
"""Scheduler's pattern (Scheduler API reference, CreateSchedule, Name), without names that look like an option."""
_RECORD = re.compile(r"(placement:[0-9A-Za-z_-]{1,255}|[0-9A-Za-z][0-9A-Za-z_.-]{0,63})")
"""A job, or a family of task definitions (ECS API reference, RegisterTaskDefinition, family)."""
_CONTAINER = re.compile(r"[0-9A-Za-z_-]{1,255}")
_WORD = re.compile(r"[A-Za-z_-]{0,64}")
_TASK_ARN = re.compile(r"arn:aws[a-z-]*:ecs:[a-z0-9-]+:[0-9]{12}:task/[0-9A-Za-z_/-]{1,320}")
_CLUSTER_ARN = re.compile(r"arn:aws[a-z-]*:ecs:[a-z0-9-]+:[0-9]{12}:cluster/[0-9A-Za-z_-]{1,255}")
_DEFINITION = re.compile(r"(arn:aws[a-z-]*:ecs:[a-z0-9-]+:[0-9]{12}:task-definition/[0-9A-Za-z_-]{1,255}:[0-9]+)?")
_ALIAS = r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:function:[0-9A-Za-z_-]{1,64}:[0-9A-Za-z_-]{1,128}"
_ALIAS_ARN = re.compile(_ALIAS)
_INVOCATION = re.compile(rf"{_ALIAS}/[0-9A-Za-z-]{{1,64}}")
_CLAIMED = re.compile(
    r"arn:aws[a-z-]*:(sqs:[a-z0-9-]+:[0-9]{12}:|dynamodb:[a-z0-9-]+:[0-9]{12}:table/)[0-9A-Za-z_.-]{1,255}/[0-9a-f]{32}"
)
_RERUN = re.compile(r"([0-9a-f]{8})?")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


def visible(text: str, keep: str = "") -> str:
    r"""Return the text with each invisible character written out, such as `\n`, `\x1b` or `\u202e`.

    The characters in `keep` stay as they are.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(one if one in keep or _is_seen(one) else _written(one) for one in text)


def _is_seen(character: str) -> bool:
    return character.isprintable() and character not in _BLANK


def quoted(text: str) -> str:
    """Return the text visible, shortened and quoted, so that nobody mistakes it for words of the message."""
    shown = visible(text.replace("\\", r"\\").replace("'", r"\'"))
    return f"'{shown}'" if len(shown) <= LONGEST_QUOTE else f"'{shown[:LONGEST_QUOTE]}…'"


def logged(text: str) -> str:
    """Return the text as marked lines of a log, so that no line is mistaken for another one, such as a metric."""
    return "".join(f"| {visible(line)}\n" for line in text.split("\n"))


def is_schedule(name: str) -> bool:
    """Return whether Scheduler would accept this name for a schedule."""
    return _SCHEDULE.fullmatch(name) is not None


def checked_job(text: str) -> str:
    """Return the name of a job; ValueError when no job can have it."""
    return _matching(_SCHEDULE, text, "a job's name")


def checked_record(text: str) -> str:
    """Return the name of a record of a job or of a task definition; ValueError for anything else."""
    return _matching(_RECORD, text, "the name of a record")


def checked_schedule(text: str) -> str:
    """Return the name of a schedule; ValueError when Scheduler would not accept it."""
    return _matching(_SCHEDULE, text, "a schedule's name")


def container_name(text: str) -> str:
    """Return the name of a container; empty when ECS would not accept it (ECS API reference, ContainerDefinition)."""
    return text if _CONTAINER.fullmatch(text) else ""


def task_arn(text: str) -> str:
    """Return the ARN of a task; ValueError for anything else."""
    return _matching(_TASK_ARN, text, "a task's ARN")


def is_invocation(text: str) -> bool:
    """Return whether a text names the invocation of a function, as `watch.invocations` writes it."""
    return _INVOCATION.fullmatch(text) is not None


def is_claimed_run(text: str) -> bool:
    """Return whether a text names a run that a process claims: the ARN of a work queue or a table, and the run's id."""
    return _CLAIMED.fullmatch(text) is not None


def run_name(text: str) -> str:
    """Return what names a run: a task's ARN, an invocation or a claimed run; ValueError for anything else."""
    return text if is_invocation(text) or is_claimed_run(text) else task_arn(text)


def alias_arn(text: str) -> str:
    """Return the ARN of a function's alias; ValueError for anything else."""
    return _matching(_ALIAS_ARN, text, "the ARN of a function's alias")


def cluster_arn(text: str) -> str:
    """Return the ARN of a cluster; ValueError for anything else."""
    return _matching(_CLUSTER_ARN, text, "a cluster's ARN")


def definition_arn(text: str) -> str:
    """Return the ARN of a task definition, or an empty text as it is; ValueError for anything else."""
    return _matching(_DEFINITION, text, "a task definition's ARN")


def rerun_id(text: str) -> str:
    """Return the id of an operator's request, or an empty text as it is; ValueError for anything else."""
    return _matching(_RERUN, text, "eight hexadecimal digits")


def word(text: str) -> str:
    """Return a status or a code of AWS, which may be empty; ValueError for anything else."""
    return _matching(_WORD, text, "one word")


def instant(text: str) -> str:
    """Return an instant in the form of the ledger; ValueError for anything else."""
    return _matching(_INSTANT, text, "an instant such as 2026-11-26T02:00:00Z")


def exit_code(value: object) -> int | None:
    """Return an exit code, or None for None; ValueError for a value that is not a whole number of 32 bits."""
    code = whole(value, "an exit code")
    if code is not None and not -_CODES // 2 <= code < _CODES:
        raise ValueError(f"{quoted(str(value))} is not an exit code")
    return code


def whole(value: object, kind: str = "a whole number") -> int | None:
    """Return a whole number, or None for None; ValueError for anything else."""
    if value is None:
        return None
    fraction = isinstance(value, float) and not value.is_integer()
    if isinstance(value, bool) or not isinstance(value, int | float) or fraction:
        raise ValueError(f"{quoted(str(value))} is not {kind}")
    return int(value)


def _matching(pattern: re.Pattern[str], text: object, kind: str) -> str:
    if not isinstance(text, str) or pattern.fullmatch(text) is None:
        raise ValueError(f"{quoted(str(text))} is not {kind}")
    return text


def _written(character: str) -> str:
    """Return a character in Python's notation, also a line separator or half of a surrogate pair."""
    return character.encode("unicode_escape").decode()
