"""What all topics stand on: the deployed jobs as the ledger has them, and their schedules as AWS has them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from aws_facts import definition_name
from doctor import launch
from doctor.account import Known
from holds.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from components.subscriptions import Endpoint
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
    """What is examined, as the ledger has it."""

    group: str
    """The schedule group."""
    region: str
    options: str
    """The options that name the stack to the operator's commands, such as `--stack production`."""
    whole: bool
    """Whether all jobs of the stack are examined, and not one."""
    jobs: Mapping[str, JobFacts]
    """The items of the deployed jobs that are examined, by name."""
    unreadable: Mapping[str, str]
    """Why the items of jobs cannot be read, by name: this program did not write them."""
    records: Mapping[str, JobRecord]
    """The watch's records of jobs, by name."""
    now: datetime
    """The time of AWS."""
    ledger: Ledger
    topic: str
    """The ARN of the topic for alerts; empty if the watch's function does not name one."""
    endpoints: Sequence[Endpoint] | None = None
    """The endpoints of the stack file in this checkout; None if the stack has no file here, or one with mistakes."""


@dataclass(frozen=True, kw_only=True)
class Stack(Examined):
    """What is examined, with what AWS says of the schedules."""

    deployed: Known[Mapping[str, Deployed] | None] | Refused
    """The schedules as ListSchedules has them, by name; None when the group does not exist."""
    holds: Known[Sequence[Hold]] | Refused
    """The holds of the group."""
    strange_holds: Mapping[str, str] = field(default_factory=dict)
    """Why parameters among the holds are none, by their names."""
    schedules: Mapping[str, Known[Mapping[str, Any] | None] | Refused] = field(default_factory=dict)
    """GetSchedule's answer about each schedule of the jobs' items, by name."""
    revisions: Mapping[str, str] = field(default_factory=dict)
    """The ARN of the revision that the service of a job runs, by job; of jobs whose service runs their family."""

    @cached_property
    def launches(self) -> Sequence[Launch]:
        """What the schedules launch, as far as that is known."""
        found = []
        for job, facts in sorted(self.jobs.items()):
            for name in sorted(facts.schedules):
                answer = self.schedules.get(name)
                described = answer.value if isinstance(answer, Known) else None
                one = launch.of(job, facts, described) if described else None
                found += [self._as_launched(one, facts)] if one else []
        return found

    def _as_launched(self, one: Launch, facts: JobFacts) -> Launch:
        """Return a launch with the revision that the supervisor takes from a service, if the schedule follows one."""
        limits = facts.limits.get(one.schedule)
        if limits is None or limits.run_revision != "service" or one.job not in self.revisions:
            return one
        return replace(one, request={**one.request, "TaskDefinition": self.revisions[one.job]})

    def goes_on(self, job: str, schedule: str) -> bool:
        """Return whether a tick of a job's schedule runs, or waits for its launch or its next attempt."""
        record = self.records.get(job)
        if record is None:
            return False
        runs = (run.schedule for run in record.open.values())
        return schedule in (*runs, *(flight.schedule for flight in record.traffic.flights))

    def jobs_by(self, key: Callable[[Launch], Iterable[str]]) -> dict[str, list[str]]:
        """Return the jobs by the things that their launches need: `key` returns the names of those of one launch."""
        found: dict[str, list[str]] = {}
        for one in self.launches:
            for name in key(one):
                found.setdefault(name, []).append(one.job)
        return found


def read(account: Account, examined: Examined) -> Stack:
    """Return the stack with what AWS says of the schedules, and of what keeps them disabled."""
    strange: dict[str, str] = {}
    with ThreadPoolExecutor(4) as pool:
        deployed = pool.submit(account.schedules, examined.group)
        holds = pool.submit(account.attempt, lambda: _holds(account, examined.group, strange))
        names = [name for facts in examined.jobs.values() for name in facts.schedules]
        schedules = pool.submit(account.each, names, lambda name: account.schedule(examined.group, name))
        revisions = pool.submit(_revisions, account, examined.jobs)
        return Stack(
            **vars(examined),
            deployed=deployed.result(),
            holds=holds.result(),
            strange_holds=strange,
            schedules=schedules.result(),
            revisions=revisions.result(),
        )


def _holds(account: Account, group: str, strange: dict[str, str]) -> Sequence[Hold]:
    """Return the holds. What is stored among them and is no hold goes to `strange`, with the reason."""
    return Storage(account.client("ssm"), group).all(lambda name, error: strange.update({name: str(error)}))


def _revisions(account: Account, jobs: Mapping[str, JobFacts]) -> dict[str, str]:
    """Return what the services of jobs run. A service that is gone, or runs another family, is a finding of its own."""
    services = {
        job: (facts.supervised.service["cluster"], facts.supervised.service["service"])
        for job, facts in jobs.items()
        if facts.supervised and facts.supervised.service
    }
    answers = account.each(services.values(), lambda key: account.service(*key))
    found = {}
    for job, key in services.items():
        answer = answers[key]
        revision = str((answer.value or {}).get("taskDefinition") or "") if isinstance(answer, Known) else ""
        if _family(revision) == _family(jobs[job].task_definition):
            found[job] = revision
    return found


def _family(task_definition: str) -> str:
    return definition_name.of(task_definition).partition(":")[0]
