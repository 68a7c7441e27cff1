"""Checks the services whose revision supervised jobs run. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aws_facts import definition_name
from doctor.finding import Link, broken, sound, unchecked
from judgements.answers import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from doctor.account import Known
    from doctor.finding import Finding


@dataclass(frozen=True, kw_only=True)
class FollowedService:
    """A service whose revision jobs run."""

    name: str
    families: Mapping[str, Sequence[str]]
    """The jobs by the family that their launch roles may run."""
    answer: Known[Mapping[str, Any] | None] | Refused
    """DescribeServices's answer."""

    @property
    def jobs(self) -> list[str]:
        """The jobs that run its revision."""
        return [job for jobs in self.families.values() for job in jobs]


def check(services: Sequence[FollowedService]) -> Iterator[Finding]:
    """Yield what is found of each service."""
    for one in services:
        found = list(_faults(one))
        yield from found or [sound(Link.TASK_DEFINITION, f"of the service {one.name}", one.jobs)]


def _faults(one: FollowedService) -> Iterator[Finding]:
    link, about, answer = Link.TASK_DEFINITION, f"of the service {one.name}", one.answer
    if isinstance(answer, Refused):
        yield unchecked(link, about, "which revision it runs", answer, one.jobs)
        return
    if answer.value is None or answer.value.get("status") != "ACTIVE":
        text = "the jobs run the revision of this service, and it does not exist, so none of them is launched"
        fix = "create the service, or change the placement in the stack file and run pulumi up"
        yield broken("service-gone", link, about, text, fix, one.jobs)
        return
    if why := _never_settles(answer.value):
        fix = 'let the service have a deployment that ends, or give the jobs run_revision="newest" and run pulumi up'
        yield broken("service-unfit", link, about, f"no job is launched, because {why}", fix, one.jobs)
        return
    family = definition_name.of(answer.value.get("taskDefinition") or "").partition(":")[0]
    for wanted, jobs in one.families.items():
        if family != wanted:
            text = f"it runs the family {family}, and the launch roles of the jobs may run {wanted} alone"
            yield broken(
                "service-other-family", link, about, text, "run pulumi up, which reads the service again", jobs
            )


def _never_settles(service: Mapping[str, Any]) -> str:
    """Return why the service has no revision that the supervisor would run; empty if it has, or soon has."""
    controller = service.get("deploymentController", {}).get("type", "ECS")
    if controller != "ECS":
        return f"it has the deployment controller {controller}, and the supervisor follows those of ECS only"
    failed = [one for one in service.get("deployments", []) if one.get("rolloutState") == "FAILED"]
    return "its deployment has failed, and the supervisor waits for its end" if failed else ""
