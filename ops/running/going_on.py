"""The runs of a job that go on, as ECS has them, or the ledger those of a function."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from ops import aws_errors, warn
from ops.errors import OpsError
from watch import instants, invocations, task, untrusted
from watch.names import group_and_job

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ops.known_jobs import KnownJob
    from ops.operator_account import OpenLedger, OperatorAccount
    from ops.stack import Place

_ID = re.compile(r"[0-9a-f]{32}")
"""The id of a task (ECS Developer Guide, "ARNs and IDs")."""
_REQUEST = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""The id of an invocation (Lambda Developer Guide, "Working with Lambda function logs": RequestId)."""


@dataclass(frozen=True, kw_only=True)
class Running:
    """A task, or an invocation of a function, that has not ended."""

    task: str
    """The task's ARN, or the text of the invocation."""
    cluster: str
    definition: str
    """`cluster` and `definition` are ARNs; empty for an invocation."""
    job: str
    schedule: str
    tick: str
    """`schedule` and `tick` are empty for a task that names none."""
    status: str
    since: str | None
    """When it started, or was created."""
    by_hand: bool

    @property
    def id(self) -> str:
        """The last part of the ARN."""
        return self.task.rpartition("/")[2]

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
    if known.facts is not None and known.facts.function is not None:
        return [one for one in _invoked(known) if name in (known.job, one.schedule)]
    if known.facts is None:
        raise OpsError(f"the ledger of {place} does not know where {known.job} runs: it has no facts of this job")
    cluster = known.facts.cluster
    arns = {*account.going_on(cluster, known.facts.task_definition.partition(":")[0])}
    arns |= {run.task for run in known.record.open.values() if run.cluster == cluster}
    found = _running(place, account.tasks(cluster, sorted(arns)))
    return [one for one in found if one.job == known.job and name in (known.job, one.schedule)]


def of_task(account: OperatorAccount, place: Place, opened: OpenLedger, name: str) -> list[Running]:
    """Return the run of a task, by its ARN or id, as a list of one; of none when it has ended.

    OpsError for a task that ECS does not know, or that is no run of the group, and for an invocation.
    """
    if _REQUEST.fullmatch(name) or untrusted.is_invocation(name):
        raise OpsError(_unstoppable(opened, name.rpartition("/")[2]))
    clusters = [_cluster_of(name)] if name.startswith("arn:") else _clusters(opened)
    for cluster in clusters:
        for described in account.tasks(cluster, [name]):
            if group_and_job(described.get("group", ""))[0] != place.group:
                raise OpsError(f"the task {name} is no run of {place}; its task group is {described.get('group')}")
            return list(_running(place, [described]))
    where = ", ".join(one.rpartition("/")[2] for one in clusters) or "none of the stack's clusters"
    raise OpsError(f"ECS knows no task {name} on {where}; it forgets a stopped task after about an hour")


def _invoked(known: KnownJob) -> Iterator[Running]:
    """Yield the invocations that the ledger has no end of, the earliest first. Nobody else knows of them."""
    for run in sorted(known.record.open.values(), key=lambda run: (run.since, run.task)):
        flight = known.record.traffic.of_task(run.task)
        yield Running(
            task=run.task,
            cluster="",
            definition="",
            job=known.job,
            schedule=run.schedule,
            tick=run.tick,
            status=invocations.INVOKED,
            since=run.since,
            by_hand=bool(flight and flight.rerun),
        )


def is_task(name: str) -> bool:
    """Return whether a name is the ARN or the id of a task or an invocation, and no job's."""
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
    return sorted({facts.cluster for facts in items.values() if facts.function is None})


def _unstoppable(opened: OpenLedger, invocation: str) -> str:
    """Return what is said to somebody who wants to stop an invocation, which has this id."""
    with aws_errors.explained():
        records = opened.ledger.jobs(partial(warn.of_foreign, "record"))
    jobs = [job for job, record in records.items() if invocation in record.open]
    for job in jobs:
        return f"nobody can stop the invocation {invocation} of {job}; `stop {job}` lets no attempt follow it"
    return f"no invocation {invocation} goes on, and nobody could stop it"


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
