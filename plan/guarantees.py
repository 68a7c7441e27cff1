"""Joins what a schedule asks of its runs, checks whether it can be kept, and turns it into limits. Pure."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from pydantic.alias_generators import to_camel

from plan.closures import MOST
from settings import NAMESPACE, Guarantees, accepted, key_path
from supervision.limits import BACKOFF, START_TIMEOUT, Limits
from watch import durations, instants

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import cadence
    from plan.closures import Calendars
    from plan.runners import Runner
    from settings import PlacementSettings, Problems

FIELDS = tuple(field.name for field in dataclasses.fields(Guarantees))

_FILE = 2
_KEYS = {name: to_camel(name) for name in FIELDS}

_NOTHING: Mapping[str, str] = {"overlap": "allow", "late": "all", "run_revision": "newest"}
"""The words that ask for nothing, as 0 and an empty list do."""
_OF_RETRIES = ("backoff", "retry_on")
_WITHIN_TOTAL = ("timeout", "start_timeout", "backoff")
_SHORTEST_DEADLINE, _LONGEST_DEADLINE = timedelta(seconds=60), timedelta(hours=24)
"""Scheduler API reference, RetryPolicy.MaximumEventAgeInSeconds: 60-86400."""
_USUAL_DEADLINE = timedelta(minutes=15)


@dataclass(frozen=True)
class Level:
    """A place that may set fields: a schedule, its job's entry in stack config, or the job file."""

    where: str
    """A key path or a job file."""
    given: Guarantees
    depth: int
    """0 for the schedule, 1 for the entry, 2 for the job file. The values of a smaller number win."""

    def path(self, name: str) -> str:
        """Return the place of a field at this level."""
        return f"{self.where}.{name if self.depth == _FILE else _KEYS[name]}"


@dataclass(frozen=True)
class Asked:
    """What one schedule asks of its runs, with the places that say so."""

    values: Guarantees
    setters: Mapping[str, Level]
    """By field, the level that sets it."""
    unsure: frozenset[str]
    """Fields with a mistake at some level. What they ask for is not known."""

    def path(self, name: str) -> str:
        """Return the place that sets a field."""
        return self.setters[name].path(name)

    def path_beside(self, name: str, other: str) -> str:
        """Return the place that sets a field, or else the place for it beside another field."""
        return (self.setters.get(name) or self.setters[other]).path(name)

    def are_sure(self, *names: str) -> bool:
        """Return whether none of these fields has a mistake."""
        return self.unsure.isdisjoint(names)

    def asking(self) -> list[str]:
        """Return the places of the fields that make the job supervised."""
        names = [name for name in self.setters if name not in _OF_RETRIES]
        values = {name: getattr(self.values, name) for name in names}
        return [self.path(name) for name, value in values.items() if value and value != _NOTHING.get(name)]


def joined(levels: Sequence[Level], problems: Problems) -> Asked:
    """Return what a schedule asks for. The first level that sets a field wins."""
    setters = {name: level for name in FIELDS for level in reversed(levels) if getattr(level.given, name) is not None}
    values = {name: getattr(level.given, name) for name, level in setters.items()}
    wrong = (name for name in FIELDS for level in levels if problems.about(level.path(name))) if problems else ()
    return Asked(Guarantees(**values), setters, frozenset(wrong))


def limits(asked: Asked, timetable: cadence.Timetable, calendars: Calendars) -> Limits:
    """Return the limits of a schedule without a mistake."""
    given = asked.values
    return Limits(
        start_deadline=int(_deadline(given, timetable).total_seconds()),
        start_timeout=_seconds(given.start_timeout) or START_TIMEOUT,
        timeout=_seconds(given.timeout),
        total_timeout=_seconds(given.total_timeout),
        retries=given.retries or 0,
        backoff=_seconds(given.backoff) or BACKOFF,
        retry_on=tuple(given.retry_on or ()),
        overlap=given.overlap or "allow",
        lock=given.lock or "",
        late=given.late or "all",
        run_revision=given.run_revision or "newest",
        closed=calendars.closed(given.not_on or (), timetable.timezone),
    )


def _seconds(text: str | None) -> int | None:
    return None if text is None else durations.seconds(text)


def _deadline(given: Guarantees, timetable: cadence.Timetable) -> timedelta:
    """Return how long after its tick a run may be launched.

    By default that is until 15 minutes after the window, or until the next tick, but a minute after the window at
    least: Scheduler launches at any moment of the window.
    """
    if given.start_deadline is not None:
        return timedelta(seconds=durations.seconds(given.start_deadline))
    window, gap = timedelta(minutes=timetable.window), timetable.smallest_gap()
    usual = window + _USUAL_DEADLINE
    return min(max(window + _SHORTEST_DEADLINE, usual if gap is None else min(usual, gap)), _LONGEST_DEADLINE)


