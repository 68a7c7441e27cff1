"""The function of a job's own handler, as declared and in the embedded AWS, where it runs with its role."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pulumi
import pytest

from components import FunctionAlias, FunctionAliasArgs, HandlerFunction, HandlerFunctionArgs
from components.watch_args import WatchArgs
from tests.components.stacks import BOUNDARY, PLACE, TAGS, group

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.components.embedded import EmbeddedCloud

NAME = "jobs-staging-job-import-rates"
LOG = f"/aws/lambda/{NAME}"
WATCH = f"arn:aws:lambda:{PLACE}:function:jobs-staging-watch"
CODE = "import os\ndef handle(event, context):\n    print(os.environ['SOURCE'], event['tick'])\n"
READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::rates/*"}


@pytest.fixture(autouse=True)
def boundary(cloud: EmbeddedCloud) -> None:
    """Create the boundary of the group's roles."""
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    cloud.client("iam").create_policy(PolicyName="boundary", PolicyDocument=json.dumps(document))


def program(**args: Any) -> Callable[[], HandlerFunction]:  # noqa: ANN401 - arguments of the function
    """Return a program with the function of one job, and its alias."""

    def declare() -> HandlerFunction:
        jobs = group(watch=WatchArgs(placements=[]), supervised=True, permissions_boundary=BOUNDARY, log_days=7)
        given = {
            "group": jobs,
            "owner": "finance",
            "code": pulumi.AssetArchive({"app.py": pulumi.StringAsset(CODE)}),
            "handler": "app.handle",
            "timeout": 60,
            "environment": {"SOURCE": "ecb"},
        }
        made = HandlerFunction("import-rates", HandlerFunctionArgs(**{**given, **args}))
        FunctionAlias("import-rates", FunctionAliasArgs(group=jobs, function_name=made.function.name, timeout=60))
        return made

    return declare


def test_declares_the_function(cloud: EmbeddedCloud) -> None:
    """Function, log and role have the group's settings and the job's tags."""
    deployment, _ = cloud.run(program(statements=[READ], memory=512))
    tags = {**TAGS, "job": "import-rates", "owner": "finance"}
    function = dict(deployment.one("lambda/function:Function", "import-rates").inputs)
    function.pop("code")
    assert function == {
        "name": NAME,
        "description": "The job import-rates of jobs-staging",
        "role": function["role"],
        "runtime": "python3.13",
        "architectures": ["arm64"],
        "handler": "app.handle",
        "memorySize": 512,
        "timeout": 60,
        "environment": {"variables": {"SOURCE": "ecb"}},
        "tags": tags,
    }
    assert deployment.one("LogGroup", "import-rates-function").inputs == {
        "name": LOG,
        "retentionInDays": 7,
        "tags": tags,
    }
    role = deployment.one("Role", "import-rates-function").inputs
    assert (role["path"], role["permissionsBoundary"], role["tags"]) == ("/jobs/jobs-staging/", BOUNDARY, tags)
    policy = json.loads(deployment.one("RolePolicy", "import-rates-function").inputs["policy"])
    assert policy["Statement"] == [
        {
            "Sid": "WriteLog",
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": f"arn:aws:logs:{PLACE}:log-group:{LOG}:log-stream:*",
        },
        {"Sid": "TellTheWatch", "Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": WATCH},
        READ,
    ]


def test_order(cloud: EmbeddedCloud) -> None:
    """The function waits for its log and its policy, without which Lambda refuses the alias's destination."""
    deployment, _ = cloud.run(program())
    alias = deployment.one("FunctionEventInvokeConfig", "import-rates")
    before = {name for kind, name in deployment.before(alias) if kind.endswith(("LogGroup", "RolePolicy", "Function"))}
    assert {"import-rates-function", "import-rates"} <= before


def test_runs(cloud: EmbeddedCloud) -> None:
    """The function runs through its alias with its role, and Lambda can send the record to the watch."""
    cloud.run(program())
    client = cloud.client("lambda")
    payload = json.dumps({"tick": "2027-01-01T00:00:00Z"}).encode()
    client.invoke(FunctionName=NAME, Qualifier="jobs-staging-import-rates", InvocationType="Event", Payload=payload)
    lines = [one["message"] for one in cloud.client("logs").filter_log_events(logGroupName=LOG)["events"]]
    assert lines[1] == "ecb 2027-01-01T00:00:00Z"
    lost = [one.then for one in cloud.embedded.invocations.failures if one.then.startswith("lost: User")]
    assert lost == []
    watched = cloud.client("logs").describe_log_streams(logGroupName="/aws/lambda/jobs-staging-watch")["logStreams"]
    assert len(watched) == 1


def test_without_a_watch() -> None:
    """A group without a watch is refused by name, before anything is declared."""
    without: Any = SimpleNamespace(name="jobs-staging", watch=None)
    code = pulumi.AssetArchive({"app.py": pulumi.StringAsset(CODE)})
    args = HandlerFunctionArgs(group=without, owner="finance", code=code, handler="app.handle", timeout=60)
    with pytest.raises(
        pulumi.RunError, match="the group jobs-staging has no watch, which the function of import-rates"
    ):
        HandlerFunction("import-rates", args)
