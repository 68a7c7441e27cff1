"""What the deployment of jobs that are a function asks IAM, and the policies that allow it."""

from __future__ import annotations

import io
import json
import zipfile
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

import kinds
import plan
import settings
from components import (
    FunctionAlias,
    FunctionAliasArgs,
    JobGroup,
    JobGroupArgs,
    ScheduleArgs,
    ScheduledJob,
    ScheduledJobArgs,
)
from components.launch_policy import invoke_policy
from components.watch_args import WatchArgs
from emulator.iam.policy_evaluation import Request, evaluate
from placements import Lookups
from settings import Function, Problems
from settings.job import Job
from supervision.limits import Limits
from tests import permissions
from tests.components.asked import Life, asking
from tests.components.test_permissions_calls import BOUNDARY, REGION, make_platform
from tests.permissions import (
    DEPLOY,
    FUNCTIONS_BOUNDARY,
    FUNCTIONS_DEPLOY,
    FUNCTIONS_PREVIEW,
    PREVIEW,
    STACK,
    WATCHED,
    policies,
    refused,
    spare,
)

if TYPE_CHECKING:
    from tests.components.recorded import Deployment

NAME = STACK["function"]
ARN = permissions.arn("lambda", f"function:{NAME}")
LOG = f"/aws/lambda/{NAME}"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
GRANT = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": permissions.WATCH}


def program(*, version: str, age: int, tags: dict[str, str], boundary: str | None) -> None:
    """Declare a job that is a function; every argument changes some resource."""
    watch = WatchArgs(placements=[], function_logs=[LOG])
    group = JobGroup("jobs", JobGroupArgs(supervised=True, tags=tags, permissions_boundary=boundary, watch=watch))
    alias = FunctionAlias(
        "import",
        FunctionAliasArgs(group=group, function_name=NAME, timeout=60, version=version, event_age=age, log_group=LOG),
    )
    schedule = ScheduleArgs(expression="rate(1 day)", limits=Limits(start_deadline=age))
    ScheduledJob(
        "import",
        ScheduledJobArgs(group=group, placement=alias.place, command=None, schedules=[schedule], owner="data"),
    )


def make(deployed: Deployment) -> None:
    """Make the function of somebody else, with a version, and let its role invoke the watch."""
    iam, functions = deployed.clients.get("iam", REGION), deployed.clients.get("lambda", REGION)
    role = iam.create_role(RoleName=STACK["function-role"], AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]
    granted = json.dumps({"Version": "2012-10-17", "Statement": [GRANT]})
    iam.put_role_policy(RoleName=STACK["function-role"], PolicyName="own", PolicyDocument=granted)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("app.py", "def handle(event, context): pass\n")
    functions.create_function(
        FunctionName=NAME,
        Runtime="python3.13",
        Role=role["Arn"],
        Handler="app.handle",
        Code={"ZipFile": archive.getvalue()},
        Publish=True,
    )


def look_up(deployed: Deployment) -> None:
    """Look the function and a version of it up, as a preview does."""
    problems = Problems()
    config = settings.parse({"placements": {}, "schedules": dict.fromkeys(("import", "old"), "rate(1 day)")}, problems)
    jobs = [
        Job(name=name, owner="data", function=Function(arn)) for name, arn in (("import", ARN), ("old", f"{ARN}:1"))
    ]
    planned = plan.build(config, jobs, problems)
    places: dict[str, Any] = {}

    async def look() -> None:
        running = kinds.of(planned, "")
        await kinds.look_up(running, Lookups())
        places.update(kinds.fit(running, {}, problems))

    deployed.up(look)
    problems.raise_if_any()
    assert problems.warnings == ()
    assert places["import"].log_group == LOG


@pytest.fixture(scope="module")
def recorded() -> Life:
    """Deploy, change, read and remove a stack with such a job."""
    first = partial(program, version="$LATEST", age=900, tags={"team": "data"}, boundary=BOUNDARY)
    after = partial(program, version="1", age=600, tags={"unit": "data"}, boundary=None)
    with asking() as questions:
        deployed = questions.deployed
        questions.prepare(lambda: make_platform(deployed))
        make(deployed)

        looked = questions.about(partial(look_up, deployed))
        changed = questions.about(partial(deployed.up, first), partial(deployed.up, after))
        reads = [*looked, *questions.about(deployed.refresh)]
        return Life(reads, [*reads, *changed, *questions.about(deployed.destroy)])


def test_who_deploys_may_make_every_call(recorded: Life) -> None:
    """With the policies for functions, the whole life of the stack is allowed."""
    assert refused(policies(PREVIEW, DEPLOY, WATCHED, FUNCTIONS_PREVIEW, FUNCTIONS_DEPLOY), recorded.life) == {}


def test_who_previews_may_read_everything(recorded: Life) -> None:
    """With the policy for functions, a preview with a refresh is allowed."""
    assert refused(policies(PREVIEW, FUNCTIONS_PREVIEW), recorded.reads) == {}


@pytest.mark.parametrize("title", [FUNCTIONS_PREVIEW, FUNCTIONS_DEPLOY])
def test_every_action_is_needed(recorded: Life, title: str) -> None:
    """Without any one action, some call is refused."""
    others = policies(*({PREVIEW, DEPLOY, WATCHED, FUNCTIONS_PREVIEW, FUNCTIONS_DEPLOY} - {title}))
    assert spare(title, others, recorded.life) == []


def test_who_previews_changes_nothing(recorded: Life) -> None:
    """The policy for functions adds reads only."""
    added: set[Any] = permissions.actions(permissions.policy(FUNCTIONS_PREVIEW))
    reads = ("Get", "List", "Simulate")
    assert {action for action in added if not action.partition(":")[2].startswith(reads)} == set()
    assert refused(policies(PREVIEW, FUNCTIONS_PREVIEW), recorded.life) != {}


def test_the_boundary_allows_what_the_roles_may() -> None:
    """The launch role invokes the alias of its job."""
    alias = f"{ARN}:{STACK['group']}-import"
    allowed = invoke_policy(alias_arn=alias, dead_letter_arn="dead", launches_arn="launches")
    asked = Request("lambda:InvokeFunction", alias)
    assert evaluate(asked, [allowed]).allowed
    assert evaluate(asked, policies(FUNCTIONS_BOUNDARY)).allowed
    assert not evaluate(Request("lambda:InvokeFunction", ARN), policies(FUNCTIONS_BOUNDARY)).allowed