class Check:
    """Reports what contradicts itself in what a schedule asks for, each time with both key paths."""

    def __init__(self, asked: Asked, problems: Problems) -> None:
        """Check this, and record into `problems`."""
        self._asked = asked
        self._given = asked.values
        self._problems = problems

    def alone(self) -> None:
        """Check the fields against each other."""
        for name in _WITHIN_TOTAL:
            self._within_total(name)
        for name in _OF_RETRIES:
            self._has_retries(name)
        self._replaces_with_timeout()
        self._lock_has_overlap()

    def with_times(self, timetable: cadence.Timetable, where: str) -> None:
        """Check the deadline against the times of the schedule, whose key path is `where`."""
        if not self._asked.are_sure("start_deadline", "overlap"):
            return
        given, gap, window = self._given, timetable.smallest_gap(), timedelta(minutes=timetable.window)
        deadline = _deadline(given, timetable)
        if given.start_deadline is not None and deadline <= window:
            self._add("start_deadline", f"must be longer than the window of {_words(window)} ({where}.window)")
        elif given.overlap == "queue" and gap is not None and deadline > gap:
            between = f"the {_words(gap)} between two ticks"
            if given.start_deadline is None:
                self._add("overlap", f"needs a window ({where}.window) that is shorter than {between}")
            else:
                queue = self._named("overlap")
                self._add(
                    "start_deadline", f"must not be longer than {between} of {where}, for {queue}: only one waits"
                )

    def with_placement(self, placement: PlacementSettings | None, name: str) -> None:
        """Check that the placement has a service whose revision can run; None for a placement that is not known."""
        if placement is None or self._given.run_revision != "service" or not self._asked.are_sure("run_revision"):
            return
        where = key_path(f"{NAMESPACE}:placements", name)
        if placement.service is None:
            self._add("run_revision", f"needs a placement with a service; {where} has none")
        elif placement.task_definition is not None:
            path = f"{where}.taskDefinition"
            own = self._problems.shown(path, placement.task_definition)
            self._add("run_revision", f"runs the task definition of the service; remove {own} of {path}")

    def with_own_image(self) -> None:
        """Check that a job with an image of its own does not ask for the revision of a service."""
        if self._given.run_revision == "service" and self._asked.are_sure("run_revision"):
            self._add("run_revision", "is the task definition of a service; this job has an image of its own")

    def with_runner(self, runner: Runner) -> None:
        """Check that the job is not asked for what its runner cannot keep. What is refused is not checked further."""
        given = self._given
        refused = [name for name in runner.guarantees if getattr(given, name) is not None]
        for name in refused:
            if self._asked.are_sure(name):
                self._add(name, f"{runner.guarantees[name]}; remove it, because {runner.words} runs this job")
        self._asked = dataclasses.replace(self._asked, unsure=self._asked.unsure.union(refused))
        if given.overlap is not None and given.overlap in runner.overlaps and self._asked.are_sure("overlap"):
            self._add("overlap", runner.overlaps[given.overlap])

    def with_calendars(self, known: Mapping[str, object], calendars: Calendars) -> None:
        """Check that the calendars exist and are not too long together."""
        where, names = f"{NAMESPACE}:calendars", self._given.not_on or ()
        if not names or not self._asked.are_sure("not_on"):
            return
        for index, name in enumerate(names):
            if name not in known and not self._problems.about(key_path(where, name)):
                place = key_path(self._asked.path("not_on"), index)
                self._problems.add_value(place, name, f"no such calendar in {where}{accepted(name, known)}")
        if (count := len(calendars.closed(names, "UTC"))) > MOST:
            self._add("not_on", f"have {count} separate spans together in {where}; must be at most {MOST}")

    def _within_total(self, name: str) -> None:
        own, total = getattr(self._given, name), self._given.total_timeout
        if own is None or total is None or not self._asked.are_sure(name, "total_timeout"):
            return
        if durations.seconds(own) >= durations.seconds(total):
            self._add(name, f"must be less than {self._named('total_timeout')}, which counts from the first launch")

    def _has_retries(self, name: str) -> None:
        """Check a field that retries need. Retries of 0 may switch off those of a deeper level."""
        setters = self._asked.setters
        if name not in setters or self._given.retries or not self._asked.are_sure(name, "retries"):
            return
        if "retries" not in setters or setters["retries"].depth >= setters[name].depth:
            self._add(name, f"has no effect without retries; set {self._asked.path_beside('retries', name)}")

    def _replaces_with_timeout(self) -> None:
        given = self._given
        if not given.retries or given.overlap != "replace" or given.timeout is not None:
            return
        if self._asked.are_sure("retries", "overlap", "timeout"):
            timeout = self._asked.path_beside("timeout", "retries")
            self._add("retries", f"with {self._named('overlap')}, retries need a timeout; set {timeout}")

    def _lock_has_overlap(self) -> None:
        given = self._given
        if given.lock is None or given.overlap not in {None, "allow"} or not self._asked.are_sure("lock", "overlap"):
            return
        overlap = self._asked.path_beside("overlap", "lock")
        words = "skip, replace or queue" if given.overlap is None else "skip, replace or queue, not allow"
        self._add("lock", f"needs to know what a tick does that finds the lock taken; set {overlap} to {words}")

    def _named(self, name: str) -> str:
        """Return a field's value and its place, for a message about another field."""
        path = self._asked.path(name)
        return f"{self._problems.shown(path, getattr(self._given, name))} of {path}"

    def _add(self, name: str, message: str) -> None:
        value = getattr(self._given, name)
        self._problems.add_value(self._asked.path(name), list(value) if isinstance(value, tuple) else value, message)


def _words(length: timedelta) -> str:
    return instants.length(int(length.total_seconds()))
