"""The runs of a job that go on: tasks as ECS has them, and others as the ledger does."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from ops import aws_errors, warn
from ops.errors import OpsError
from watch import claims, instants, invocations, news, run_kinds, task, untrusted
from watch.names import group_and_job

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ops.known_jobs import KnownJob
    from ops.operator_account import OpenLedger, OperatorAccount
    from ops.stack import Place
    from supervision.flights import Flight
    from watch.records import JobRecord

_ID = re.compile(r"[0-9a-f]{32}")
"""The id of a task (ECS Developer Guide, "ARNs and IDs"), and of a run that a process of a service claims."""
_REQUEST = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""The id of an invocation (Lambda Developer Guide, "Working with Lambda function logs": RequestId)."""


@dataclass(frozen=True, kw_only=True)
class Running:
    """A run that has not ended."""

    task: str
    """The task's ARN, or another text that names the run (`watch.run_kinds`)."""
    cluster: str
    definition: str
    """`cluster` and `definition` are ARNs; empty for a run that is no task."""
    job: str
    schedule: str
    tick: str
    """`schedule` and `tick` are empty for a task that names none."""
    status: str
    since: str | None
    """When it started, or was created."""
    by_hand: bool
    flight: Flight | None = None
    """For a run that a worker takes, by what the supervisor can stop it; None for others, and if it is not known."""

    @property
    def id(self) -> str:
        """The last part of the ARN."""
        return run_kinds.id_of(self.task)

    @property
    def kind(self) -> str:
        """What it is, in words."""
        return run_kinds.kind(self.task)

    @property
    def can_be_stopped(self) -> bool:
        """Whether ECS stops it, or the supervisor. Nobody can stop an invocation, or what a process has begun."""
        return self.kind == run_kinds.TASK or self.flight is not None

    def to_plain(self) -> dict[str, Any]:
        """Return the run as JSON values."""
        return {
            "task": self.task,
            "cluster": self.cluster,
            "job": self.job,
            "schedule": self.schedule or None,
            "tick": self.tick or None,
            "status": self.status,
            "since": self.since,
            "byHand": self.by_hand,
        }


def of_known(account: OperatorAccount, place: Place, known: KnownJob, name: str) -> list[Running]:
    """Return the runs of a job, or of one of its schedules, the earliest first; OpsError if nobody knows where it runs.

    ECS lists a new task late, so the runs that the ledger knows are asked for as well.
    """
    if known.facts is None:
        raise OpsError(f"the ledger of {place} does not know where {known.job} runs: it has no facts of this job")
    found = [*_tasks_of(account, place, known, known.facts.cluster), *_recorded(known.record)]
    return [one for one in found if one.job == known.job and name in (known.job, one.schedule)]


def _tasks_of(account: OperatorAccount, place: Place, known: KnownJob, cluster: str) -> Iterator[Running]:
    """Yield the tasks of a job. One that has become another kind may still have tasks on the cluster that it had."""
    arns: dict[str, set[str]] = {}
    if cluster and known.facts is not None:
        arns[cluster] = {*account.going_on(cluster, known.facts.task_definition.partition(":")[0])}
    for run in known.record.open.values():
        if run.cluster and run.cluster == (cluster or run.cluster):
            arns.setdefault(run.cluster, set()).add(run.task)
    for where in sorted(arns):
        yield from _running(place, account.tasks(where, sorted(arns[where])))


def of_run(account: OperatorAccount, place: Place, opened: OpenLedger, name: str) -> list[Running]:
    """Return a run, by its ARN or id, as a list of one; of none when it has ended.

    OpsError for a run that nobody knows, or that is none of the group, and for one that nobody can stop.
    """
    if _REQUEST.fullmatch(name) or untrusted.is_invocation(name) or untrusted.is_claimed_run(name):
        return _recorded_run(opened, name)
    clusters = [_cluster_of(name)] if name.startswith("arn:") else _clusters(opened)
    for cluster in clusters:
        for described in account.tasks(cluster, [name]):
            if group_and_job(described.get("group", ""))[0] != place.group:
                raise OpsError(f"the task {name} is no run of {place}; its task group is {described.get('group')}")
            return list(_running(place, [described]))
    if not name.startswith("arn:") and (claimed := _find(opened, name)):
        return _stoppable(claimed)
    where = ", ".join(one.rpartition("/")[2] for one in clusters) or "none of the stack's clusters"
    raise OpsError(f"ECS knows no task {name} on {where}; it forgets a stopped task after about an hour")


