"""Judges the account's answers about a placement. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from judgements import capacity, network, task_definition
from judgements.answers import Refused
from placements import parts
from placements.answers import Cluster, Service
from placements.needed import Needed, judge_each
from placements.placement import Definition, NewCluster, Placement
from settings import StackOutput
from settings.limits import EGRESS_ONLY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aws_facts.launch_types import LaunchTypes
    from judgements.answers import TaskDefinition
    from placements.answers import Answers, Reference
    from placements.report import Report
    from settings import PlacementSettings

_NETWORK_CHECKS = "existence and VPC"


def judge(
    settings: PlacementSettings, answers: Answers, report: Report, needed: frozenset[str] = parts.EVERYTHING
) -> Placement | None:
    """Return a placement as the account has it; None when its cluster or its task definition is needed and not found.

    Mistakes and warnings go to the report, always in the same order. After a part fails, only the parts that need it
    are skipped. `needed` are the parts that the jobs there need.
    """
    return _Judging(settings, answers, report, needed).placement()


class _Judging:
    def __init__(self, settings: PlacementSettings, answers: Answers, report: Report, needed: frozenset[str]) -> None:
        self._settings = settings
        self._answers = answers
        self._report = report
        self._needed = needed

    def placement(self) -> Placement | None:
        """Judge every part."""
        self._judge_reference()
        new_cluster = self._new_cluster()
        service = self._service()
        strategy = self._capacity(service)
        types = self._launch_types(strategy)
        self._judge_family(service)
        known = self._task_definition(types)
        self._judge_system(strategy, types, known)
        roles = self._roles(known)
        container = self._container(known) if known else None
        interface = self._network(service, types)
        cluster_arn = self._cluster_arn()
        lacking = cluster_arn is None and parts.CLUSTER in self._needed
        if lacking or (known is None and self._needs_definition):
            return None
        return Placement(
            cluster_arn=cluster_arn or "",
            **interface,
            capacity=strategy,
            launch_types=types,
            definition=None
            if known is None
            else Definition(
                name=self._answers.family or "",
                passed_roles=roles,
                containers=known.containers,
                container=container,
                cpu=known.cpu,
                memory=known.memory,
                windows=known.windows,
            ),
            service=self._settings.service.name if self._settings.service else None,
            running=service.task_definition if service else "",
            new_cluster=new_cluster,
        )

    def _cluster_arn(self) -> str | None:
        new = self._answers.new_cluster
        return new if isinstance(new, str) else self._answers.cluster_arn

    def _new_cluster(self) -> NewCluster | None:
        """Return the cluster that the placement makes, and note it: a forgotten key would make one too."""
        arn = self._answers.new_cluster
        if isinstance(arn, Refused):
            self._report.add_about("cluster", f"is not set, and the account in which to make one is not known: {arn}")
        if not isinstance(arn, str):
            return None
        made = NewCluster(arn.rpartition("/")[2], self._settings.container_insights or "enabled")
        self._report.note(
            "cluster",
            f"is not set, so this placement makes the cluster '{made.name}', with container insights "
            f"{made.container_insights}",
        )
        return made

    @property
    def _needs_definition(self) -> bool:
        """Whether a task definition must be found. A placement without one is for jobs that have their own image."""
        of_service = self._settings.service is not None and parts.DEFINITION in self._needed
        return of_service or self._settings.task_definition is not None

    def _judge_reference(self) -> None:
        service = self._settings.service
        part, wanted = ("service.cluster", service.cluster) if service else ("cluster", self._settings.cluster)
        reference, cluster = self._answers.reference, self._answers.cluster
        if isinstance(reference.value, Refused):
            self._report.add(part, reference.stack, f"the stack cannot be read: {reference.value}")
        elif isinstance(wanted, StackOutput) and reference.text is None:
            self._report.add(f"{part}.output", wanted.output, f"must be a text output of the stack '{reference.stack}'")
        elif isinstance(cluster, Refused):
            self._judge_refusal(part, reference, cluster)
        elif cluster is not None:
            self._judge_cluster(part, reference, cluster)

    def _judge_refusal(self, part: str, reference: Reference, refusal: Refused) -> None:
        if refusal.permission and reference.arn:
            self._report.warn_unchecked(part, [reference.arn], "existence and status", refusal)
        else:
            self._report.add_refusal(part, reference.name or "", refusal)

    def _judge_cluster(self, part: str, reference: Reference, cluster: Cluster) -> None:
        name = reference.name or ""
        if cluster.status != "ACTIVE":
            self._report.add(part, name, f"the cluster is {cluster.status or 'gone'}; it must be ACTIVE")
        elif reference.arn and reference.arn != cluster.arn:
            self._report.add(part, reference.arn, f"is not in this account and region, where '{name}' is {cluster.arn}")

    def _service(self) -> Service | None:
        wanted, service = self._settings.service, self._answers.service
        if wanted is not None and isinstance(service, Refused):
            self._report.add_refusal("service.name", wanted.name, service)
        return service if isinstance(service, Service) else None

    def _capacity(self, service: Service | None) -> Mapping[str, int | Mapping[str, int]]:
        """Return the shares by capacity provider. The cluster must have each of the providers."""
        given = capacity.shares(self._settings.capacity or {})
        strategy = given or (service.capacity if service else {})
        providers, known = [], self._answers.providers
        for provider in self._providers(strategy):
            if problem := capacity.name_problem(provider.name):
                provider.blame(self._report, problem)
            else:
                providers.append(provider)
        if isinstance(known, Refused):
            if providers and isinstance(self._answers.cluster, Cluster):
                names = [provider.name for provider in providers]
                self._report.warn_unchecked(providers[0].part, names, "presence in the cluster", known)
        elif known is not None:
            for provider in providers:
                own = self._answers.own_providers.get(provider.name)
                if problem := capacity.cluster_problem(provider.name, self._answers.reference.name or "", known, own):
                    provider.blame(self._report, problem)
        return strategy

    def _launch_types(self, strategy: Mapping[str, object]) -> LaunchTypes:
        """Return what the tasks may run on. A provider that is blamed already is not blamed again."""
        known, of_cluster = self._answers.own_providers, self._answers.providers
        refused = [
            (provider, answer)
            for provider in self._providers(strategy)
            if isinstance(answer := known.get(provider.name), Refused)
            and (isinstance(of_cluster, Refused) or provider.name in (of_cluster or ()))
            and capacity.name_problem(provider.name) is None
        ]
        if refused and isinstance(self._answers.cluster, Cluster):
            names = [provider.name for provider, _ in refused]
            what = "whether EC2 or Managed Instances, and their rules"
            self._report.warn_unchecked(refused[0][0].part, names, what, refused[0][1])
        if problem := capacity.mix_problem(known.values()):
            self._report.add_about("capacity" if self._settings.capacity else "service.name", problem)
        return capacity.launch_types(strategy, known)

    def _providers(self, strategy: Iterable[str]) -> list[Needed]:
        """Return the capacity providers, each with the part that names it: config's own, or the service."""
        service = self._settings.service
        if self._settings.capacity or service is None:
            return [Needed(name, "capacity") for name in strategy]
        return [Needed(name, "service.name", owner=service.name, kind="capacity provider") for name in strategy]

    def _judge_system(self, strategy: Iterable[str], types: LaunchTypes, known: TaskDefinition | None) -> None:
        for provider in self._providers(strategy) if known else ():
            if problem := capacity.system_problem(
                provider.name, self._answers.family or "", types, windows=bool(known and known.windows)
            ):
                provider.blame(self._report, problem)

    def _judge_family(self, service: Service | None) -> None:
        if service is not None and self._answers.family is None and self._needs_definition:
            self._report.add_about(
                "taskDefinition", "is missing: the service has no task definition; set the family here"
            )

    def _task_definition(self, types: LaunchTypes) -> TaskDefinition | None:
        family, known = self._answers.family or "", self._answers.definition
        if not self._needs_definition:
            return None
        if isinstance(known, Refused):
            self._report.add_refusal("taskDefinition", family, known)
            return None
        for problem in task_definition.problems(known, types) if known else ():
            self._report.add("taskDefinition", family, problem)
        return known

    def _roles(self, known: TaskDefinition | None) -> list[str]:
        """Return the roles that a launch passes. They must exist."""
        family = self._answers.family or ""
        named = {"task role": known.task_role, "execution role": known.execution_role} if known else {}
        roles = [
            *(Needed(arn, "taskDefinition", owner=family, kind=kind) for kind, arn in named.items() if arn),
            *(Needed(arn, "taskRoles", index) for index, arn in enumerate(self._settings.task_roles)),
        ]
        for role, found in judge_each(roles, self._answers.roles, self._report).items():
            if role.name.startswith("arn:") and found != role.name:
                role.blame(self._report, f"no such role; the role of that name is {found}")
        return sorted({role.name for role in roles})

    def _container(self, known: TaskDefinition) -> str | None:
        given, family = self._settings.container, self._answers.family or ""
        container = given or task_definition.default_container(known.containers)
        if given and (problem := task_definition.container_problem(family, given, known.containers)):
            self._report.add("container", given, problem)
        if container and (warning := task_definition.container_warning(family, container, known.containers)):
            self._report.warn("container" if given else "taskDefinition", container, warning)
        return container

    def _network(self, service: Service | None, types: LaunchTypes) -> dict[str, Any]:
        settings, answers = self._settings, self._answers
        if service and not answers.subnets and parts.NETWORK in self._needed:
            self._report.add_about("subnets", "are missing: the service has no awsvpc network; set the subnets here")
        subnets = self._of_network("subnets", "subnet", answers.subnets, given=settings.subnets is not None)
        groups = self._of_network(
            "securityGroups", "security group", answers.security_groups, given=settings.security_groups is not None
        )
        vpcs = judge_each(subnets, answers.subnets, self._report, _NETWORK_CHECKS)
        vpcs_of_groups = judge_each(groups, answers.security_groups, self._report, _NETWORK_CHECKS)
        for part, problem in network.problems(
            {subnet.name: vpc for subnet, vpc in vpcs.items()},
            {group.name: vpc for group, vpc in vpcs_of_groups.items()},
        ):
            self._report.add_about(part, problem)
        return {
            "subnets": sorted(answers.subnets),
            "security_groups": sorted(answers.security_groups),
            "new_group_in": self._new_group_in(vpcs.values()) if settings.makes_security_group else None,
            "assign_public_ip": self._public_address(service, types),
        }

    def _public_address(self, service: Service | None, types: LaunchTypes) -> bool:
        """Return whether tasks get a public address: config's value, or else that of the service's network."""
        given, network = self._settings.assign_public_ip, service.network if service else None
        public = bool(network and network.assign_public_ip) if given is None else given
        if public and (problem := capacity.address_problem(types)):
            if given is None:
                self._report.add_about("assignPublicIp", f"is not set, and the service has it true; {problem}")
            else:
                self._report.add("assignPublicIp", given, problem)
        return public

    def _new_group_in(self, vpcs: Iterable[str]) -> str | None:
        """Return the VPC in which the placement makes its security group: that of a subnet which could be looked up."""
        known = next(iter(vpcs), None)
        denied = next((a for a in self._answers.subnets.values() if isinstance(a, Refused) and a.permission), None)
        if known is None and denied is not None:
            self._report.add_refusal("securityGroups", EGRESS_ONLY, denied, "the VPC of the subnets must be known: ")
        return known

    def _of_network(self, part: str, kind: str, names: Iterable[str], *, given: bool) -> list[Needed]:
        """Return the subnets or groups, each with the part that names it: config's own list, or the service."""
        if given or self._settings.service is None:
            return [Needed(name, part, index) for index, name in enumerate(names)]
        return [Needed(name, "service.name", owner=self._settings.service.name, kind=kind) for name in names]
