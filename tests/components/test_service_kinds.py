"""What the kinds of workers and of processes say of the service that runs jobs, as the account has it."""

from __future__ import annotations

import asyncio
import json
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from components import ProcessPlace, WorkPlace
from components.service_policy import claim_runs, take_work, tell
from judgements.answers import Refused, TaskDefinition
from kinds.in_process import ByItself
from kinds.worker import ByWorker
from placements.placement import Placement
from settings import InProcess, Problems, Worker
from settings.job import Job
from tests.unit.plan.test_plan import SERVICE, build

if TYPE_CHECKING:
    from judgements.answers import Answer
    from kinds.service import OfService

PLACE = "eu-central-1:123456789012"
ROLE = "arn:aws:iam::123456789012:role/web"
RUNNING = f"arn:aws:ecs:{PLACE}:task-definition/web:7"
QUEUE = f"arn:aws:sqs:{PLACE}:jobs-staging-work-web"
CLAIMS = f"arn:aws:dynamodb:{PLACE}:table/jobs-staging-claims"
WATCH = f"arn:aws:lambda:{PLACE}:function:jobs-staging-watch"
KEY = f"arn:aws:kms:{PLACE}:key/1234"
WHERE = "scheduled-jobs:placements.web.service: 'web'"
NAMES = {"claims_arn": CLAIMS, "watch_arn": WATCH}
TAKE = list(take_work(queue_arn=QUEUE, **NAMES))
HIDDEN = Refused("is not authorized", "ecs:DescribeTaskDefinition")


def container(name: str, group: str = "/ecs/web", region: str = "eu-central-1", *, essential: bool = True) -> Any:  # noqa: ANN401
    """Return a container that writes to a log group."""
    options = {"awslogs-group": group, "awslogs-region": region, "awslogs-stream-prefix": "ecs"}
    logs = {"logDriver": "awslogs", "options": options}
    return {"name": name, "essential": essential, "logConfiguration": logs}


def definition(role: str = ROLE, *containers: object) -> TaskDefinition:
    """Return the task definition of the service."""
    found: Any = containers or (container("app"),)
    return TaskDefinition("ACTIVE", "bridge", ["EC2"], role, "", found, None, None)


@dataclass
class Account:
    """The account, with answers that the test sets."""

    found: Answer[TaskDefinition] = field(default_factory=definition)
    denied: tuple[str, ...] = ()
    """The resources on which the role may do nothing."""
    simulates: bool = True

    async def task_definition(self, name: str) -> Answer[TaskDefinition]:
        """Return the revision that the service runs."""
        assert name == RUNNING
        return self.found

    async def may(self, role: str, actions: tuple[str, ...], resource: str) -> Answer[bool]:
        """Return whether the role may do all of this."""
        wanted = {one["Resource"]: one["Action"] for one in TAKE}[resource]
        assert (role, actions) == (ROLE, (wanted,) if isinstance(wanted, str) else tuple(wanted))
        return resource not in self.denied if self.simulates else Refused("not allowed", "iam:SimulatePrincipalPolicy")


FOUND = Placement(f"arn:aws:ecs:{PLACE}:cluster/staging", [], [], False, {}, None, "web", RUNNING)  # noqa: FBT003


def fit(
    runner: Worker | InProcess, account: Account, found: Placement = FOUND, key: str | None = None
) -> tuple[Any, list[str]]:
    """Return the place of a job that the service runs, and the messages."""
    problems = Problems()
    given: dict[str, Any] = {"worker" if isinstance(runner, Worker) else "in_process": runner}
    job = Job(name="refresh-cache", owner="shop", placement="web", **given)
    [planned], mistakes = build({"refresh-cache": "cron(0 2 * * ? *)"}, [job], placements={"web": SERVICE})
    assert mistakes == []
    kind: OfService
    if isinstance(runner, Worker):
        kind = ByWorker(planned, "jobs-staging", key, runner)
    else:
        kind = ByItself(planned, "jobs-staging", key, runner)
    with closing(asyncio.new_event_loop()) as loop:  # `asyncio.run` would leave other tests without a loop
        loop.run_until_complete(kind.look_closer(account, found))  # type: ignore[arg-type]
    place = kind.fit(found, problems)
    return place, [*map(str, problems), *(f"warning: {one}" for one in problems.warnings)]


def test_a_worker_that_fits() -> None:
    """The task is the job's name, or what the job file says; the log is that of the service's container."""
    place = WorkPlace(queue_arn="", queue_url="", claims="", task="refresh-cache", log_group="/ecs/web", role=ROLE)
    assert fit(Worker(), Account()) == (place, [])
    assert fit(Worker("refresh"), Account()) == (replace(place, task="refresh"), [])