def _recorded(record: JobRecord) -> Iterator[Running]:
    """Yield the runs of a record that are no tasks, the earliest first. AWS lists none of them."""
    for run in sorted(record.open.values(), key=lambda run: (run.since, run.task)):
        kind, flight = run_kinds.kind(run.task), record.traffic.of_task(run.task)
        if kind != run_kinds.TASK:
            yield Running(
                task=run.task,
                cluster="",
                definition="",
                job=record.job,
                schedule=run.schedule,
                tick=run.tick,
                status=_status(kind, flight),
                since=run.since,
                by_hand=bool(flight and flight.rerun),
                flight=flight if kind == run_kinds.WORKER_RUN else None,
            )


def _status(kind: str, flight: Flight | None) -> str:
    if kind == run_kinds.INVOCATION:
        return invocations.INVOKED
    is_queued = kind == run_kinds.WORKER_RUN and flight and flight.launch and flight.launch.started is None
    return claims.QUEUED if is_queued else news.RUNNING


def is_run(name: str) -> bool:
    """Return whether a name is the ARN or the id of a run, and no job's."""
    return name.startswith("arn:") or any(form.fullmatch(name) for form in (_ID, _REQUEST))


def _cluster_of(arn: str) -> str:
    try:
        return untrusted.task_arn(arn).split("/")[-2]
    except (ValueError, IndexError):
        raise OpsError(
            f"'{arn}' is not the ARN of a task; must be like arn:aws:ecs:<region>:<account>:task/<cluster>/<id>"
        ) from None


def _clusters(opened: OpenLedger) -> list[str]:
    with aws_errors.explained():
        items = opened.ledger.deployed_jobs(partial(warn.of_foreign, "item"))
    return sorted({facts.cluster for facts in items.values() if facts.cluster})


def _find(opened: OpenLedger, id_: str) -> Running | None:
    """Return the run of an id that is no task's; None if no such run goes on."""
    with aws_errors.explained():
        records = opened.ledger.jobs(partial(warn.of_foreign, "record"))
    found = (one for record in records.values() if id_ in record.open for one in _recorded(record))
    return next((one for one in found if one.id == id_), None)


def _recorded_run(opened: OpenLedger, name: str) -> list[Running]:
    """Return the run of a name that is no task's, as a list of one; OpsError for one that nobody can stop."""
    id_ = run_kinds.id_of(name)
    found = _find(opened, id_)
    if found is None and untrusted.is_claimed_run(name):
        raise OpsError(f"no {run_kinds.kind(name)} {id_} goes on")
    if found is None:
        raise OpsError(f"no invocation {id_} goes on, and nobody could stop it")
    return _stoppable(found)


def _stoppable(found: Running) -> list[Running]:
    """Return a run as a list of one; OpsError, with what can be done instead, for one that nobody can stop."""
    if found.can_be_stopped:
        return [found]
    if found.kind == run_kinds.PROCESS_RUN:
        raise OpsError(unstoppable(found.job))
    if found.kind == run_kinds.WORKER_RUN:
        raise OpsError(f"the supervisor no longer has the run {found.id} of {found.job}, so it cannot stop it")
    raise OpsError(
        f"nobody can stop the invocation {found.id} of {found.job}; `stop {found.job}` lets no attempt follow it"
    )


def unstoppable(job: str) -> str:
    """Return why nobody can stop the runs of an in-process job from here, and what can be done instead."""
    return (
        f"the processes of a service begin and end the runs of {job} by themselves, so nobody else can stop one; let "
        "the service end it, or stop the task of the service that does the work"
    )


def _running(place: Place, described: Sequence[Mapping[str, Any]]) -> Iterator[Running]:
    """Yield those of these tasks that are runs of the group and have not ended, the earliest first."""
    for one in sorted(described, key=lambda one: (str(one.get("createdAt")), one["taskArn"])):
        group, job = group_and_job(one.get("group", ""))
        if group == place.group and one["lastStatus"] != "STOPPED":
            origin = task.origin(one, job)
            seen = task.from_description(one)
            yield Running(
                task=seen.arn,
                cluster=seen.cluster,
                definition=seen.definition,
                job=job,
                schedule=origin.schedule if origin else "",
                tick=origin.tick if origin else "",
                status=seen.status,
                since=instants.text_or_none(seen.started or seen.created),
                by_hand=seen.by_hand,
            )
