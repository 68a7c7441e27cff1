"""Checks that the watch has made what the holds ask for: their schedules are disabled, and enabled after them. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from doctor.finding import Link, broken, sound, unchecked
from holds.standing import Standing
from judgements.answers import Refused
from watch import instants

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from doctor.account import Known
    from doctor.finding import Finding
    from holds.hold import Hold

_LATE = timedelta(minutes=15)
"""Three checks of the watch, which begins and ends holds."""


@dataclass(frozen=True, kw_only=True)
class HeldSchedule:
    """A schedule of a job, as far as holds are concerned."""

    name: str
    job: str
    owner: str
    enabled: bool
    wanted: bool
    """Whether config wants it enabled."""


@dataclass(frozen=True, kw_only=True)
class Holds:
    """The holds and the schedules of the group."""

    holds: Known[Sequence[Hold]] | Refused
    strange: Mapping[str, str] = field(default_factory=dict)
    """Why parameters among the holds are none, by their names."""
    schedules: Sequence[HeldSchedule]
    now: datetime


def check(given: Holds) -> Iterator[Finding]:
    """Yield what is found of each hold."""
    if isinstance(given.holds, Refused):
        yield unchecked(Link.WATCH, "holds", "what the holds keep from running", given.holds)
        return
    for name, why in given.strange.items():
        text = f"the parameter {name} is no hold: {why}; so each check of the watch ends with an error"
        fix = f"aws ssm delete-parameter --name {name}; if it was to be a hold, make it with python -m ops pause"
        yield broken("hold-unreadable", Link.WATCH, "holds", text, fix)
    standing = Standing(given.holds.value, given.now)
    for hold in given.holds.value:
        found = list(_faults(hold, standing, given.schedules))
        yield from found or [sound(Link.WATCH, f"hold {hold.id}")]


def _faults(hold: Hold, standing: Standing, schedules: Sequence[HeldSchedule]) -> Iterator[Finding]:
    now, about = standing.now, f"hold {hold.id}"
    own = [one for one in schedules if one.wanted and hold.covers(one.job, one.owner)]
    left = [one for one in own if not one.enabled and standing.keeping(one.job, one.owner) is None]
    if hold.until is not None and hold.until + _LATE < now and left:
        text = f"the hold ended {instants.text(hold.until)}, and still keeps {_names(left)} disabled"
        fix = f"python -m ops resume {hold.id}, with --stack; see also what is found of the watch, which should do it"
        yield broken("hold-not-lifted", Link.WATCH, about, text, fix, _jobs(left))
    running = [one for one in own if one.enabled]
    if hold.is_in_force(now) and hold.works_from + _LATE < now and running:
        text = f"the hold should keep {_names(running)} disabled, but Scheduler has the schedules enabled"
        fix = "repeat python -m ops pause, which disables what is left; see also what is found of the watch"
        yield broken("hold-not-kept", Link.WATCH, about, text, fix, _jobs(running))


def _names(schedules: Sequence[HeldSchedule]) -> str:
    return ", ".join(sorted(one.name for one in schedules))


def _jobs(schedules: Sequence[HeldSchedule]) -> list[str]:
    return [one.job for one in schedules]
