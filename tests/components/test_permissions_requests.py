"""What the deployment of jobs that are a request asks IAM, and the policies that allow it."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

import pulumi
import pytest

import kinds
import plan
import settings
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
from components.function_policy import NETWORKING, join_network, read_secret
from components.watch_args import WatchArgs
from emulator import chosen_ids
from emulator.iam.policy_evaluation import Request, evaluate
from placements import Lookups
from settings import Http, Problems
from settings.job import Job
from supervision.limits import Limits
from tests import permissions
from tests.components.asked import Life, asking
from tests.components.test_permissions_calls import REGION, make_platform
from tests.permissions import (
    DEPLOY,
    HANDLERS_BOUNDARY,
    HANDLERS_DEPLOY,
    HANDLERS_PREVIEW,
    PREVIEW,
    REQUESTS_BOUNDARY,
    REQUESTS_DEPLOY,
    REQUESTS_PREVIEW,
    STACK,
    WATCHED,
    policies,
    refused,
    spare,
)

if TYPE_CHECKING:
    from tests.components.recorded import Deployment

BOUNDARY = f"arn:aws:iam::{STACK['account']}:policy/requests"
LOG = f"/aws/lambda/{STACK['handler']}"
ALL = (PREVIEW, DEPLOY, WATCHED, HANDLERS_PREVIEW, HANDLERS_DEPLOY, REQUESTS_PREVIEW, REQUESTS_DEPLOY)


def program(network: tuple[str, str], *, timeout: int, tags: dict[str, str], boundary: str | None) -> None:
    """Declare a job whose function is in a VPC and takes callbacks; every argument changes some resource."""
    watch = WatchArgs(placements=[], function_logs=[LOG])
    group = JobGroup("jobs", JobGroupArgs(supervised=True, tags=tags, permissions_boundary=boundary, watch=watch))
    subnet, security_group = network
    made = HandlerFunction(
        "import",
        HandlerFunctionArgs(
            group=group,
            owner="data",
            code=pulumi.AssetArchive({"caller/handler.py": pulumi.StringAsset("a = 1")}),
            handler="caller.handler.handle",
            timeout=timeout,
            subnets=[subnet],
            security_groups=[security_group],
        ),
    )
    args = FunctionAliasArgs(
        group=group, function_name=made.function.name, timeout=timeout, callback_within=7200, log_group=LOG
    )
    schedule = ScheduleArgs(expression="rate(1 day)", limits=Limits(start_deadline=900))
    place = FunctionAlias("import", args).place
    ScheduledJob("import", ScheduledJobArgs(group=group, placement=place, schedules=[schedule], owner="data"))


def bound(deployed: Deployment) -> None:
    """Make the boundary that the page describes for such a stack; Lambda does not join a network without it."""
    whole = permissions.merged(policies(permissions.BOUNDARY, HANDLERS_BOUNDARY, REQUESTS_BOUNDARY))
    deployed.clients.get("iam", REGION).create_policy(
        PolicyName=BOUNDARY.rpartition("/")[2], PolicyDocument=json.dumps(whole)
    )


def plant(deployed: Deployment) -> None:
    """Make the secret of the receiver, with its key."""
    key_id = {"TagKey": chosen_ids.TAG, "TagValue": STACK["secret-key"]}
    key = deployed.clients.get("kms", REGION).create_key(Tags=[key_id])["KeyMetadata"]["Arn"]
    manager = deployed.clients.get("secretsmanager", REGION)
    manager.create_secret(Name=STACK["secret"], SecretString="s", KmsKeyId=key)


def network(deployed: Deployment) -> tuple[str, str]:
    """Make a subnet and a security group, and return their ids."""
    ec2 = deployed.clients.get("ec2", REGION)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    return subnet, ec2.create_security_group(GroupName="callers", Description="-", VpcId=vpc)["GroupId"]


def look_up(deployed: Deployment) -> None:
    """Look up what a job names, as a preview does."""
    problems = Problems()
    fleet = {"url": "https://fleet.example.com/jobs", "secret": STACK["secret"]}
    config = settings.parse(
        {"placements": {}, "schedules": {"import": "rate(1 day)"}, "receivers": {"fleet": fleet}}, problems
    )
    planned = plan.build(config, [Job(name="import", owner="data", http=Http("fleet"))], problems)
    running = kinds.of(planned, LOG)
    deployed.up(lambda: kinds.look_up(running, Lookups()))
    assert kinds.fit(running, {}, problems)
    assert (list(problems), list(problems.warnings)) == ([], [])


@pytest.fixture(scope="module")
def recorded() -> Life:
    """Look up, deploy, change, read and remove a stack with such a job."""
    with asking() as questions:
        deployed = questions.deployed
        questions.prepare(lambda: make_platform(deployed))
        plant(deployed)
        bound(deployed)
        place = network(deployed)
        first = partial(program, place, timeout=60, tags={"team": "data"}, boundary=BOUNDARY)
        after = partial(program, place, timeout=90, tags={"unit": "data"}, boundary=None)
        seen = questions.about(partial(look_up, deployed))
        changed = questions.about(partial(deployed.up, first), partial(deployed.up, after))
        reads = [*seen, *questions.about(deployed.refresh)]
        return Life(reads, [*reads, *changed, *questions.about(deployed.destroy)])


def test_who_deploys_may_make_every_call(recorded: Life) -> None:
    """With the policies for handlers and for requests, the whole life of the stack is allowed."""
    assert refused(policies(*ALL), recorded.life) == {}


def test_who_previews_may_read_everything(recorded: Life) -> None:
    """A preview with a refresh is allowed, and no change."""
    reading = policies(PREVIEW, HANDLERS_PREVIEW, REQUESTS_PREVIEW)
    assert refused(reading, recorded.reads) == {}
    assert refused(reading, recorded.life) != {}


@pytest.mark.parametrize("title", [REQUESTS_PREVIEW, REQUESTS_DEPLOY])
def test_every_action_is_needed(recorded: Life, title: str) -> None:
    """Without any one action, some call is refused."""
    assert spare(title, policies(*(one for one in ALL if one != title)), recorded.life) == []


def test_the_boundary_allows_what_the_roles_may() -> None:
    """The function reads the one secret with its key, and Lambda makes its network interfaces."""
    secret = permissions.arn("secretsmanager", f"secret:{STACK['secret']}-AbCdEf")
    key = permissions.arn("kms", f"key/{STACK['secret-key']}")
    via = {"kms:ViaService": f"secretsmanager.{REGION}.amazonaws.com"}
    asked = [
        Request("secretsmanager:GetSecretValue", secret),
        Request("kms:Decrypt", key, via),
        *(Request(action, "*") for action in NETWORKING),
    ]
    own = {
        "Version": "2012-10-17",
        "Statement": [*read_secret(secret, key), *join_network(permissions.arn("lambda", "function:f"))],
    }
    assert refused([own], asked) == {}
    assert refused(policies(HANDLERS_BOUNDARY, REQUESTS_BOUNDARY), asked) == {}
    assert spare(REQUESTS_BOUNDARY, policies(HANDLERS_BOUNDARY), asked) == []
    assert not evaluate(Request("kms:Decrypt", key), policies(REQUESTS_BOUNDARY)).allowed
