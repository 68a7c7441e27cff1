"""What the deployment of jobs that are a handler asks IAM, and the policies that allow it."""

from __future__ import annotations

from functools import partial

import pulumi
import pytest

from components import (
    FunctionAlias,
    FunctionAliasArgs,
    HandlerFunction,
    HandlerFunctionArgs,
    JobGroup,
    JobGroupArgs,
    ScheduleArgs,
    ScheduledJob,
    ScheduledJobArgs,
)
from components.function_policy import write_log
from components.launch_policy import invoke_policy
from components.watch_args import WatchArgs
from emulator.iam.policy_evaluation import Request, evaluate
from supervision.limits import Limits
from tests import permissions
from tests.components.asked import Life, asking
from tests.components.test_permissions_calls import BOUNDARY, make_platform
from tests.permissions import (
    DEPLOY,
    HANDLERS_BOUNDARY,
    HANDLERS_DEPLOY,
    HANDLERS_PREVIEW,
    PREVIEW,
    STACK,
    WATCHED,
    policies,
    refused,
    spare,
)

ARN = permissions.arn("lambda", f"function:{STACK['handler']}")
LOG = f"/aws/lambda/{STACK['handler']}"


def program(*, code: str, memory: int, tags: dict[str, str], boundary: str | None, days: int) -> None:
    """Declare a job that is a handler; every argument changes some resource."""
    watch = WatchArgs(placements=[], function_logs=[LOG])
    group = JobGroup(
        "jobs", JobGroupArgs(supervised=True, tags=tags, permissions_boundary=boundary, watch=watch, log_days=days)
    )
    made = HandlerFunction(
        "import",
        HandlerFunctionArgs(
            group=group,
            owner="data",
            code=pulumi.AssetArchive({"app.py": pulumi.StringAsset(code)}),
            handler="app.handle",
            timeout=60,
            memory=memory,
        ),
    )
    args = FunctionAliasArgs(group=group, function_name=made.function.name, timeout=60, log_group=LOG)
    schedule = ScheduleArgs(expression="rate(1 day)", limits=Limits(start_deadline=900))
    place = FunctionAlias("import", args).place
    ScheduledJob(
        "import", ScheduledJobArgs(group=group, placement=place, command=None, schedules=[schedule], owner="data")
    )


@pytest.fixture(scope="module")
def recorded() -> Life:
    """Deploy, change, read and remove a stack with such a job."""
    first = partial(program, code="a = 1", memory=256, tags={"team": "data"}, boundary=BOUNDARY, days=30)
    after = partial(program, code="a = 2", memory=512, tags={"unit": "data"}, boundary=None, days=7)
    with asking() as questions:
        deployed = questions.deployed
        questions.prepare(lambda: make_platform(deployed))

        changed = questions.about(partial(deployed.up, first), partial(deployed.up, after))
        reads = questions.about(deployed.refresh)
        return Life(reads, [*reads, *changed, *questions.about(deployed.destroy)])


def test_who_deploys_may_make_every_call(recorded: Life) -> None:
    """With the policies for handlers, the whole life of the stack is allowed."""
    assert refused(policies(PREVIEW, DEPLOY, WATCHED, HANDLERS_PREVIEW, HANDLERS_DEPLOY), recorded.life) == {}


def test_who_previews_may_read_everything(recorded: Life) -> None:
    """With the policy for handlers, a preview with a refresh is allowed, and no change."""
    assert refused(policies(PREVIEW, HANDLERS_PREVIEW), recorded.reads) == {}
    assert refused(policies(PREVIEW, HANDLERS_PREVIEW), recorded.life) != {}


@pytest.mark.parametrize("title", [HANDLERS_PREVIEW, HANDLERS_DEPLOY])
def test_every_action_is_needed(recorded: Life, title: str) -> None:
    """Without any one action, some call is refused."""
    others = policies(*({PREVIEW, DEPLOY, WATCHED, HANDLERS_PREVIEW, HANDLERS_DEPLOY} - {title}))
    assert spare(title, others, recorded.life) == []


def test_the_boundary_allows_what_the_roles_may() -> None:
    """The launch role invokes the alias of its job; the function writes its log and tells the watch."""
    alias = f"{ARN}:{STACK['group']}-import"
    log = permissions.arn("logs", f"log-group:{LOG}")
    writing = {"Version": "2012-10-17", "Statement": [write_log(log)]}
    allowed = [invoke_policy(alias_arn=alias, dead_letter_arn="dead", launches_arn="launches"), writing]
    stream = f"{log}:log-stream:2027"
    asked = [
        Request("lambda:InvokeFunction", alias),
        *(Request(f"logs:{one}", stream) for one in ("CreateLogStream", "PutLogEvents")),
    ]
    assert all(evaluate(one, allowed).allowed for one in asked)
    tells = Request("lambda:InvokeFunction", permissions.WATCH)
    assert refused(policies(HANDLERS_BOUNDARY), [*asked, tells]) == {}
    assert not evaluate(Request("lambda:InvokeFunction", ARN), policies(HANDLERS_BOUNDARY)).allowed
