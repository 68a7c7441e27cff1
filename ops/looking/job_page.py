"""Everything about a job: as JSON values, and the page that a person reads. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from aws_facts.function_name import FunctionName
from cadence.upcoming import tick_text
from ops.looking import hold_words
from ops.running import launch
from report import words
from watch import instants, links, run_kinds
from watch.untrusted import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from ops.looking.listing import Row, ToCome
    from ops.looking.past_ticks import Line
    from ops.stack import Place
    from watch.facts import JobFacts

_NEXT = 3
_INDENT = "    "


@dataclass(frozen=True, kw_only=True)
class ShownSchedule:
    """One schedule of the job."""

    row: Row
    to_come: ToCome | None
    """None for a schedule without ticks to come."""
    described: Mapping[str, Any] | None
    """The schedule as GetSchedule describes it; None for one that AWS does not have."""
    request: Mapping[str, Any] | None
    """RunTask's request, with Scheduler's placeholder where the tick belongs; None if it is not known."""


@dataclass(frozen=True, kw_only=True)
class ShownRole:
    """A launch role."""

    arn: str
    policies: Mapping[str, Any]
    """The documents of its own policies, by name."""
    unread: str
    """Why the policies could not be read; empty if they were."""


@dataclass(frozen=True, kw_only=True)
class JobPage:
    """All that is known of a job."""

    place: Place
    partition: str
    job: str
    deployed: bool
    facts: JobFacts
    now: datetime
    schedules: Sequence[ShownSchedule]
    runs: Sequence[Line]
    """The latest ticks, the newest first."""
    roles: Sequence[ShownRole]
    images: Mapping[str, str] | None
    """The images of the containers that the next run has, by the containers' names; None if they cannot be read."""

    def to_plain(self) -> dict[str, Any]:
        """Return the page as JSON values."""
        facts = self.facts
        return {
            "job": self.job,
            "group": self.place.group,
            "region": self.place.region,
            "now": instants.text(self.now),
            "deployed": self.deployed,
            "owner": facts.owner,
            "severity": facts.severity,
            "runbook": facts.runbook or None,
            "cluster": facts.cluster,
            "taskDefinition": facts.task_definition,
            "container": facts.container or None,
            "images": None if self.images is None else dict(self.images),
            "kind": _kind(facts),
            **_runner(facts),
            "supervised": facts.supervised is not None,
            "schedules": [self._schedule(one) for one in self.schedules],
            "ticks": [line.to_plain() for line in self.runs],
            "launchRoles": [
                {"role": one.arn, "policies": dict(one.policies), "unread": one.unread or None} for one in self.roles
            ],
            "console": self.links(),
        }

    def _schedule(self, one: ShownSchedule) -> dict[str, Any]:
        name = one.row.name
        limits = self.facts.limits.get(name)
        described = one.described or {}
        target = described.get("Target", {})
        return {
            **one.row.to_plain(),
            "nextTicks": [instants.text(tick) for tick in self._ticks(one)],
            "doneBy": self.facts.done_by.get(name),
            "pauseAfter": self.facts.pause_after.get(name),
            "limits": limits.to_plain() if limits else None,
            "launchRole": target.get("RoleArn"),
            "retryPolicy": target.get("RetryPolicy"),
            "deadLetters": target.get("DeadLetterConfig", {}).get("Arn"),
            "request": None if one.request is None else launch.shown(one.request),
        }

    def _ticks(self, one: ShownSchedule) -> Iterator[datetime]:
        if one.to_come is not None and (one.row.hold is None or one.row.hold.until is not None):
            yield from islice(one.to_come.table.ticks(self.now, anchor=one.to_come.anchor), _NEXT)

    def links(self) -> dict[str, str]:
        """Return addresses in the console, by what they show."""
        partition, region, function = self.partition, self.place.region, self.facts.function
        if function is not None:
            found = {"function": links.function(partition, region, FunctionName.of_arn(function.alias).name)}
        elif run_kinds.of(self.facts) != run_kinds.TASK:
            found = {}
        else:
            family = _last(self.facts.task_definition).partition(":")[0]
            found = {
                "tasks": links.tasks(partition, region, _last(self.facts.cluster)),
                "taskDefinition": links.task_definition(partition, region, family),
            }
        for one in self.schedules:
            if one.described is not None:
                found[one.row.name] = links.schedule(partition, region, self.place.group, one.row.name)
        for role in self.roles:
            found[_last(role.arn)] = links.role(partition, _last(role.arn))
        return found

    def lines(self, history: Sequence[str]) -> Iterator[str]:
        """Yield the lines of the page. `history` are those of the latest ticks."""
        facts = self.facts
        yield f"{self.job}{'' if self.deployed else ' (no longer deployed)'}"
        pairs = {
            "owner": facts.owner,
            "severity": facts.severity,
            "runbook": facts.runbook,
            "cluster": _last(facts.cluster),
            "task definition": facts.task_definition,
            "container": facts.container,
            **self._image_lines(),
            **_runner_lines(facts),
            "launched by": _launcher(facts),
        }
        yield from _pairs(pairs)
        for one in self.schedules:
            yield ""
            yield from self._schedule_lines(one)
        yield from _part("Latest ticks", history or ["none is known"])
        for one in self.schedules:
            if one.request is not None:
                yield from _part(f"Request of {one.row.name}", _json(launch.shown(one.request)))
        for role in self.roles:
            shown = [f"could not be read: {role.unread}"] if role.unread else []
            documents = (line for name, body in role.policies.items() for line in (f"{name}:", *_json(body)))
            yield from _part(f"Launch role {role.arn}", [*shown, *documents])
        yield from _part("In the console", [f"{name}: {url}" for name, url in self.links().items()])

    def _image_lines(self) -> dict[str, str]:
        """Return the images, that of the job's container first."""
        others = dict(self.images or {})
        own = others.pop(self.facts.container, "")
        return {"image": own, **{f"image of {name}": others[name] for name in sorted(others)}}

    def _schedule_lines(self, one: ShownSchedule) -> Iterator[str]:
        row = one.row
        yield f"Schedule {row.name}: {row.state}{f', {row.words}' if row.words else ''}"
        limits = self.facts.limits.get(row.name)
        running = ", ".join(f"{run_kinds.kind(run.task)} {_last(run.task)} since {run.since}" for run in row.runs)
        outcome = words.meaning(row.outcome) + (f" ({row.tick})" if row.tick else "")
        more = {
            "": "not as deployed" if not row.as_deployed else "",
            "hold": hold_words.line(row.hold) if row.hold else "",
            "next": "; ".join(tick_text(tick, one.to_come.table) for tick in self._ticks(one)) if one.to_come else "",
            "last": outcome,
            "failures in a row": str(row.failures or ""),
            "runs now": running,
            "done by": self.facts.done_by.get(row.name, ""),
            "paused after": _ticks_in_a_row(self.facts.pause_after.get(row.name)),
            "limits": ", ".join(f"{name} {_short(value)}" for name, value in limits.to_plain().items())
            if limits
            else "",
        }
        yield from _pairs(more)


