"""Reads the forms in which stack config may write a job's schedules. All become the same `JobEntry`."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeAlias

import pydantic

import cadence
from cadence.zones import to_utc
from settings import kubernetes
from settings.models import (
    Defaults,
    JobEntry,
    JobForm,
    JobNames,
    OverrideForm,
    ScheduleEntry,
    ScheduleForm,
    ScheduleKeys,
)
from settings.problems import Problems, key_path, listed
from settings.unquoted import quoting

Expression: TypeAlias = cadence.Cron | cadence.Rate | cadence.At
KINDS = ("cron", "rate", "at")
_JOB = pydantic.TypeAdapter(JobForm)
_SCHEDULE = pydantic.TypeAdapter(ScheduleForm)
_JOB_FIELDS = frozenset(JobForm.keys())
_OF_THE_JOB = _JOB_FIELDS - frozenset(ScheduleForm.keys())
_SCHEDULE_ONLY = frozenset(ScheduleForm.keys()) - _JOB_FIELDS
_FORMS = "an expression such as 'cron(0 2 * * ? *)', a mapping with one of cron, rate, at, or \"off\""
_KEYED = "an expression such as 'cron(0 2 * * ? *)', or a mapping with one of cron, rate, at"
_LIKE_OFF = frozenset({"off", "no", "false", "none", "never", "disabled"})


class _OnlySchedule(ScheduleForm, JobForm):  # type: ignore[misc] # see OverrideForm
    """An entry with one schedule, whose keys stand beside the job's."""


_ONLY = pydantic.TypeAdapter(_OnlySchedule)


def parse_schedules(value: object, where: str, defaults: Defaults, problems: Problems) -> dict[str, JobEntry | None]:
    """Return the entries of `scheduled-jobs:schedules`, by job name; None for a job that is off or cannot be read."""
    if not isinstance(value, Mapping):
        problems.add_value(where, value, "must be a mapping from job names to schedules")
        return {}
    for job in value:
        problems.validate(JobNames, job, key_path(where, job))
    return {job: _parse_job(entry, key_path(where, job), defaults, problems) for job, entry in value.items()}


def _parse_job(entry: object, where: str, defaults: Defaults, problems: Problems) -> JobEntry | None:
    # The engine's YAML reader reads the bare word off as a string. Most other readers read it as false.
    if entry is False or entry == "off":
        return None
    if isinstance(entry, str) and entry.strip().lower() in _LIKE_OFF:
        problems.add_value(where, entry, 'did you mean "off"?')
        return None
    if isinstance(entry, str):
        return _job({}, {"": _short(entry, where, defaults, problems)}, where, problems)
    if not isinstance(entry, Mapping):
        problems.add_value(where, entry, f"must be {_FORMS}")
        return None
    shared = {k: v for k, v in entry.items() if k in _JOB_FIELDS and not _is_named_as_a_field(k, v)}
    rest = {k: v for k, v in entry.items() if k not in shared}
    if not rest:
        problems.add(where, f"has no schedule; must be {_FORMS}")
    if rest and _is_one(rest):
        return _job(shared, {"": _long(rest, where, defaults, problems, _ONLY)}, where, problems)
    keyed = {key: _keyed(key, form, where, defaults, problems) for key, form in rest.items()}
    return _job(shared, keyed, where, problems)


def _is_named_as_a_field(key: str, value: object) -> bool:
    """Return whether the value of a field's key is a schedule. Only `environment` may have such a value."""
    schedule = kubernetes.is_schedule(value) and (isinstance(value, str) or not value.keys().isdisjoint(KINDS))
    return schedule and key != "environment"


def _is_one(entry: Mapping[str, object]) -> bool:
    """Return whether the entry is one schedule, rather than several that each have a key.

    An entry that could be either counts as one, since the message is then better.
    """
    foreign = kubernetes.foreign(entry)
    others = entry.keys() - _SCHEDULE_ONLY - foreign.keys()
    if entry.keys() & set(KINDS) or kubernetes.SCHEDULE in foreign or not others:
        return True
    return not any(kubernetes.is_schedule(entry[key]) for key in others) and all(
        difflib.get_close_matches(key, _SCHEDULE_ONLY) for key in others
    )


def _keyed(key: str, form: object, job: str, defaults: Defaults, problems: Problems) -> ScheduleEntry | None:
    """Return one of several schedules."""
    where = key_path(job, key)
    if key in _SCHEDULE_ONLY:
        problems.add(where, "belongs in each schedule, next to its cron, rate or at")
    elif key in _JOB_FIELDS:
        problems.add(where, "is a field of every job, so no schedule can have this key; choose another")
    if key in _SCHEDULE_ONLY | _JOB_FIELDS:
        return None
    if _answer_foreign({key: form}, job, problems):
        return None
    problems.validate(ScheduleKeys, key, where)
    if form is False or (isinstance(form, str) and form.strip().lower() in _LIKE_OFF):
        problems.add_value(where, form, 'remove this key; only a whole job can be set to "off"')
        return None
    if isinstance(form, str):
        return _short(form, where, defaults, problems)
    if isinstance(form, Mapping):
        for field in sorted(form.keys() & _OF_THE_JOB):
            problems.add(key_path(where, field), f"is for all schedules of the job; write it in {job}")
        return _long({k: v for k, v in form.items() if k not in _OF_THE_JOB}, where, defaults, problems, _SCHEDULE)
    problems.add_value(where, form, f"must be {_KEYED}")
    return None


