"""Looks up in the account the values that RunTask needs for a placement."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pulumi

from aws_facts.arn import Arn
from placements import capacity, network, task_definition
from placements.lookups import Lookups, Refused
from placements.needed import Needed, look_at_each
from placements.placement import Placement
from placements.report import Report
from settings import PlacementSettings, Problems, StackOutput

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pulumi_aws import ecs


_NETWORK_CHECKS = "existence and VPC"


async def look_up(placements: Mapping[str, PlacementSettings], problems: Problems) -> dict[str, Placement]:
    """Return each placement as the account has it, by name; mistakes go to `problems`.

    A placement is left out of the result when its cluster or its task definition is not found.
    """
    account = Lookups()
    found = {}
    for name, settings in placements.items():
        placement = await _Looking(account, settings, Report(problems, name)).placement()
        if placement is not None:
            found[name] = placement
    return found


class _Looking:
    """The look-up of one placement. After a part fails, only the parts that need it are skipped."""

    def __init__(self, account: Lookups, settings: PlacementSettings, report: Report) -> None:
        self._account = account
        self._settings = settings
        self._report = report

    async def placement(self) -> Placement | None:
        """Look up every part; return None when the cluster or the task definition is not found."""
        cluster_arn = await self._cluster()
        service = self._service(cluster_arn)
        strategy = self._capacity(service)
        family = self._family(service)
        known = self._task_definition(family, fargate=capacity.is_fargate(strategy)) if family else None
        roles = self._roles(family or "", known)
        containers = json.loads(known.container_definitions) if known else []
        container = self._container(family or "", containers) if known else None
        interface = self._network(service)
        if cluster_arn is None or family is None or known is None:
            return None
        return Placement(
            cluster_arn=cluster_arn,
            task_definition=family,
            passed_roles=roles,
            **interface,
            capacity=strategy,
            containers=containers,
            container=container,
            cpu=int(known.cpu) if known.cpu else None,
            memory=int(known.memory) if known.memory else None,
        )

    async def _cluster(self) -> str | None:
        service = self._settings.service
        part = "service.cluster" if service else "cluster"
        reference = service.cluster if service else self._settings.cluster
        if isinstance(reference, StackOutput):
            reference = await self._output(reference, part)
        if reference is None:
            return None
        name, is_arn = reference.rpartition("/")[2], reference.startswith("arn:")
        try:
            cluster = self._account.cluster(name)
        except Refused as refusal:
            if refusal.permission and is_arn:
                self._report.warn_unchecked(part, [reference], "existence and status", refusal.permission)
                return reference
            self._report.add_refusal(part, name, refusal)
            return None
        if cluster.status != "ACTIVE":
            self._report.add(part, name, f"the cluster is {cluster.status or 'gone'}; it must be ACTIVE")
        elif is_arn and reference != cluster.arn:
            self._report.add(part, reference, f"is not in this account and region, where '{name}' is {cluster.arn}")
        return cluster.arn

    async def _output(self, wanted: StackOutput, part: str) -> str | None:
        stack = f"{wanted.organization or pulumi.get_organization()}/{wanted.project}/{wanted.stack}"
        try:
            value = await self._account.output(wanted, stack)
        except Refused as refusal:
            self._report.add(part, stack, f"the stack cannot be read: {refusal}")
            return None
        if not isinstance(value, str):
            self._report.add(f"{part}.output", wanted.output, f"must be a text output of the stack '{stack}'")
            return None
        return value

    def _service(self, cluster_arn: str | None) -> ecs.GetServiceResult | None:
        wanted = self._settings.service
        if wanted is None or cluster_arn is None:
            return None
        try:
            return self._account.service(cluster_arn, wanted.name)
        except Refused as refusal:
            self._report.add_refusal("service.name", wanted.name, refusal)
            return None

    def _capacity(self, service: ecs.GetServiceResult | None) -> dict[str, int]:
        strategies = service.capacity_provider_strategies if service else []
        of_service = {strategy.capacity_provider: strategy.weight for strategy in strategies}
        for provider in self._settings.capacity or {}:
            if problem := capacity.problem(provider):
                self._report.add("capacity", provider, problem)
            elif warning := capacity.warning(provider, of_service):
                self._report.warn("capacity", provider, warning)
        return self._settings.capacity or of_service

    def _family(self, service: ecs.GetServiceResult | None) -> str | None:
        """Return the service's family, without its present revision, so that jobs follow the service's deployments."""
        if self._settings.task_definition or service is None:
            return self._settings.task_definition
        if not service.task_definition:
            self._report.add_about(
                "taskDefinition", "is missing: the service has no task definition; set the family here"
            )
            return None
        return Arn.parse(service.task_definition).resource.removeprefix("task-definition/").partition(":")[0]

    def _task_definition(self, family: str, *, fargate: bool) -> ecs.GetTaskDefinitionResult | None:
        try:
            known = self._account.task_definition(family)
        except Refused as refusal:
            self._report.add_refusal("taskDefinition", family, refusal)
            return None
        for problem in task_definition.problems(
            status=known.status,
            network_mode=known.network_mode,
            compatibilities=known.requires_compatibilities,
            fargate=fargate,
        ):
            self._report.add("taskDefinition", family, problem)
        return known

    def _roles(self, family: str, known: ecs.GetTaskDefinitionResult | None) -> list[str]:
        """Return the roles that a launch passes. The account is asked whether they exist."""
        named = {"task role": known.task_role_arn, "execution role": known.execution_role_arn} if known else {}
        roles = [
            *(Needed(arn, "taskDefinition", owner=family, kind=kind) for kind, arn in named.items() if arn),
            *(Needed(arn, "taskRoles", index) for index, arn in enumerate(self._settings.task_roles)),
        ]
        for role, found in look_at_each(roles, self._account.role, self._report).items():
            if role.name.startswith("arn:") and found.arn != role.name:
                role.blame(self._report, f"no such role; the role of that name is {found.arn}")
        return sorted({role.name for role in roles})

    def _container(self, family: str, containers: Sequence[Mapping[str, Any]]) -> str | None:
        given = self._settings.container
        container = given or task_definition.default_container(containers)
        if given and (problem := task_definition.container_problem(family, given, containers)):
            self._report.add("container", given, problem)
        if container and (warning := task_definition.container_warning(family, container, containers)):
            self._report.warn("container" if given else "taskDefinition", container, warning)
        return container

    def _network(self, service: ecs.GetServiceResult | None) -> dict[str, Any]:
        settings = self._settings
        given = service.network_configurations[0] if service and service.network_configurations else None
        subnets = settings.subnets or (list(given.subnets) if given else [])
        groups = settings.security_groups or (list(given.security_groups) if given else [])
        if service and not subnets:
            self._report.add_about("subnets", "are missing: the service has no awsvpc network; set the subnets here")
        vpcs = look_at_each(
            self._of_network("subnets", "subnet", subnets, given=settings.subnets is not None),
            lambda name: self._account.subnet(name).vpc_id,
            self._report,
            _NETWORK_CHECKS,
        )
        vpcs_of_groups = look_at_each(
            self._of_network("securityGroups", "security group", groups, given=settings.security_groups is not None),
            lambda name: self._account.security_group(name).vpc_id,
            self._report,
            _NETWORK_CHECKS,
        )
        for part, problem in network.problems(
            {subnet.name: vpc for subnet, vpc in vpcs.items()},
            {group.name: vpc for group, vpc in vpcs_of_groups.items()},
        ):
            self._report.add_about(part, problem)
        public = settings.assign_public_ip
        return {
            "subnets": sorted(subnets),
            "security_groups": sorted(groups),
            "assign_public_ip": bool(given and given.assign_public_ip) if public is None else public,
        }

    def _of_network(self, part: str, kind: str, names: Sequence[str], *, given: bool) -> list[Needed]:
        """Return the subnets or groups, each with the part that names it: config's own list, or the service."""
        if given or self._settings.service is None:
            return [Needed(name, part, index) for index, name in enumerate(names)]
        return [Needed(name, "service.name", owner=self._settings.service.name, kind=kind) for name in names]
