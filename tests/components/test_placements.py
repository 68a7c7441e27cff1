"""A placement's config is completed by the account, once, and what is not there is named."""

from __future__ import annotations

from typing import Any

import pytest

import placements
import plan
import settings
from components.scheduled_job import PlacementArgs
from jobs.spec import Job
from placements import Placement
from sandbox.provider import ecs_functions
from settings import Problems
from tests.components.embedded import ACCOUNT, EmbeddedCloud, register
from tests.components.stacks import CLUSTER, ROLES

SERVICE = {"cluster": "staging", "name": "web"}
EXPLICIT = {"cluster": "staging", "taskDefinition": "web", "subnets": ["subnet-0a"]}
REFERENCE = {"project": "platform", "stack": "staging", "output": "clusterArn"}
EXPORTS = {"acme/platform/staging": {"clusterArn": CLUSTER, "count": 5}}
WEB: dict[str, Any] = {
    "cluster_arn": CLUSTER,
    "task_definition": "web",
    "passed_roles": sorted(ROLES),
    "subnets": ["subnet-0a"],
    "security_groups": [],
    "assign_public_ip": False,
    "capacity": {},
    "containers": ["app", "sidecar"],
    "container": "app",
    "cpu": 512,
    "memory": 1024,
}


def look_up(cloud: EmbeddedCloud, *placement: dict[str, Any], **run: Any) -> tuple[Any, list[str]]:  # noqa: ANN401
    """Look up placements called a, b, ...; give the first one, and the messages."""
    problems = Problems()
    named = dict(zip("abc", placement, strict=False))
    config = settings.parse({"placements": named, "schedules": {}}, problems)
    problems.raise_if_any()
    _, found = cloud.run(lambda: placements.look_up(config.placements, problems), **{"exports": EXPORTS, **run})
    return found.get("a"), [str(problem).removeprefix("scheduled-jobs:placements.a.") for problem in problems]


def test_reads_a_service(cloud: EmbeddedCloud) -> None:
    """A running service supplies cluster, family without revision, roles, network and its only essential container."""
    expected = {**WEB, "subnets": ["subnet-0a", "subnet-0b"], "security_groups": ["sg-01"]}
    assert look_up(cloud, {"service": SERVICE}) == (Placement(**expected), [])


FOUND: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "explicit": (EXPLICIT, {}),
    "cluster by its ARN": ({**EXPLICIT, "cluster": CLUSTER}, {}),
    "cluster of another stack": ({**EXPLICIT, "cluster": REFERENCE}, {}),
    "service in the cluster of another stack": (
        {"service": {"cluster": REFERENCE, "name": "web"}},
        {"subnets": ["subnet-0a", "subnet-0b"], "security_groups": ["sg-01"]},
    ),
    "pinned revision": ({**EXPLICIT, "taskDefinition": "web:1"}, {"task_definition": "web:1"}),
    "container": ({**EXPLICIT, "container": "sidecar"}, {"container": "sidecar"}),
    "everything": (
        {
            **EXPLICIT,
            "subnets": ["subnet-0b", "subnet-0a"],
            "securityGroups": ["sg-02", "sg-01"],
            "assignPublicIp": True,
            "capacity": {"FARGATE_SPOT": 1},
            "taskRoles": [f"arn:aws:iam::{ACCOUNT}:role/other"],
        },
        {
            "subnets": ["subnet-0a", "subnet-0b"],
            "security_groups": ["sg-01", "sg-02"],
            "assign_public_ip": True,
            "capacity": {"FARGATE_SPOT": 1},
            "passed_roles": sorted([*ROLES, f"arn:aws:iam::{ACCOUNT}:role/other"]),
        },
    ),
    "values beside a service": (
        {"service": SERVICE, "taskDefinition": "other", "subnets": ["subnet-0a"], "capacity": {"FARGATE": 1}},
        {"task_definition": "other", "security_groups": ["sg-01"], "capacity": {"FARGATE": 1}},
    ),
}