def test_a_process_that_fits() -> None:
    """It needs nothing of the queue. With Redis it needs nothing of the table either."""
    place = ProcessPlace(claims_arn="", log_group="/ecs/web", role=ROLE)
    assert fit(InProcess(), Account(denied=(QUEUE,))) == (place, [])
    assert fit(InProcess("redis"), Account(denied=(QUEUE, CLAIMS))) == (replace(place, store="redis"), [])


def lacking(statements: Any, what: str = "take the runs of worker jobs") -> list[str]:  # noqa: ANN401
    """Return the message about a role that lacks statements."""
    written = json.dumps(list(statements))
    return [f"{WHERE}: its task role {ROLE} may not {what}; its owner must add the statements {written}"]


@pytest.mark.parametrize(
    ("denied", "missing"),
    [((QUEUE,), TAKE[:1]), ((CLAIMS,), TAKE[1:2]), ((WATCH,), TAKE[2:]), ((QUEUE, WATCH), [TAKE[0], TAKE[2]])],
)
def test_what_the_role_lacks(denied: tuple[str, ...], missing: list[Any]) -> None:
    """Only the statements that it lacks are told, with all names."""
    assert fit(Worker(), Account(denied=denied))[1] == lacking(missing)


def test_what_the_role_of_a_process_lacks() -> None:
    """It claims by the table, or reports what it claimed elsewhere."""
    of_claims = "claim the runs of in_process jobs"
    assert fit(InProcess(), Account(denied=(CLAIMS, WATCH)))[1] == lacking(claim_runs(**NAMES), of_claims)
    of_reports = "report the runs of in_process jobs"
    assert fit(InProcess("redis"), Account(denied=(WATCH,)))[1] == lacking([tell(WATCH)], of_reports)


def test_a_key_is_told_with_the_others() -> None:
    """Its own policy may allow it, which no simulation knows. So it is told with what is lacking, and not asked."""
    assert fit(Worker(), Account(), key=KEY)[1] == []
    [*_, of_key] = take_work(queue_arn=QUEUE, **NAMES, kms_key_arn=KEY)
    assert fit(Worker(), Account(denied=(QUEUE,)), key=KEY)[1] == lacking([TAKE[0], of_key])


@pytest.mark.parametrize(
    ("account", "found", "expected"),
    [
        (
            Account(definition("")),
            FOUND,
            (
                f"{WHERE}: its tasks have no task role, with which its containers take the runs of worker jobs; "
                f"its owner must give them one with the statements {json.dumps(TAKE)}"
            ),
        ),
        (
            Account(HIDDEN),
            FOUND,
            (
                f"warning: {WHERE}: whether its containers may take the runs of worker jobs, with the statements "
                f"{json.dumps(TAKE)}, not checked: the permission ecs:DescribeTaskDefinition is missing"
            ),
        ),
        (
            Account(),
            replace(FOUND, running=""),
            (
                f"warning: {WHERE}: whether its containers may take the runs of worker jobs, with the statements "
                f"{json.dumps(TAKE)}, not checked: another controller deploys the service"
            ),
        ),
        (
            Account(simulates=False),
            FOUND,
            (
                f"warning: {WHERE}: whether its task role {ROLE} may take the runs of worker jobs, with the statements "
                f"{json.dumps(TAKE)}, not checked: the permission iam:SimulatePrincipalPolicy is missing"
            ),
        ),
    ],
)
def test_what_is_not_known(account: Account, found: Placement, expected: str) -> None:
    """Without a role nothing works, which is a mistake. What the account does not tell is a warning."""
    assert fit(Worker(), account, found)[1] == [expected]


@pytest.mark.parametrize(
    ("containers", "expected"),
    [
        ((container("app"), container("proxy", "/ecs/proxy", essential=False)), "/ecs/web"),
        ((container("app"), container("api")), "/ecs/web"),
        ((container("app"), container("api", "/ecs/api")), ""),
        ((container("app", region="eu-west-1"),), ""),
        (({"name": "app", "essential": True},), ""),
    ],
    ids=["the essential one", "one for all", "several", "of another region", "none"],
)
def test_the_log_of_a_service(containers: tuple[object, ...], expected: str) -> None:
    """It is known if there is one in the group's region."""
    place, messages = fit(Worker(), Account(definition(ROLE, *containers)))
    assert (place.log_group, messages) == (expected, [])
