"""`python -m sandbox platform` copies what a stack's placements name from the account."""

from __future__ import annotations

import importlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

import settings
from aws_facts.fargate import PROVIDERS
from sandbox import copied_platform, stack_files
from sandbox.answers import out
from sandbox.deployment import PLATFORM_FOLDER
from sandbox.errors import SandboxError
from sandbox.session import CHECKOUT
from settings import stack_file

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from settings import PlacementSettings

_MOST_SERVICES = 10
"""The most services of one DescribeServices call (ECS API reference)."""


def platform(
    stack: Annotated[str, typer.Argument(help="A stack that has a Pulumi.<stack>.yaml.")],
    *,
    cluster: Annotated[
        str | None, typer.Option(metavar="NAME", help="The cluster, if the placements do not name exactly one.")
    ] = None,
) -> None:
    """Copy what the placements of a stack name from its account, so that previews in the sandbox judge the same.

    It only reads, with the credentials and the region that the AWS CLI would use for the stack. It writes
    sandbox/platform/Pulumi.<stack>.yaml.
    """
    stack_files.check_stack_file(CHECKOUT, stack)
    source = CHECKOUT / f"Pulumi.{stack}.yaml"
    stack_files.check_region(source)
    placements = _placements(source)
    name = cluster or _cluster(placements)
    file = PLATFORM_FOLDER / f"Pulumi.{stack}.yaml"
    with _explained():
        copied = _Account(stack_files.region(source) or "").copied(name, placements)
    file.write_text(copied_platform.text(stack, _earlier(file), copied), encoding="utf-8")
    services, families = (", ".join(copied[key]) or "none" for key in ("services", "taskDefinitions"))
    out.print(
        f"Wrote {file.relative_to(CHECKOUT)}: account {copied['account']}, cluster {name}, services: {services}, "
        f"task definitions: {families}",
        markup=False,
    )


class _Account:
    """The account of the user's credentials, in one region."""

    def __init__(self, region: str) -> None:
        # boto3 takes longer to import than other commands run.
        session = importlib.import_module("boto3").Session(region_name=region)
        self._ecs, self._sts = session.client("ecs"), session.client("sts")

    def copied(self, cluster: str, placements: Sequence[PlacementSettings]) -> dict[str, Any]:
        """Return the keys of the platform's stack file, without the prefix `platform:`."""
        of_cluster = self._capacity_providers(cluster)
        managed = self._managed(cluster, {*of_cluster, *(name for one in placements for name in one.capacity or ())})
        names = sorted({one.service.name for one in placements if one.service})
        services = {name: copied_platform.service(found) for name, found in self._services(cluster, names).items()}
        named = {one.task_definition.partition(":")[0] for one in placements if one.task_definition}
        families = sorted({*named, *(service["taskDefinition"] for service in services.values())})
        network = {
            "subnets": {name for one in placements for name in one.subnets or ()},
            "securityGroups": {name for one in placements for name in one.named_groups},
        }
        return {
            "account": str(self._sts.get_caller_identity()["Account"]),
            "cluster": cluster,
            "capacityProviders": [name for name in of_cluster if name not in managed],
            "managedInstances": managed,
            **{
                key: sorted({*given, *copied_platform.network_of(services.values(), key)})
                for key, given in network.items()
            },
            "roles": sorted({role for one in placements for role in one.task_roles}),
            "taskDefinitions": {family: self._task_definition(family) for family in families},
            "services": services,
        }

    def _capacity_providers(self, cluster: str) -> list[str]:
        found = self._ecs.describe_clusters(clusters=[cluster])["clusters"]
        active = next((one for one in found if one["status"] == "ACTIVE"), None)
        if active is None:
            raise SandboxError(f"there is no active cluster '{cluster}' in {self._place}")
        return list(active.get("capacityProviders") or [])

    def _managed(self, cluster: str, providers: Collection[str]) -> list[str]:
        """Return which of these capacity providers have Managed Instances of the cluster."""
        own = sorted({*providers} - {*PROVIDERS})
        if not own:
            return []
        found = self._ecs.describe_capacity_providers(cluster=cluster, capacityProviders=own)["capacityProviders"]
        return sorted(one["name"] for one in found if one.get("managedInstancesProvider"))

    def _services(self, cluster: str, names: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        found: dict[str, Mapping[str, Any]] = {}
        for start in range(0, len(names), _MOST_SERVICES):
            page = self._ecs.describe_services(cluster=cluster, services=names[start : start + _MOST_SERVICES])
            found |= {
                one["serviceName"]: one
                for one in page["services"]
                if one["status"] == "ACTIVE" and one.get("taskDefinition")
            }
        if missing := [name for name in names if name not in found]:
            raise SandboxError(
                f"the cluster '{cluster}' in {self._place} has no service with a task definition: {', '.join(missing)}"
            )
        return found

    def _task_definition(self, family: str) -> dict[str, Any]:
        return copied_platform.task_definition(
            self._ecs.describe_task_definition(taskDefinition=family)["taskDefinition"]
        )

    @property
    def _place(self) -> str:
        return str(self._ecs.meta.region_name)


def _placements(source: Path) -> list[PlacementSettings]:
    problems = settings.Problems()
    values = stack_file.read(source, problems)
    config = settings.parse(values or {}, problems)
    try:
        problems.raise_if_any()
    except settings.InvalidInput as invalid:
        raise SandboxError(str(invalid)) from None
    return list(config.placements.values())


def _cluster(placements: Sequence[PlacementSettings]) -> str:
    """Return the one cluster that placements name; those that read it from another stack do not count."""
    references = [one.service.cluster if one.service else one.cluster for one in placements]
    names = sorted({one.rpartition("/")[2] for one in references if isinstance(one, str)})
    if len(names) == 1:
        return names[0]
    why = f"name several clusters: {', '.join(names)}" if names else "name no cluster"
    raise SandboxError(f"the placements {why}; the platform has one: add --cluster NAME")


def _earlier(file: Path) -> Mapping[str, Any]:
    """Return the config of the file that is overwritten; it may be missing."""
    if not file.exists():
        return {}
    found = stack_files.project(file).get("config")
    return found if isinstance(found, dict) else {}


@contextmanager
def _explained() -> Iterator[None]:
    """Report an error of the AWS SDK in one line."""
    exceptions = importlib.import_module("botocore.exceptions")
    try:
        yield
    except (exceptions.BotoCoreError, exceptions.ClientError) as error:
        raise SandboxError(f"AWS: {' '.join(str(error).split())}") from error
