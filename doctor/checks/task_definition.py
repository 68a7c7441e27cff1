"""Checks that jobs can run on a task definition as it is now: its newest revision, or the pinned one. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any

from aws_facts import log_place
from aws_facts.entry_point import entry_point_problem
from aws_facts.launch_types import LaunchType, size_problem
from doctor.account import Known
from doctor.finding import Link, broken, sound, unchecked
from judgements import capacity, task_definition
from judgements.answers import Refused, TaskDefinition

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from aws_facts.launch_types import LaunchTypes
    from doctor.finding import Finding
    from doctor.launch import Launch
    from judgements.answers import CapacityProvider

_REGISTER = "register a revision without this fault"
_ACTIVE = "ACTIVE"


@dataclass(frozen=True, kw_only=True)
class UsedDefinition:
    """A task definition that jobs run on."""

    name: str
    """`family`, whose newest active revision runs, or `family:revision`."""
    launches: Sequence[Launch]
    """The launches that name it, at least one."""
    answer: Known[Mapping[str, Any] | None] | Refused
    """DescribeTaskDefinition's answer."""
    log_groups: Mapping[str, Known[bool] | Refused]
    """Whether the log group of a container exists, by container; only of those whose group must be there already."""
    own_providers: Mapping[str, Known[Mapping[str, CapacityProvider]] | Refused] = field(default_factory=dict)
    """The capacity providers of each cluster of a launch that is not on Fargate."""

    @property
    def jobs(self) -> list[str]:
        """The jobs of the launches."""
        return [one.job for one in self.launches]

    def types(self, launch: Launch) -> LaunchTypes:
        """Return what the tasks of a launch may run on."""
        known = self.own_providers.get(launch.cluster)
        return capacity.launch_types(launch.providers, known.value if isinstance(known, Known) else {})

    def by_container(self) -> dict[str, list[str]]:
        """Return the jobs by the container that they run in."""
        found: dict[str, list[str]] = {}
        for one in self.launches:
            found.setdefault(one.container, []).append(one.job)
        return found


def check(definitions: Sequence[UsedDefinition]) -> Iterator[Finding]:
    """Yield what is found of each task definition."""
    for one in definitions:
        found = list(_faults(one))
        yield from found or [sound(Link.TASK_DEFINITION, one.name, one.jobs, "; ".join(_remarks(one)))]


def _faults(one: UsedDefinition) -> Iterator[Finding]:
    link, answer = Link.TASK_DEFINITION, one.answer
    if isinstance(answer, Refused):
        yield unchecked(link, one.name, "its containers and sizes", answer, one.jobs)
        return
    if answer.value is None:
        text = "there is no such revision" if ":" in one.name else "the family has no active revision"
        fix = "register a revision, or change the placement's taskDefinition in the stack file and run pulumi up"
        yield broken("task-definition-gone", link, one.name, text, fix, one.jobs)
        return
    known = TaskDefinition.described(answer.value)
    if known.status != _ACTIVE:
        text = f"it is {known.status}, and ECS launches no task of it"
        fix = "name an active revision, or the family, as the placement's taskDefinition and run pulumi up"
        yield broken("task-definition-inactive", link, one.name, text, fix, one.jobs)
        return
    found = [task_definition.problems(known, one.types(launch), launch.volumes) for launch in one.launches]
    for problem in dict.fromkeys(chain.from_iterable(found)):
        yield broken("task-definition-unfit", link, one.name, f"it {problem}", _REGISTER, one.jobs)
    for container, jobs in one.by_container().items():
        yield from _of_container(one, known, container, jobs)
    for launch in one.launches:
        yield from _of_launch(one, known, launch)


def _of_container(one: UsedDefinition, known: TaskDefinition, name: str, jobs: Sequence[str]) -> Iterator[Finding]:
    link = Link.TASK_DEFINITION
    container = next((each for each in known.containers if each["name"] == name), None)
    if problem := task_definition.container_problem(one.name, name, known.containers):
        text = f"the container '{name}': {problem}"
        if container is None:
            fix = f"{_REGISTER}, or name another container in the stack file and run pulumi up"
            yield broken("container-missing", link, one.name, text, fix, jobs)
        else:
            yield broken("container-not-essential", link, one.name, text, _REGISTER, jobs)
    if container is None:
        return
    if (container.get("restartPolicy") or {}).get("enabled"):
        text = f"the container '{name}' has a restartPolicy: when the job ends, ECS starts it again, and hides its end"
        yield broken("container-restarts", link, one.name, text, f"{_REGISTER}: restartPolicy.enabled false", jobs)
    if not container.get("logConfiguration"):
        text = f"the container '{name}' has no log driver, so nobody can see why a run failed"
        yield broken("log-missing", link, one.name, text, f"{_REGISTER}: logConfiguration with awslogs", jobs)
    exists = one.log_groups.get(name)
    if isinstance(exists, Refused):
        yield unchecked(link, one.name, f"whether the log group of the container '{name}' exists", exists, jobs)
    elif exists is not None and not exists.value:
        group = container["logConfiguration"]["options"]["awslogs-group"]
        text = f"the log group {group} of the container '{name}' does not exist, so no task starts"
        yield broken(
            "log-group-gone", link, one.name, text, f"aws logs create-log-group --log-group-name {group}", jobs
        )


def _of_launch(one: UsedDefinition, known: TaskDefinition, launch: Launch) -> Iterator[Finding]:
    link, jobs = Link.TASK_DEFINITION, [launch.job]
    entry_point = task_definition.entry_point(launch.container, known.containers)
    if launch.command and (problem := entry_point_problem(entry_point, launch.command)):
        text = f"the container '{launch.container}' does not run the command of {launch.schedule}: {problem}"
        yield broken("command-not-run", link, one.name, text, _REGISTER, jobs)
    types = one.types(launch)
    sizes = [
        _size_problem(launch, known, types),
        *task_definition.size_problems(one.name, cpu=launch.cpu, memory=launch.memory, containers=known.containers),
    ]
    for problem in filter(None, sizes):
        fix = "change cpu and memory in the stack file and run pulumi up, or register a revision that they go with"
        yield broken("size-unfit", link, one.name, f"the size of {launch.schedule}: {problem}", fix, jobs)
    for provider in launch.providers:
        if problem := capacity.system_problem(provider, one.name, types, windows=known.windows):
            text = f"the capacity provider {provider} {problem.partition(';')[0]}"
            fix = "change the placement's capacity, for example to FARGATE alone, and run pulumi up"
            yield broken("platform-without-capacity", link, one.name, text, fix, jobs)


def _size_problem(launch: Launch, known: TaskDefinition, types: LaunchTypes) -> str | None:
    """Return why tasks of a launch cannot have their size. On instances, only what the launch itself sets counts."""
    if LaunchType.FARGATE in types:
        cpu, memory = launch.cpu or known.cpu, launch.memory or known.memory
    else:
        cpu, memory = launch.cpu, launch.memory
    return size_problem(types, cpu, memory, windows=known.windows)


def _remarks(one: UsedDefinition) -> Iterator[str]:
    """Yield what is worth knowing of the logs, although no tick fails because of it."""
    if isinstance(one.answer, Refused) or one.answer.value is None:
        return
    for container in one.by_container():
        containers = one.answer.value["containerDefinitions"]
        if warning := task_definition.container_warning(one.name, container, containers):
            yield f"the container '{container}' {warning}"
        elif log_place.may_lose_lines(one.answer.value, container):
            yield f"the log of the container '{container}' may lose lines, because its mode is not blocking"
