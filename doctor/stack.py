"""What all topics stand on: the deployed jobs as the ledger has them, and their schedules as AWS has them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from doctor import launch
from doctor.account import Known

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from doctor.account import Account
    from doctor.launch import Launch
    from holds.hold import Hold
    from judgements.answers import Refused
    from watch.due import Deployed
    from watch.facts import JobFacts
    from watch.ledger import Ledger
    from watch.records import JobRecord


@dataclass(frozen=True, kw_only=True)
class Examined:
    """What is examined, from a number of calls that does not depend on the number of jobs."""

    group: str
    """The schedule group."""
    region: str
    whole: bool
    """Whether all jobs of the stack are examined, and not some."""
    jobs: Mapping[str, JobFacts]
    """The items of the deployed jobs that are examined, by name."""
    records: Mapping[str, JobRecord]
    """The watch's records of jobs, by name."""
    deployed: Mapping[str, Deployed]
    """The group's schedules as ListSchedules has them, by name; without those of jobs that are not examined."""
    holds: Sequence[Hold]
    now: datetime
    ledger: Ledger
    topic: str
    """The ARN of the topic for alerts; empty if the watch's function does not name one."""


@dataclass(frozen=True, kw_only=True)
class Stack(Examined):
    """What is examined, with the examined jobs' schedules."""

    schedules: Mapping[str, Known[Mapping[str, Any] | None] | Refused] = field(default_factory=dict)
    """GetSchedule's answer by name, of each schedule of the jobs' items that ListSchedules has."""

    @cached_property
    def launches(self) -> Sequence[Launch]:
        """What the schedules launch, as far as that is known."""
        found = []
        for job, facts in sorted(self.jobs.items()):
            for name in sorted(facts.schedules):
                answer = self.schedules.get(name)
                described = answer.value if isinstance(answer, Known) else None
                one = launch.of(job, facts, described) if described else None
                found += [one] if one else []
        return found

    def jobs_by(self, key: Callable[[Launch], Iterable[str]]) -> dict[str, list[str]]:
        """Return the jobs by the things that their launches need: `key` returns the names of those of one launch."""
        found: dict[str, list[str]] = {}
        for one in self.launches:
            for name in key(one):
                found.setdefault(name, []).append(one.job)
        return found


def read(account: Account, examined: Examined) -> Stack:
    """Return the stack with the schedules of its jobs, as GetSchedule has them."""
    wanted = [name for facts in examined.jobs.values() for name in facts.schedules if name in examined.deployed]
    schedules = account.each(wanted, lambda name: account.schedule(examined.group, name))
    return Stack(**vars(examined), schedules=schedules)
