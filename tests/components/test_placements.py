"""Tests that a placement's config is completed from the account, and that mistakes are reported."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pulumi
import pytest

from emulator.provider.core.errors import ProviderError
from emulator.provider.types import ecs_invokes
from placements import parts
from tests.components.embedded import EmbeddedCloud, register
from tests.components.placing import (
    APP,
    ASKED_BY,
    EXPLICIT,
    OTHER_ROLE,
    REFERENCE,
    RUNNING,
    SERVICE,
    WEB,
    look_up,
    placed,
)
from tests.components.stacks import CLUSTER, ROLES


def test_reads_a_service(cloud: EmbeddedCloud) -> None:
    """A service supplies the cluster, the family without revision, roles, network and its only essential container."""
    network = {"subnets": ["subnet-0a", "subnet-0b"], "security_groups": ["sg-01"]}
    expected = {**WEB, **network, "service": "web"}
    assert look_up(cloud, {"service": SERVICE}) == (placed(**expected), [])


PAIR = {"task_definition": "pair", "containers": [APP, {**APP, "name": "worker"}], "container": "worker"}
FOUND: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "explicit": (EXPLICIT, {}),
    "cluster by its ARN": ({**EXPLICIT, "cluster": CLUSTER}, {}),
    "cluster of another stack": ({**EXPLICIT, "cluster": REFERENCE}, {}),
    "service in the cluster of another stack": (
        {"service": {"cluster": REFERENCE, "name": "web"}},
        {"subnets": ["subnet-0a", "subnet-0b"], "security_groups": ["sg-01"]},
    ),
    "pinned revision": ({**EXPLICIT, "taskDefinition": "web:1"}, {"task_definition": "web:1"}),
    "container": ({**EXPLICIT, "taskDefinition": "pair", "container": "worker"}, PAIR),
    "everything": (
        {
            **EXPLICIT,
            "subnets": ["subnet-0b", "subnet-0a"],
            "securityGroups": ["sg-02", "sg-01"],
            "assignPublicIp": True,
            "capacity": {"FARGATE_SPOT": {"weight": 1}, "FARGATE": {"weight": 2, "base": 1}},
            "taskRoles": [OTHER_ROLE],
        },
        {
            "subnets": ["subnet-0a", "subnet-0b"],
            "security_groups": ["sg-01", "sg-02"],
            "assign_public_ip": True,
            "capacity": {"FARGATE_SPOT": 1, "FARGATE": {"weight": 2, "base": 1}},
            "passed_roles": sorted([*ROLES, OTHER_ROLE]),
        },
    ),
    "values beside a service": (
        {"service": SERVICE, "taskDefinition": "other", "subnets": ["subnet-0a"], "capacity": {"FARGATE": 1}},
        {"task_definition": "other", "security_groups": ["sg-01"], "capacity": {"FARGATE": 1}},
    ),
}


@pytest.mark.parametrize(("placement", "differs"), FOUND.values(), ids=FOUND)
def test_completes_a_placement(cloud: EmbeddedCloud, placement: dict[str, Any], differs: dict[str, Any]) -> None:
    """Values that config leaves out come from the account, and values in config win."""
    register(cloud, "pair", {"app": True, "worker": True})
    assert look_up(cloud, placement) == (
        placed(**{**WEB, "service": placement.get("service", {}).get("name"), **differs}),
        [],
    )


MISSING: dict[str, tuple[dict[str, Any], list[str]]] = {
    "cluster": (
        {**EXPLICIT, "cluster": "nowhere"},
        ["cluster: 'nowhere': reading ECS Cluster (nowhere): couldn't find resource"],
    ),
    "cluster of a service": (
        {"service": {"cluster": "nowhere", "name": "web"}},
        ["service.cluster: 'nowhere': reading ECS Cluster (nowhere): couldn't find resource"],
    ),
    "service": (
        {"service": {"cluster": "staging", "name": "api"}},
        ["service.name: 'api': reading ECS Service (api): couldn't find resource"],
    ),
    "task definition": (
        {**EXPLICIT, "taskDefinition": "nothing"},
        [
            (
                "taskDefinition: 'nothing': reading ECS Task Definition (nothing): ClientException: "
                "Unable to describe task definition."
            )
        ],
    ),
    "revision": (
        {**EXPLICIT, "taskDefinition": "web:9"},
        [
            (
                "taskDefinition: 'web:9': reading ECS Task Definition (web:9): ClientException: "
                "Unable to describe task definition."
            )
        ],
    ),
    "output": (
        {**EXPLICIT, "cluster": {**REFERENCE, "output": "cluster"}},
        ["cluster.output: 'cluster': must be a text output of the stack 'acme/platform/staging'"],
    ),
    "output that is no text": (
        {**EXPLICIT, "cluster": {**REFERENCE, "output": "count"}},
        ["cluster.output: 'count': must be a text output of the stack 'acme/platform/staging'"],
    ),
}


@pytest.mark.parametrize(("placement", "expected"), MISSING.values(), ids=MISSING)
def test_names_what_is_missing(cloud: EmbeddedCloud, placement: dict[str, Any], expected: list[str]) -> None:
    """Something that does not exist is a problem with its key, its name, and the reason in one line."""
    assert look_up(cloud, placement) == (None, expected)


STACKS = {
    "unknown": ({"stack": "nowhere"}, "acme/platform/nowhere"),
    "of another organization": ({"organization": "other"}, "other/platform/staging"),
}


@pytest.mark.parametrize(("differs", "name"), STACKS.values(), ids=STACKS)
def test_stops_at_an_unknown_stack(cloud: EmbeddedCloud, differs: dict[str, str], name: str) -> None:
    """A stack that cannot be read ends the run as the engine does, with the stack's full name."""
    with pytest.raises(Exception, match=f"unknown stack '{name}'"):
        look_up(cloud, {**EXPLICIT, "cluster": {**REFERENCE, **differs}})


