"""The forms in which a job's schedules may be written in stack config, all read into the same `ScheduledJob`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeAlias

import pydantic

import cadence
from settings.models import (
    Defaults,
    JobForm,
    JobNames,
    OverrideForm,
    Schedule,
    ScheduledJob,
    ScheduleForm,
    ScheduleKeys,
)
from settings.problems import Problems, key_path, listed

Expression: TypeAlias = cadence.Cron | cadence.Rate | cadence.At
KINDS = ("cron", "rate", "at")
_JOB = pydantic.TypeAdapter(JobForm)
_SCHEDULE = pydantic.TypeAdapter(ScheduleForm)
_JOB_FIELDS = frozenset(JobForm.model_fields)
_SCHEDULE_ONLY = frozenset(ScheduleForm.model_fields) - _JOB_FIELDS
_FORMS = "an expression such as 'cron(0 2 * * ? *)', a mapping with one of cron, rate, at, or off"


def parse_schedules(
    value: object, where: str, defaults: Defaults, problems: Problems
) -> dict[str, ScheduledJob | None]:
    """Read `scheduled-jobs:schedules`: what each job does in this stack, None for a job that is off."""
    if not isinstance(value, Mapping):
        problems.add_value(where, value, "must be a mapping from job names to schedules")
        return {}
    for job in value:
        problems.validate(JobNames, job, key_path(where, job))
    return {job: _parse_job(entry, key_path(where, job), defaults, problems) for job, entry in value.items()}


def _parse_job(entry: object, where: str, defaults: Defaults, problems: Problems) -> ScheduledJob | None:
    # The engine's YAML reader takes the bare word off as a string, most others take it as false.
    if entry is False or entry == "off":
        return None
    if isinstance(entry, str):
        return _job({}, {"": _short(entry, where, defaults, problems)}, where, problems)
    if not isinstance(entry, Mapping):
        problems.add_value(where, entry, f"must be {_FORMS}")
        return None
    shared = {k: v for k, v in entry.items() if k in _JOB_FIELDS}
    rest = {k: v for k, v in entry.items() if k not in _JOB_FIELDS}
    if not rest:
        problems.add(where, f"has no schedule; accepted: {_FORMS}")
    if rest.keys() & _SCHEDULE_ONLY or not all(isinstance(v, str | Mapping) for v in rest.values()):
        return _job(shared, {"": _long(rest, where, defaults, problems)}, where, problems)
    keyed = {}
    for key, form in rest.items():
        path = key_path(where, key)
        problems.validate(ScheduleKeys, key, path)
        read = _short if isinstance(form, str) else _long
        keyed[key] = read(form, path, defaults, problems)
    return _job(shared, keyed, where, problems)


def _job(
    shared: Mapping[str, Any], schedules: Mapping[str, Schedule | None], where: str, problems: Problems
) -> ScheduledJob | None:
    job = problems.validate(_JOB, shared, where)
    return None if job is None else ScheduledJob(job, {k: s for k, s in schedules.items() if s})


def _short(text: str, where: str, defaults: Defaults, problems: Problems) -> Schedule | None:
    return _schedule(_expression(text, text, where, problems), ScheduleForm(), where, defaults, problems)


def _long(entry: Mapping[str, Any], where: str, defaults: Defaults, problems: Problems) -> Schedule | None:
    given = [k for k in KINDS if entry.get(k) is not None]
    if len(given) != 1:
        problems.add(where, f"needs exactly one of cron, rate, at; has {listed(given) or 'none of them'}")
    expressions = [_inner_expression(k, entry[k], key_path(where, k), problems) for k in given]
    form = problems.validate(_SCHEDULE, entry, where)
    return _schedule(expressions[0], form, where, defaults, problems) if form and len(given) == 1 else None


def _inner_expression(kind: str, text: object, where: str, problems: Problems) -> Expression | None:
    """Read an expression without its parentheses; a value of another type is found with the rest of the form."""
    if not isinstance(text, str):
        return None
    if text.startswith(f"{kind}("):
        problems.add_value(where, text, f"leave out '{kind}(' and ')': the key says it")
        return None
    return _expression(f"{kind}({text})", text, where, problems)


def _expression(text: str, received: str, where: str, problems: Problems) -> Expression | None:
    try:
        return cadence.parse(text)
    except cadence.ExpressionError as error:
        problems.add_error(where, received, error)
        return None


def _schedule(
    expression: Expression | None, form: ScheduleForm, where: str, defaults: Defaults, problems: Problems
) -> Schedule | None:
    zone, before = form.timezone or defaults.timezone, len(problems)
    start = _instant(form.start, zone, key_path(where, "start"), problems)
    end = _instant(form.end, zone, key_path(where, "end"), problems)
    window = int(form.window.split()[0]) if form.window else 0
    if window > cadence.LONGEST_WINDOW:
        problems.add_value(key_path(where, "window"), form.window, f"must be 1 to {cadence.LONGEST_WINDOW} minutes")
    if expression is None or len(problems) > before:
        return None
    try:
        timetable = cadence.Timetable(expression, timezone=zone, start=start, end=end, window=window)
    except cadence.ExpressionError as error:
        problems.add_error(where, str(expression), error)
        return None
    if timetable.never_fires():
        problems.add_value(where, str(expression), "never fires")
    override = OverrideForm(environment=form.environment, cpu=form.cpu, memory=form.memory)
    return Schedule(timetable, enabled=form.enabled, override=override)


def _instant(text: str | None, zone: str, where: str, problems: Problems) -> datetime | None:
    """Read a date and time; without an offset it is a wall time in the schedule's zone."""
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        problems.add_value(
            where, text, "must be a date and time such as 2027-01-31T06:00:00, with or without an offset"
        )
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=cadence.zone(zone))