def _job(
    shared: Mapping[str, Any], schedules: Mapping[str, ScheduleEntry | None], where: str, problems: Problems
) -> JobEntry:
    job = problems.validate_parts(_JOB, shared, where) or JobForm()
    return JobEntry(job, {k: s for k, s in schedules.items() if s})


def _short(text: str, where: str, defaults: Defaults, problems: Problems) -> ScheduleEntry:
    return _schedule(_expression(text, text, where, problems), ScheduleForm(), where, defaults, problems)


def _long(
    entry: Mapping[str, Any], where: str, defaults: Defaults, problems: Problems, kind: pydantic.TypeAdapter[Any]
) -> ScheduleEntry:
    foreign = _answer_foreign(entry, where, problems)
    own = {k: v for k, v in entry.items() if k not in foreign}
    given = [k for k in KINDS if own.get(k) is not None]
    if len(given) != 1 and kubernetes.SCHEDULE not in foreign:
        problems.add(where, f"needs exactly one of cron, rate, at; has {listed(given) or 'none of them'}")
    expressions = [_inner_expression(k, own[k], key_path(where, k), problems) for k in given]
    form = problems.validate_parts(kind, own, where) or ScheduleForm()
    return _schedule(expressions[0] if len(given) == 1 else None, form, where, defaults, problems)


def _answer_foreign(entry: Mapping[str, object], where: str, problems: Problems) -> Mapping[str, object]:
    """Report the keys that are from a Kubernetes CronJob, and return them with their values."""
    foreign = kubernetes.foreign(entry)
    for key, value in foreign.items():
        problems.add_error(key_path(where, key), value, ValueError(kubernetes.answer(key, value)))
    return foreign


def _inner_expression(kind: str, text: object, where: str, problems: Problems) -> Expression | None:
    """Return an expression that is written without its parentheses; None for other types, which `_long` reports."""
    if not isinstance(text, str):
        return None
    if text.startswith(f"{kind}("):
        problems.add_value(where, text, f"remove '{kind}(' and ')': the key is already {kind}")
        return None
    return _expression(f"{kind}({text.strip()})", text, where, problems)


def _expression(text: str, received: str, where: str, problems: Problems) -> Expression | None:
    try:
        return cadence.parse(text)
    except cadence.ExpressionError as error:
        hint = cadence.ExpressionError(f"{error}{quoting(received)}")
        problems.add_error(where, received, hint)
        return None


def _schedule(
    expression: Expression | None, form: ScheduleForm, where: str, defaults: Defaults, problems: Problems
) -> ScheduleEntry:
    timetable = _timetable(expression, form, where, defaults, problems)
    override = OverrideForm.model_construct(**{name: getattr(form, name) for name in OverrideForm.model_fields})
    return ScheduleEntry(timetable, enabled=form.enabled, override=override)


def _timetable(
    expression: Expression | None, form: ScheduleForm, where: str, defaults: Defaults, problems: Problems
) -> cadence.Timetable | None:
    """Return the times of a schedule; None after a mistake in one of them."""
    zone, before = form.timezone or defaults.timezone, len(problems)
    start = _instant(form.start, zone, key_path(where, "start"), problems)
    end = _instant(form.end, zone, key_path(where, "end"), problems)
    if start and start == end and expression is not None:
        kind = type(expression).__name__.lower()
        message = f"must be later than the start; for one run, write at instead of {kind}"
        problems.add_value(key_path(where, "end"), form.end, message)
    window = int(form.window.split()[0]) if form.window else 0
    if window > cadence.LONGEST_WINDOW:
        problems.add_value(key_path(where, "window"), form.window, f"must be 1 to {cadence.LONGEST_WINDOW} minutes")
    if expression is None or len(problems) > before or problems.about(key_path(where, "timezone")):
        return None
    try:
        timetable = cadence.Timetable(expression, timezone=zone, start=start, end=end, window=window)
    except cadence.ExpressionError as error:
        problems.add_error(where, str(expression), error)
        return None
    if timetable.never_fires():
        problems.add_value(where, str(expression), _why_never(expression, zone))
    return timetable


def _why_never(expression: Expression, zone: str) -> str:
    if isinstance(expression, cadence.At) and to_utc(expression.wall, cadence.zone(zone)) is None:
        return f"never fires: daylight saving skips that time in {zone}"
    return "never fires"


def _instant(text: str | None, zone: str, where: str, problems: Problems) -> datetime | None:
    """Return a date and time as an instant; without an offset it is a wall time in the schedule's zone."""
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        problems.add_value(
            where,
            text,
            "must be a date and time such as 2027-01-31T06:00:00, with or without an offset" + quoting(text),
        )
        return None
    if instant.microsecond:
        problems.add_value(where, text, "has parts of a second, which are not sent to AWS; write whole seconds")
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=cadence.zone(zone))