def test_names_every_placement_with_a_mistake(cloud: EmbeddedCloud) -> None:
    """A placement that cannot be found does not prevent the look-up of the next ones."""
    _, problems = look_up(cloud, {**EXPLICIT, "cluster": "x"}, EXPLICIT, {**EXPLICIT, "cluster": "y"})
    assert [problem.partition(": ")[0] for problem in problems] == ["cluster", "scheduled-jobs:placements.c.cluster"]


def test_reads_sizes_and_system(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sizes with units are read as ECS stores them, and the operating system family tells Windows."""
    windows = {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}
    register(cloud, "windows", {"app": True}, cpu="1 vCPU", memory="4 GB", runtimePlatform=windows)
    found, problems = look_up(cloud, {**EXPLICIT, "taskDefinition": "windows"})
    assert (found.definition.cpu, found.definition.memory, found.definition.windows, problems) == (1024, 4096, True, [])
    answer = ecs_invokes.GetTaskDefinition.run
    sizes = {"cpu": ".5 vCPU", "memory": "1 GB"}
    monkeypatch.setattr(ecs_invokes.GetTaskDefinition, "run", lambda *args: {**answer(*args), **sizes})
    found, problems = look_up(cloud, EXPLICIT)
    assert (found.definition.cpu, found.definition.memory, found.definition.windows, problems) == (512, 1024, False, [])


def test_needs_subnets(cloud: EmbeddedCloud) -> None:
    """A service without an awsvpc network cannot supply the subnets of a Fargate task."""
    cloud.client("ecs").create_service(cluster="staging", serviceName="bare", taskDefinition="web", desiredCount=1)
    assert look_up(cloud, {"service": {"cluster": "staging", "name": "bare"}})[1] == [
        "subnets: are missing: the service has no awsvpc network; set the subnets here"
    ]


def test_what_no_job_needs(cloud: EmbeddedCloud) -> None:
    """Nothing but its cluster and its service is asked of a placement whose jobs are run by the service itself."""
    cloud.client("ecs").create_service(cluster="staging", serviceName="bare", taskDefinition="web", desiredCount=1)
    bare = {"cluster": "staging", "name": "bare"}
    found, problems = look_up(cloud, {"service": bare}, needed=frozenset({parts.CLUSTER}))
    assert problems == []
    assert (found.cluster_arn, found.service, found.running) == (CLUSTER, "bare", RUNNING)
    assert (found.subnets, found.security_groups, found.capacity, found.definition) == ([], [], {}, None)


def test_what_is_named_is_looked_up(cloud: EmbeddedCloud) -> None:
    """A mistake in what config names is reported also where no job needs it."""
    place = {"service": SERVICE, "taskDefinition": "gone", "subnets": ["subnet-09"]}
    _, problems = look_up(cloud, place, needed=frozenset({parts.CLUSTER}))
    assert [one.partition(":")[0] for one in problems] == ["taskDefinition", "subnets[0]"]


def test_makes_no_cluster_that_nobody_needs(cloud: EmbeddedCloud) -> None:
    """Where nothing runs on a cluster, none is made, and its network is known all the same."""
    found, problems = look_up(cloud, {"subnets": ["subnet-0a"]}, needed=frozenset({parts.NETWORK}))
    assert problems == []
    assert (found.cluster_arn, found.new_cluster, found.subnets) == ("", None, ["subnet-0a"])


def test_reads_a_services_capacity(cloud: EmbeddedCloud) -> None:
    """Jobs use the capacity provider strategy of the service, with its base."""
    strategy = [{"capacityProvider": "FARGATE_SPOT", "weight": 3}, {"capacityProvider": "FARGATE", "base": 1}]
    cloud.client("ecs").update_service(cluster="staging", service="web", capacityProviderStrategy=strategy)
    found, problems = look_up(cloud, {"service": SERVICE})
    assert (found.capacity, problems) == ({"FARGATE_SPOT": 3, "FARGATE": {"weight": 0, "base": 1}}, [])


def test_needs_a_task_definition(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service without a task definition, as with an external controller, needs one in config."""
    answer = ecs_invokes.GetService.run
    monkeypatch.setattr(ecs_invokes.GetService, "run", lambda *args: {**answer(*args), "taskDefinition": ""})
    assert look_up(cloud, {"service": SERVICE}) == (
        None,
        ["taskDefinition: is missing: the service has no task definition; set the family here"],
    )
    assert look_up(cloud, {"service": SERVICE, "taskDefinition": "web"})[1] == []


def test_web_page_in_place_of_an_answer(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy's or a server's page is not quoted: the message says that AWS did not answer."""

    def page(*_: object) -> None:
        raise ProviderError(
            "reading ECS Cluster (staging): operation error ECS: DescribeClusters, https response error "
            "StatusCode: 500, RequestID: , api error UnknownError: 500: <!doctype html> <html lang=en>"
        )

    monkeypatch.setattr(ASKED_BY["ecs:DescribeClusters"], "run", page)
    _, found = look_up(cloud, EXPLICIT)
    assert [line for line in found if "doctype" in line or "500" in line] == []
    assert [line for line in found if "AWS sent a web page in place of an answer" in line]


def test_chooses_no_container_among_several(cloud: EmbeddedCloud) -> None:
    """There is no default container if several are essential."""
    register(cloud, "pair", {"app": True, "worker": True})
    found, problems = look_up(cloud, {**EXPLICIT, "taskDefinition": "pair"})
    assert (found.definition.container, [c["name"] for c in found.definition.containers], problems) == (
        None,
        ["app", "worker"],
        [],
    )


def test_asks_each_question_once(cloud: EmbeddedCloud) -> None:
    """Each part is looked up once in AWS, for all jobs, and placements share the answers."""
    cloud.embedded.gateway.calls.clear()
    look_up(cloud, {"service": SERVICE}, EXPLICIT, {**EXPLICIT, "taskDefinition": "other", "taskRoles": [OTHER_ROLE]})
    assert Counter(call.operation for call in cloud.embedded.gateway.calls) == {
        "DescribeClusters": 1,
        "DescribeServices": 1,
        "DescribeTaskDefinition": 2,
        "GetRole": 3,
        "DescribeSubnets": 2,
        "DescribeSecurityGroups": 1,
    }


def test_refers_to_a_stack_once(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another stack is one resource, even if several placements read it."""
    referred: list[str] = []
    original = pulumi.StackReference

    def refer(name: str) -> pulumi.StackReference:
        referred.append(name)
        return original(name)

    monkeypatch.setattr(pulumi, "StackReference", refer)
    placement = {**EXPLICIT, "cluster": REFERENCE}
    assert look_up(cloud, placement, {**placement, "cluster": {**REFERENCE, "output": "count"}}, placement)[1] == [
        (
            "scheduled-jobs:placements.b.cluster.output: 'count': must be a text output of the stack "
            "'acme/platform/staging'"
        )
    ]
    assert referred == ["acme/platform/staging"]
