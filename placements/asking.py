"""Asks the account about what config names. Whatever needs no other answer is asked at the same time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

import pulumi

from aws_facts.arn import Arn
from judgements import capacity
from judgements.answers import Refused, TaskDefinition
from placements import parts, references
from placements.answers import Answers, Cluster, Network, Reference, Service
from settings import StackOutput

if TYPE_CHECKING:
    from asyncio import Task
    from collections.abc import Awaitable, Callable, Collection, Iterable

    from judgements.answers import Answer, CapacityProvider
    from placements.lookups import Lookups
    from placements.references import Here, Named
    from settings import PlacementSettings, Settings

T = TypeVar("T")


async def ask(account: Lookups, settings: PlacementSettings, new_cluster: str, needed: frozenset[str]) -> Answers:
    """Return all answers about a placement. Each question waits only for the answers that it needs.

    `new_cluster` is the name of the cluster that the placement makes if it names none. `needed` are the parts that its
    jobs need; what it names beside them is looked up too.
    """
    async with asyncio.TaskGroup() as group:
        reference = group.create_task(_reference(account, settings))
        cluster = group.create_task(_cluster(account, reference))
        made = group.create_task(_new_cluster(account, settings, new_cluster, needed))
        service = group.create_task(_service(account, settings, reference, cluster, needed))
        providers = group.create_task(_providers(account, settings, reference, service))
        own_providers = group.create_task(_own_providers(account, settings, service))
        family = group.create_task(_family(settings, service))
        definition = group.create_task(_definition(account, family))
        roles = group.create_task(_each(settings.task_roles, account.role))
        own_roles = group.create_task(_own_roles(account, definition))
        subnets = group.create_task(_subnets(account, settings, service))
        groups = group.create_task(_security_groups(account, settings, service))
    return Answers(
        reference=reference.result(),
        cluster=cluster.result(),
        cluster_arn=_arn(reference.result(), cluster.result()),
        new_cluster=made.result(),
        providers=providers.result(),
        own_providers=own_providers.result(),
        service=service.result(),
        family=family.result(),
        definition=definition.result(),
        roles={**roles.result(), **own_roles.result()},
        subnets=subnets.result(),
        security_groups=groups.result(),
    )


async def ask_references(account: Lookups, config: Settings) -> tuple[dict[Named, Answer[str]], Answer[Here] | None]:
    """Return the answers about everything that config names beside placements, and the place of the stack."""
    things = list(references.named(config))
    if not things:
        return {}, None
    questions = asyncio.gather(*[_ask_for(account, one) for one in things])
    here, answers = await asyncio.gather(account.here(), questions)
    return dict(zip(things, answers, strict=True)), here


async def _ask_for(account: Lookups, one: Named) -> Answer[str]:
    match one.parts.service:
        case "iam":
            return await account.policy(one.arn)
        case "kms":
            return await account.key(one.arn)
        case "sqs":
            return await account.queue(one.parts.region, one.parts.resource)
        case "lambda":
            return await account.function(one.parts.region, one.parts.resource.removeprefix("function:"))
        case _:
            return await account.topic(one.parts.region, one.parts.resource)


async def _reference(account: Lookups, settings: PlacementSettings) -> Reference:
    wanted = settings.service.cluster if settings.service else settings.cluster
    if not isinstance(wanted, StackOutput):
        return Reference(wanted)
    stack = f"{wanted.organization or pulumi.get_organization()}/{wanted.project}/{wanted.stack}"
    return Reference(await account.output(wanted, stack), stack)


async def _cluster(account: Lookups, reference: Task[Reference]) -> Answer[Cluster] | None:
    name = (await reference).name
    return None if name is None else await account.cluster(name)


async def _new_cluster(
    account: Lookups, settings: PlacementSettings, name: str, needed: frozenset[str]
) -> Answer[str] | None:
    """Return the ARN that the cluster will have. The account need not have it yet, so only its place is asked for."""
    if not settings.makes_cluster or parts.CLUSTER not in needed:
        return None
    here = await account.here()
    return here if isinstance(here, Refused) else here.cluster_arn(name)


def _arn(reference: Reference, cluster: Answer[Cluster] | None) -> str | None:
    if isinstance(cluster, Cluster):
        return cluster.arn
    return reference.arn if cluster is not None and cluster.permission else None


async def _service(
    account: Lookups,
    settings: PlacementSettings,
    reference: Task[Reference],
    cluster: Task[Answer[Cluster] | None],
    needed: frozenset[str],
) -> Answer[Service] | None:
    if settings.service is None:
        return None
    arn = _arn(await reference, await cluster)
    known = await account.service(arn, settings.service.name) if arn else None
    return known.with_only(needed) if isinstance(known, Service) else known


async def _providers(
    account: Lookups,
    settings: PlacementSettings,
    reference: Task[Reference],
    service: Task[Answer[Service] | None],
) -> Answer[Collection[str]] | None:
    """Return the cluster's capacity providers. Without a strategy, tasks need none."""
    if not settings.capacity:
        known = await service
        if not isinstance(known, Service) or not known.capacity:
            return None
    name = (await reference).name
    return None if name is None else await account.capacity_providers(name)


async def _own_providers(
    account: Lookups, settings: PlacementSettings, service: Task[Answer[Service] | None]
) -> dict[str, Answer[CapacityProvider]]:
    """Return the providers of the strategy that the account has made. Nothing is asked about those of Fargate."""
    if settings.capacity:
        return await _each(capacity.of_the_account(settings.capacity), account.capacity_provider)
    known = await service
    strategy = known.capacity if isinstance(known, Service) else ()
    return await _each(capacity.of_the_account(strategy), account.capacity_provider)


async def _family(settings: PlacementSettings, service: Task[Answer[Service] | None]) -> str | None:
    """Return the service's family, without its present revision, so that jobs follow the service's deployments."""
    if settings.task_definition:
        return settings.task_definition
    known = await service
    if not isinstance(known, Service) or not known.task_definition:
        return None
    return Arn.parse(known.task_definition).resource.removeprefix("task-definition/").partition(":")[0]


async def _definition(account: Lookups, family: Task[str | None]) -> Answer[TaskDefinition] | None:
    name = await family
    return await account.task_definition(name) if name else None


async def _own_roles(account: Lookups, definition: Task[Answer[TaskDefinition] | None]) -> dict[str, Answer[str]]:
    known = await definition
    arns = [known.task_role, known.execution_role] if isinstance(known, TaskDefinition) else []
    return await _each(filter(None, arns), account.role)


async def _subnets(
    account: Lookups, settings: PlacementSettings, service: Task[Answer[Service] | None]
) -> dict[str, Answer[str]]:
    names = settings.subnets or (await _network(service)).subnets
    return await _each(names, account.subnet)


async def _security_groups(
    account: Lookups, settings: PlacementSettings, service: Task[Answer[Service] | None]
) -> dict[str, Answer[str]]:
    if settings.makes_security_group:
        return {}
    names = settings.named_groups or (await _network(service)).security_groups
    return await _each(names, account.security_group)


async def _network(service: Task[Answer[Service] | None]) -> Network:
    known = await service
    network = known.network if isinstance(known, Service) else None
    return network or Network(subnets=[], security_groups=[], assign_public_ip=False)


async def _each(names: Iterable[str], question: Callable[[str], Awaitable[Answer[T]]]) -> dict[str, Answer[T]]:
    """Return the answers by name, in the order of the names. All are asked at the same time."""
    asked = list(dict.fromkeys(names))
    return dict(zip(asked, await asyncio.gather(*map(question, asked)), strict=True))
