"""Tests that the account is asked at the same time whatever needs no other answer."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from pulumi.runtime.mocks import MockMonitor
from pulumi_aws import ecs

import kinds
import placements
import plan
import settings
from emulator.provider import registry
from settings import Image, Problems
from settings.job import Job
from tests.components.embedded import ACCOUNT, REGION
from tests.components.placing import EXPLICIT, OTHER_ROLE, SERVICE, look_up

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from emulator.provider.core.clients import Aws
    from emulator.provider.core.invoke import Function
    from emulator.provider.core.properties import Properties
    from tests.components.embedded import EmbeddedCloud

_PATIENCE = 20.0
"""Seconds after which a call that waits for others gives up; they never came."""

EVERYTHING = {**EXPLICIT, "securityGroups": ["sg-01"], "taskRoles": [OTHER_ROLE]}
# At most five calls each: so many threads an event loop has on any machine.
TOGETHER: dict[str, tuple[list[Mapping[str, Any]], set[str]]] = {
    "all that config names": (
        [EVERYTHING],
        {
            "getCluster staging",
            "getTaskDefinition web",
            "getSubnet subnet-0a",
            "getSecurityGroup sg-01",
            "getRole other",
        },
    ),
    "the roles of the task definition": ([EVERYTHING], {"getRole task", "getRole execution"}),
    "a cluster and its capacity": (
        [{**EXPLICIT, "capacity": {"FARGATE_SPOT": 1}}],
        {"getCluster staging", "getResource staging"},
    ),
    "all that a service names": (
        [{"service": SERVICE}],
        {"getTaskDefinition web", "getSubnet subnet-0a", "getSubnet subnet-0b", "getSecurityGroup sg-01"},
    ),
    "several placements": (
        [{"service": SERVICE}, {**EXPLICIT, "cluster": "production", "taskDefinition": "other"}],
        {"getCluster staging", "getCluster production", "getTaskDefinition other", "getSubnet subnet-0a"},
    ),
}


@pytest.mark.parametrize(("wanted", "together"), TOGETHER.values(), ids=TOGETHER)
def test_asks_at_the_same_time(
    cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, wanted: list[dict[str, Any]], together: set[str]
) -> None:
    """Each of these calls is answered only after all of them have begun."""
    _hold(monkeypatch, together)
    problems = Problems()
    named = dict(zip("ab", wanted, strict=False))
    config = settings.parse({"placements": named, "schedules": {}}, problems)

    _, found = cloud.run(lambda: placements.look_up(placements.Lookups(), config, "jobs-staging", problems, {}))

    assert list(problems) == []
    assert list(found) == list(named)


def test_asks_at_the_same_time_about_an_image(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """The image, the role, the secrets and the keys that a job names are asked for together."""
    secrets = {name: f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}-AbCdEf" for name in ("A", "B")}
    key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k"
    questions = [f"getSecret {arn}" for arn in secrets.values()]
    _hold(monkeypatch, {"getImage db", "getRole task", f"getKey {key}", *questions})
    uri, role = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/db:1", f"arn:aws:iam::{ACCOUNT}:role/task"
    image = Image(uri, task_role=role, secrets=secrets, secret_keys=[key])
    problems = Problems()
    config = settings.parse({"placements": {"default": EXPLICIT}, "schedules": {"a": "rate(1 day)"}}, problems)
    planned = plan.build(config, [Job(name="a", owner="data", image=image)], problems)

    cloud.run(lambda: kinds.look_up(kinds.of(planned, "log"), placements.Lookups()))

    assert list(problems) == []


def test_asks_once_about_what_config_and_a_job_name(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key of the stack encrypts a job's secret too."""
    asked: list[str] = []
    _around_each_call(monkeypatch, asked.append, lambda _: None)
    key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k"
    problems = Problems()
    sections = {"placements": {"default": EXPLICIT}, "schedules": {"a": "rate(1 day)"}, "encryption": {"kmsKey": key}}
    config = settings.parse(sections, problems)
    image = Image("registry.example.com/a:1", secret_keys=[key])
    planned = plan.build(config, [Job(name="a", owner="data", image=image)], problems)

    async def look() -> None:
        account = placements.Lookups()
        await placements.look_up(account, config, "jobs-staging", problems, {})
        await kinds.look_up(kinds.of(planned, "log"), account)

    cloud.run(look)
    assert asked.count(f"getKey {key}") == 1


def test_reports_in_the_order_of_config(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Problems stand in the order of config, though the answers about the first placement come last."""
    answered = threading.Event()

    def before(call: str) -> None:
        if call == "getCluster nowhere":
            assert answered.wait(_PATIENCE)

    def after(call: str) -> None:
        if call == "getSubnet subnet-0c":
            answered.set()

    _around_each_call(monkeypatch, before, after)
    placement = {**EXPLICIT, "cluster": "nowhere", "container": "ap"}
    _, problems = look_up(cloud, placement, {**EXPLICIT, "subnets": ["subnet-0c"]})
    assert [problem.partition(": ")[0] for problem in problems] == [
        "cluster",
        "container",
        "scheduled-jobs:placements.b.subnets[0]",
    ]


def test_asks_the_provider_of_the_resources(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """The look-ups ask for the version that `pulumi_aws` asks for; another one would start a second provider."""
    versions: list[str] = []
    answer = MockMonitor.Invoke

    def invoke(self: MockMonitor, request: Any) -> Any:  # noqa: ANN401 - the engine's interface
        versions.append(request.version)
        return answer(self, request)  # type: ignore[no-untyped-call]

    monkeypatch.setattr(MockMonitor, "Invoke", invoke)
    cloud.run(lambda: ecs.get_cluster(cluster_name="staging"))
    look_up(cloud, EXPLICIT)
    assert len(versions) > 2
    assert set(versions) == {versions[0]}
    assert versions[0]


def _hold(monkeypatch: pytest.MonkeyPatch, together: set[str]) -> None:
    """Let the account answer these calls when all of them have begun, and any other call at once."""
    begun = threading.Barrier(len(together), timeout=_PATIENCE)
    _around_each_call(monkeypatch, lambda call: call in together and begun.wait(), lambda _: None)


def _around_each_call(
    monkeypatch: pytest.MonkeyPatch, before: Callable[[str], object], after: Callable[[str], object]
) -> None:
    """Call `before` and `after` around each answer of the account, with the call, such as `getCluster staging`."""
    for function in registry.FUNCTIONS.values():
        kind, answer = type(function), type(function).run

        def run(self: Function, aws: Aws, args: Properties, answer: Any = answer) -> Properties:  # noqa: ANN401
            call = f"{self.token.rpartition(':')[2]} {self.name_of(args)}"
            before(call)
            try:
                result: Properties = answer(self, aws, args)
            finally:
                after(call)
            return result

        monkeypatch.setattr(kind, "run", run)