@pytest.mark.parametrize(("placement", "differs"), FOUND.values(), ids=FOUND)
def test_completes_a_placement(cloud: EmbeddedCloud, placement: dict[str, Any], differs: dict[str, Any]) -> None:
    """What config leaves out comes from the account; what it says wins."""
    assert look_up(cloud, placement) == (Placement(**{**WEB, **differs}), [])


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
    "container": (
        {**EXPLICIT, "container": "ap"},
        ["container: 'ap': no such container in 'web'; did you mean 'app'?"],
    ),
    "output": (
        {**EXPLICIT, "cluster": {**REFERENCE, "output": "cluster"}},
        ["cluster.output: 'cluster': the stack 'acme/platform/staging' exports no such text"],
    ),
    "output that is no text": (
        {**EXPLICIT, "cluster": {**REFERENCE, "output": "count"}},
        ["cluster.output: 'count': the stack 'acme/platform/staging' exports no such text"],
    ),
}


@pytest.mark.parametrize(("placement", "expected"), MISSING.values(), ids=MISSING)
def test_names_what_is_missing(cloud: EmbeddedCloud, placement: dict[str, Any], expected: list[str]) -> None:
    """What is not there is a problem with the key that names it, the name, and the reason in one line."""
    assert look_up(cloud, placement) == (None, expected)


STACKS = {
    "unknown": ({"stack": "nowhere"}, "acme/platform/nowhere"),
    "of another organization": ({"organization": "other"}, "other/platform/staging"),
}


@pytest.mark.parametrize(("differs", "name"), STACKS.values(), ids=STACKS)
def test_stops_at_an_unknown_stack(cloud: EmbeddedCloud, differs: dict[str, str], name: str) -> None:
    """A stack that cannot be read ends the run as the engine ends it, with the stack's full name."""
    with pytest.raises(Exception, match=f"unknown stack '{name}'"):
        look_up(cloud, {**EXPLICIT, "cluster": {**REFERENCE, **differs}})


def test_names_every_placement_with_a_mistake(cloud: EmbeddedCloud) -> None:
    """One placement that cannot be found does not keep the next ones from being looked up."""
    _, problems = look_up(cloud, {**EXPLICIT, "cluster": "x"}, EXPLICIT, {**EXPLICIT, "cluster": "y"})
    assert [problem.partition(": ")[0] for problem in problems] == ["cluster", "scheduled-jobs:placements.c.cluster"]


def test_needs_subnets(cloud: EmbeddedCloud) -> None:
    """A service without an awsvpc network cannot supply the subnets of a Fargate task."""
    cloud.client("ecs").create_service(cluster="staging", serviceName="bare", taskDefinition="web", desiredCount=1)
    assert look_up(cloud, {"service": {"cluster": "staging", "name": "bare"}}) == (
        None,
        ["subnets: are missing: the service has no awsvpc network; give the subnets here"],
    )