def _kind(facts: JobFacts) -> str:
    """Return what runs the job, as job files name it; `task` stands for a container of any image."""
    if facts.function is not None:
        return "http" if facts.function.receiver else "function"
    return "worker" if facts.work else "in_process" if facts.in_process else "task"


def _runner(facts: JobFacts) -> dict[str, str]:
    """Return as JSON values what is only known of a job that is no task."""
    function, work, process = facts.function, facts.work, facts.in_process
    found = {
        "function": function.alias if function else "",
        "receiver": function.receiver if function else "",
        "queue": work.arn if work else "",
        "task": work.task if work else "",
        "claims": work.claims if work else _last(process.claims) if process else "",
    }
    return {name: value for name, value in found.items() if value}


def _runner_lines(facts: JobFacts) -> dict[str, str]:
    """Return what runs a job that is no task, by the names of the page."""
    function, work, service = facts.function, facts.work, facts.work or facts.in_process
    return {
        "function": FunctionName.of_arn(function.alias).name if function else "",
        "receiver": function.receiver if function else "",
        "callbacks to": function.callback if function else "",
        "taken by": f"workers, as {work.task}" if work else "",
        "queue": work.arn.rpartition(":")[2] if work else "",
        "claims": _last(service.claims) if service else "",
        "log group": function.log_group if function else service.log_group if service else "",
    }


def _launcher(facts: JobFacts) -> str:
    if facts.in_process is not None:
        return "the processes of its service, by themselves"
    return "the supervisor" if facts.supervised else "Scheduler"


def _pairs(pairs: Mapping[str, str]) -> Iterator[str]:
    """Yield a line for each pair that has a value."""
    width = max(map(len, pairs))
    for name, value in pairs.items():
        if value:
            yield f"{_INDENT}{name.ljust(width)}  {visible(value)}".rstrip()


def _part(title: str, lines: Sequence[str]) -> Iterator[str]:
    yield ""
    yield f"{title}:"
    yield from (f"{_INDENT}{visible(line)}".rstrip() for line in lines)


def _json(value: object) -> list[str]:
    return json.dumps(value, indent=2).splitlines()


def _ticks_in_a_row(limit: int | None) -> str:
    return f"{limit} ticks in a row that went wrong" if limit else ""


def _short(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _last(name: str) -> str:
    return name.rpartition("/")[2]
