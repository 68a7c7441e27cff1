"""What the deployment of jobs that a service runs asks IAM, and the policies that allow it."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

import kinds
import placements
import plan
import settings
from components import JobGroup, JobGroupArgs, ScheduleArgs, ScheduledJob, ScheduledJobArgs
from components.launch_policy import work_policy
from components.service_policy import take_work
from components.supervisor_policy import supervisor_policy
from components.watch_args import WatchArgs
from components.watch_policy import watch_policy
from emulator.iam.policy_evaluation import Request, evaluate
from placements import Lookups
from settings import InProcess, Problems, Worker
from settings.job import Job
from supervision.limits import Limits
from tests import permissions
from tests.components.asked import Life, asking
from tests.components.test_permissions_calls import BOUNDARY as BOUNDED
from tests.components.test_permissions_calls import KEY, REGION, make_key, make_platform
from tests.permissions import (
    BOUNDARY,
    DEPLOY,
    KEYED_DEPLOY,
    KEYED_PREVIEW,
    PREVIEW,
    SERVICE_ROLE,
    SERVICES_BOUNDARY,
    SERVICES_DEPLOY,
    SERVICES_PREVIEW,
    STACK,
    WATCHED,
    policies,
    refused,
    spare,
)

if TYPE_CHECKING:
    from tests.components.recorded import Deployment

QUEUE = permissions.arn("sqs", STACK["work-queue"])
CLAIMS = permissions.arn("dynamodb", f"table/{STACK['group']}-claims")
LOG = STACK["log-group"]
DEPLOYS = (PREVIEW, DEPLOY, WATCHED, KEYED_PREVIEW, KEYED_DEPLOY)


def program(*, deadline: int, retain: bool, tags: dict[str, str], boundary: str | None, key: str | None = None) -> None:
    """Declare a job that workers take, and one that processes begin; every argument changes some resource."""
    watch = WatchArgs(placements=[], function_logs=[LOG], retain_ledger=retain)
    group = JobGroup(
        "jobs",
        JobGroupArgs(
            supervised=True, workers=["web"], tags=tags, permissions_boundary=boundary, watch=watch, kms_key_arn=key
        ),
    )
    schedule = ScheduleArgs(expression="cron(0 2 * * ? *)", limits=Limits(start_deadline=deadline))
    for name, place in (("refresh", group.work_place("web", "refresh", LOG)), ("sweep", group.process_place(LOG))):
        ScheduledJob(name, ScheduledJobArgs(group=group, placement=place, schedules=[schedule], owner="data"))


def make(deployed: Deployment) -> None:
    """Make the service, whose task role has the permissions of the page."""
    ecs, iam = deployed.clients.get("ecs", REGION), deployed.clients.get("iam", REGION)
    document = json.dumps(permissions.policy(SERVICE_ROLE))
    iam.put_role_policy(RoleName=STACK["task-role"], PolicyName="jobs", PolicyDocument=document)
    ecs.create_service(cluster=STACK["cluster"], serviceName="shop", taskDefinition=STACK["family"], desiredCount=1)


def look_up(deployed: Deployment) -> None:
    """Look the service up, with the role of its tasks, as a preview does."""
    problems = Problems()
    service = {"service": {"cluster": STACK["cluster"], "name": "shop"}}
    names = ("refresh", "sweep")
    config = settings.parse(
        {"placements": {"web": service}, "schedules": dict.fromkeys(names, "cron(0 2 * * ? *)")}, problems
    )
    jobs = [
        Job(name="refresh", owner="data", placement="web", worker=Worker()),
        Job(name="sweep", owner="data", placement="web", in_process=InProcess()),
    ]
    planned = plan.build(config, jobs, problems)
    problems.raise_if_any()

    async def look() -> None:
        running, account = kinds.of(planned, ""), Lookups()
        found = await placements.look_up(account, config, STACK["group"], problems, kinds.needs(running))
        await kinds.look_closer(running, account, found)
        kinds.fit(running, found, problems)

    deployed.up(look)
    problems.raise_if_any()
    assert problems.warnings == ()


@pytest.fixture(scope="module")
def recorded() -> Life:
    """Deploy, change, read and remove a stack with such jobs."""
    first = partial(program, deadline=900, retain=False, tags={"team": "data"}, boundary=BOUNDED)
    after = partial(program, deadline=600, retain=True, tags={"unit": "data"}, boundary=None)
    last = partial(program, deadline=600, retain=False, tags={"unit": "data"}, boundary=None)
    encrypted = partial(last, key=KEY)
    with asking() as questions:
        deployed = questions.deployed
        questions.prepare(lambda: make_platform(deployed))
        make(deployed)
        make_key(deployed)
        looked = questions.about(partial(look_up, deployed))
        changed = questions.about(*(partial(deployed.up, each) for each in (first, after, encrypted, last)))
        reads = [*looked, *questions.about(deployed.refresh)]
        return Life(reads, [*reads, *changed, *questions.about(deployed.destroy)])


def test_who_deploys_may_make_every_call(recorded: Life) -> None:
    """With the policies for services, the whole life of the stack is allowed."""
    assert refused(policies(*DEPLOYS, SERVICES_PREVIEW, SERVICES_DEPLOY), recorded.life) == {}


def test_who_previews_may_read_everything(recorded: Life) -> None:
    """With the policy for services, a preview with a refresh is allowed."""
    assert refused(policies(PREVIEW, KEYED_PREVIEW, SERVICES_PREVIEW), recorded.reads) == {}


@pytest.mark.parametrize("title", [SERVICES_PREVIEW, SERVICES_DEPLOY])
def test_every_action_is_needed(recorded: Life, title: str) -> None:
    """Without any one action, some call is refused."""
    others = policies(*({*DEPLOYS, SERVICES_PREVIEW, SERVICES_DEPLOY} - {title}))
    assert spare(title, others, recorded.life) == []


def test_who_previews_changes_nothing(recorded: Life) -> None:
    """The policy for services adds reads only."""
    added: set[Any] = permissions.actions(permissions.policy(SERVICES_PREVIEW))
    reads = ("Describe", "Get", "List", "Simulate")
    assert {action for action in added if not action.partition(":")[2].startswith(reads)} == set()
    assert refused(policies(PREVIEW, SERVICES_PREVIEW), recorded.life) != {}


def test_the_page_has_what_a_service_needs() -> None:
    """The statements of the page are those that a preview checks and prints."""
    needed = take_work(queue_arn=QUEUE, claims_arn=CLAIMS, watch_arn=permissions.WATCH)
    assert permissions.policy(SERVICE_ROLE)["Statement"] == list(needed)


def test_the_boundary_allows_what_the_roles_may() -> None:
    """Each request that a policy of a role allows about queue, claims and log, both boundaries allow together."""
    bounds = policies(BOUNDARY, SERVICES_BOUNDARY)
    group = permissions.arn("scheduler", f"schedule-group/{STACK['group']}")
    known: dict[str, Any] = {
        "schedule_group_arn": group,
        "table_arn": permissions.arn("dynamodb", f"table/{STACK['group']}-ledger-1"),
        "own_log_group_arn": permissions.arn("logs", "log-group:/aws/lambda/x"),
        "cluster_arns": [],
        "claims_arn": CLAIMS,
    }
    supervisor = supervisor_policy(path="/x/", launches_arn="launches", watch_arn="watch", **known)
    watch = watch_policy(
        project="x",
        topic_arn="topic",
        dead_letter_arn="dead",
        given_up_arn="given",
        log_groups=[],
        function_logs=[LOG],
        **known,
    )
    launch = work_policy(queue_arn=QUEUE, dead_letter_arn="dead", launches_arn="launches")
    stream = permissions.arn("logs", f"log-group:{LOG}:log-stream:*")
    settling = [Request(f"dynamodb:{action}", CLAIMS) for action in ("GetItem", "UpdateItem")]
    asked = [
        (launch, Request("sqs:SendMessage", QUEUE)),
        *((role, request) for role in (watch, supervisor) for request in settling),
        (watch, Request("logs:FilterLogEvents", stream)),
    ]
    for role, request in asked:
        assert evaluate(request, [role]).allowed, request
        assert evaluate(request, bounds).allowed, request
        assert not evaluate(request, policies(BOUNDARY)).allowed, request