def test_reads_a_services_capacity(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """The capacity provider strategy of a service is that of its jobs; moto does not keep it, so it is put in here."""
    answer = ecs_functions.GetService.run
    strategies = [{"capacityProvider": "FARGATE_SPOT", "base": 0, "weight": 3}]
    monkeypatch.setattr(
        ecs_functions.GetService,
        "run",
        lambda *args: {**answer(*args), "capacityProviderStrategies": strategies},
    )
    found, problems = look_up(cloud, {"service": SERVICE})
    assert (found.capacity, problems) == ({"FARGATE_SPOT": 3}, [])


def test_needs_a_task_definition(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that names no task definition of its own, as with an external controller, needs one in config."""
    answer = ecs_functions.GetService.run
    monkeypatch.setattr(ecs_functions.GetService, "run", lambda *args: {**answer(*args), "taskDefinition": ""})
    assert look_up(cloud, {"service": SERVICE}) == (
        None,
        ["taskDefinition: is missing: the service has none of its own; give the family here"],
    )
    assert look_up(cloud, {"service": SERVICE, "taskDefinition": "web"})[1] == []


def test_chooses_no_container_among_several(cloud: EmbeddedCloud) -> None:
    """Of several essential containers none is the default."""
    register(cloud, "pair", {"app": True, "worker": True})
    found, problems = look_up(cloud, {**EXPLICIT, "taskDefinition": "pair"})
    assert (found.container, found.containers, problems) == (None, ["app", "worker"], [])


def test_asks_once_for_each_placement(cloud: EmbeddedCloud) -> None:
    """A placement is looked up with one question to AWS for each part, however many jobs will use it."""
    cloud.embedded.gateway.calls.clear()
    look_up(cloud, {"service": SERVICE})
    assert [call.operation for call in cloud.embedded.gateway.calls] == [
        "DescribeClusters",
        "DescribeServices",
        "DescribeTaskDefinition",
    ]


def fit(entry: object, place: Placement, **fields: Any) -> tuple[dict[str, PlacementArgs], list[str]]:  # noqa: ANN401
    """Fit one job into a placement."""
    problems = Problems()
    config = settings.parse({"placements": {"default": EXPLICIT}, "schedules": {"nightly-report": entry}}, problems)
    job = Job(**{"name": "nightly-report", "command": ["report"], "owner": "data", **fields})
    planned = plan.build(config, [job], problems)
    problems.raise_if_any()
    found = placements.fit(planned, {"default": place}, problems)
    return found, [str(problem) for problem in problems]


def test_fits_a_job() -> None:
    """A job runs where its placement says, in its own container when it names one."""
    found, problems = fit("rate(1 day)", Placement(**WEB), container="sidecar")
    places = {key: WEB[key] for key in PlacementArgs.__dataclass_fields__}
    assert (found["nightly-report"], problems) == (PlacementArgs(**{**places, "container": "sidecar"}), [])
    assert fit("rate(1 day)", Placement(**WEB))[0]["nightly-report"].container == "app"


PAIR = {**WEB, "task_definition": "pair", "containers": ["app", "worker"], "container": None}
UNFIT: dict[str, tuple[dict[str, Any], dict[str, Any], object, list[str]]] = {
    "several essential containers": (
        PAIR,
        {},
        "rate(1 day)",
        [
            (
                "jobs/nightly_report.py.container: is missing: 'pair' has several essential containers; "
                "accepted: app, worker"
            )
        ],
    ),
    "several, and one is named": (PAIR, {"container": "worker"}, "rate(1 day)", []),
    "container": (
        WEB,
        {"container": "ap"},
        "rate(1 day)",
        ["jobs/nightly_report.py.container: 'ap': no such container in 'web'; did you mean 'app'?"],
    ),
    "memory beside the task definition's cpu": (
        WEB,
        {},
        {"rate": "1 day", "memory": 8192},
        [
            (
                "scheduled-jobs:schedules.nightly-report: memory 8192 does not go with cpu 512 on Fargate; "
                "accepted: 1024 to 4096 MiB in steps of 1024; only memory is set, the other is the task definition's"
            )
        ],
    ),
    "cpu beside the task definition's memory": (
        WEB,
        {},
        {"rate": "1 day", "cpu": 1024},
        [
            (
                "scheduled-jobs:schedules.nightly-report: memory 1024 does not go with cpu 1024 on Fargate; "
                "accepted: 2048 to 8192 MiB in steps of 1024; only cpu is set, the other is the task definition's"
            )
        ],
    ),
    "one that fits": (WEB, {}, {"rate": "1 day", "memory": 2048}, []),
    "no sizes in the task definition": ({**WEB, "cpu": None, "memory": None}, {}, {"rate": "1 day", "cpu": 300}, []),
}


@pytest.mark.parametrize(("place", "fields", "entry", "expected"), UNFIT.values(), ids=UNFIT)
def test_names_what_does_not_fit(
    place: dict[str, Any], fields: dict[str, Any], entry: object, expected: list[str]
) -> None:
    """A container or a size that the placement cannot serve is named, with what it can."""
    assert fit(entry, Placement(**place), **fields)[1] == expected


def test_leaves_a_placement_that_was_not_found() -> None:
    """A job whose placement could not be looked up gets no second message."""
    problems = Problems()
    config = settings.parse({"placements": {"default": EXPLICIT}, "schedules": {"a": "rate(1 day)"}}, problems)
    planned = plan.build(config, [Job(name="a", command=["a"], owner="b")], problems)
    assert placements.fit(planned, {}, problems) == {}
    assert not len(problems)
