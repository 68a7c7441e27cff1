"""The whole program with a job that is a request to a receiver."""

from __future__ import annotations

import importlib
import json
from typing import TYPE_CHECKING, Any

import pulumi
import pytest

import caller.settings
from components import caller_archive
from plan import job_files
from settings import Http
from settings.job import Job
from tests.components.embedded import ACCOUNT, REGION
from tests.components.test_program import CONFIG, run

if TYPE_CHECKING:
    from tests.components.embedded import Deployment, EmbeddedCloud

NAME = "jobs-staging-job-refresh"
ALIAS = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{NAME}:jobs-staging-refresh"
WATCH = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:jobs-staging-watch"
PASTED = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SECRET = "a-secret-of-more-than-24-bytes"  # noqa: S105 - nothing else has it
FLEET = {"url": "https://fleet.example.com/jobs", "secret": "fleet/jobs"}


def deploy(
    cloud: EmbeddedCloud,
    monkeypatch: pytest.MonkeyPatch,
    http: Http,
    placements: dict[str, Any] | None = None,
    **receiver: str,
) -> Deployment:
    """Run the program with one job that has this request."""
    job = Job(name="refresh", owner="finance", http=http, timeout="30s")
    monkeypatch.setattr(job_files, "load", lambda _problems: [job])
    given = {"placements": placements or {}, "schedules": {"refresh": "rate(1 day)"}}
    return run(cloud, monkeypatch, **{**CONFIG, **given, "receivers": {"fleet": {**FLEET, **receiver}}})


def make_secret(cloud: EmbeddedCloud, **given: str) -> str:
    """Make the receiver's secret, and return its ARN."""
    made = cloud.client("secretsmanager").create_secret(Name="fleet/jobs", SecretString=SECRET, **given)
    return str(made["ARN"])


def statements(deployment: Deployment) -> dict[str, Any]:
    """Return the statements of the function's role, by their names."""
    policy = json.loads(deployment.one("RolePolicy", "refresh-function").inputs["policy"])
    return {one["Sid"]: one for one in policy["Statement"]}


def test_a_public_receiver(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """A function in no network has all that its request needs, and the item says whom it asks."""
    secret = make_secret(cloud)
    deployment = deploy(cloud, monkeypatch, Http("fleet", jobs=["rates", "stocks"]))
    function = deployment.one("lambda/function:Function", "refresh").inputs
    assert (function["handler"], function["runtime"], function["timeout"]) == (
        "caller.handler.handle",
        "python3.13",
        60,
    )
    assert function["environment"]["variables"] == {
        "RECEIVER_URL": FLEET["url"],
        "RECEIVER_JOBS": '["rates", "stocks"]',
        "RECEIVER_SECRET": secret,
        "RECEIVER_PROOF": "signature",
        "RECEIVER_TIMEOUT": "30",
        "SCHEDULED_JOBS_JOB": "refresh",
        "SCHEDULED_JOBS_WATCH": "jobs-staging-watch",
    }
    assert "vpcConfig" not in function
    assert [*statements(deployment).values()] == [
        {
            "Sid": "WriteLog",
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/{NAME}:log-stream:*",
        },
        {"Sid": "TellTheWatch", "Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": WATCH},
        {"Sid": "ReadSecret", "Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": secret},
    ]
    item = json.loads(deployment.one("TableItem", "refresh").inputs["item"])
    facts = json.loads(item["body"]["S"])
    assert facts["function"] == {"alias": ALIAS, "log_group": f"/aws/lambda/{NAME}", "receiver": "fleet"}
    assert facts["limits"]["refresh"]["ends_within"] == 900 + 30 + 30 + 300
    assert SECRET not in json.dumps([one.inputs for one in deployment.declared], default=str)


def test_the_caller_reads_its_environment(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a deployment sets is what the function's code wants, and the code is in the archive."""
    secret = make_secret(cloud)
    function = deploy(cloud, monkeypatch, Http("fleet", jobs=["a", "b"])).one("lambda/function:Function", "refresh")
    found = caller.settings.Settings.of(function.inputs["environment"]["variables"])
    assert str(found.address) == "https://fleet.example.com"
    assert (found.jobs, found.secret, found.proof, found.timeout) == (("a", "b"), secret, "signature", 30)
    assert (found.job, found.watch) == ("refresh", "jobs-staging-watch")
    module, _, entry = function.inputs["handler"].rpartition(".")
    assert callable(getattr(importlib.import_module(module), entry))
    assert f"{module.replace('.', '/')}.py" in caller_archive.archive().assets


def test_without_names_the_receiver_gets_that_of_the_job(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """So a job and its function at the receiver usually have one name."""
    make_secret(cloud)
    function = deploy(cloud, monkeypatch, Http("fleet")).one("lambda/function:Function", "refresh").inputs
    assert function["environment"]["variables"]["RECEIVER_JOBS"] == '["refresh"]'


def test_callbacks(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """The alias has an address that anybody may call; the item has it, so each request can name it."""
    make_secret(cloud)
    deployment = deploy(cloud, monkeypatch, Http("fleet", callback_within="2h"))
    url = deployment.one("lambda/functionUrl:FunctionUrl", "refresh")
    assert url.inputs == {"functionName": NAME, "qualifier": "jobs-staging-refresh", "authorizationType": "NONE"}
    client = cloud.client("lambda")
    policy = json.loads(client.get_policy(FunctionName=NAME, Qualifier="jobs-staging-refresh")["Policy"])
    assert {one["Action"]: one["Condition"] for one in policy["Statement"]} == {
        "lambda:InvokeFunctionUrl": {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}},
        "lambda:InvokeFunction": {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}},
    }
    item = deployment.one("TableItem", "refresh")
    facts = json.loads(json.loads(item.inputs["item"])["body"]["S"])
    named = client.get_function_url_config(FunctionName=NAME, Qualifier="jobs-staging-refresh")["FunctionUrl"]
    assert facts["function"]["callback"] == named
    assert facts["limits"]["refresh"]["ends_within"] == 900 + 30 + 30 + 7200 + 300
    assert (url.type, url.name) in deployment.before(item)


def test_a_key_of_your_own(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """The function may decrypt with it, for Secrets Manager alone; the key may be named by an alias."""
    kms = cloud.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName="alias/own", TargetKeyId=key)
    make_secret(cloud, KmsKeyId="alias/own")
    deployment = deploy(cloud, monkeypatch, Http("fleet"))
    assert statements(deployment)["DecryptSecret"] == {
        "Sid": "DecryptSecret",
        "Effect": "Allow",
        "Action": "kms:Decrypt",
        "Resource": key,
        "Condition": {"StringLike": {"kms:ViaService": f"secretsmanager.{REGION}.amazonaws.com*"}},
    }


def test_a_private_receiver(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its function is in the placement's subnets and in the group that the placement makes; no cluster is made."""
    make_secret(cloud)
    web = {"subnets": ["subnet-0a", "subnet-0b"], "securityGroups": "egress-only"}
    deployment = deploy(cloud, monkeypatch, Http("fleet"), {"web": web}, url="http://fleet.internal/", placement="web")
    function = deployment.one("lambda/function:Function", "refresh")
    [group] = deployment.of("ec2/securityGroup:SecurityGroup")
    network = cloud.client("lambda").get_function_configuration(FunctionName=NAME)["VpcConfig"]
    assert network["SubnetIds"] == ["subnet-0a", "subnet-0b"]
    [made] = cloud.client("ec2").describe_security_groups(GroupIds=network["SecurityGroupIds"])["SecurityGroups"]
    assert made["GroupName"].startswith("jobs-staging-web")
    assert (group.type, group.name) in deployment.before(function)
    assert deployment.of("Cluster") == []
    assert statements(deployment).keys() == {
        *("WriteLog", "TellTheWatch", "JoinNetwork", "LeaveNetworkToLambda"),
        "ReadSecret",
    }
    own = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{NAME}"
    assert statements(deployment)["LeaveNetworkToLambda"]["Condition"] == {
        "ArnEquals": {"lambda:SourceFunctionArn": own}
    }


def test_a_placement_that_tasks_use_too(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests and tasks of one placement share its network, and the cluster is for the tasks."""
    make_secret(cloud)
    jobs = [
        Job(name="refresh", owner="finance", http=Http("fleet")),
        Job(name="clean", owner="finance", command=["clean"], placement="lan"),
    ]
    monkeypatch.setattr(job_files, "load", lambda _problems: jobs)
    lan = {"subnets": ["subnet-0a"], "securityGroups": "egress-only", "taskDefinition": "web", "container": "app"}
    given = {
        "placements": {"lan": lan},
        "schedules": {"refresh": "rate(1 day)", "clean": "rate(1 day)"},
        "receivers": {"fleet": {**FLEET, "placement": "lan"}},
    }
    deployment = run(cloud, monkeypatch, **{**CONFIG, **given})
    assert len(deployment.of("ecs/cluster:Cluster")) == len(deployment.of("ec2/securityGroup:SecurityGroup")) == 1
    network = cloud.client("lambda").get_function_configuration(FunctionName=NAME)["VpcConfig"]
    target = cloud.client("scheduler").get_schedule(GroupName="jobs-staging", Name="clean")["Target"]
    request = json.loads(target["Input"])["NetworkConfiguration"]["AwsvpcConfiguration"]
    assert request["SecurityGroups"] == network["SecurityGroupIds"]


def test_a_secret_that_is_not_there(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """The preview says so before anything is deployed, and shows nothing that may be a value."""
    with pytest.raises(pulumi.RunError) as error:
        deploy(cloud, monkeypatch, Http("fleet"), secret=PASTED)
    _, mistake = str(error.value).splitlines()
    assert mistake.strip() == (
        "scheduled-jobs:receivers.fleet.secret: [secret]: no such secret, or it is scheduled for deletion"
    )


def test_an_unknown_receiver_with_a_mistake_elsewhere(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Look-ups go on for the rest, so that one preview names all mistakes."""
    with pytest.raises(pulumi.RunError) as error:
        deploy(cloud, monkeypatch, Http("flet"), {"web": {"subnets": ["subnet-none"]}})
    _, *mistakes = str(error.value).splitlines()
    assert mistakes[0].strip() == (
        "jobs/refresh.py.http.receiver: 'flet': no such receiver in scheduled-jobs:receivers; did you mean 'fleet'?"
    )
    assert mistakes[1].strip().startswith("scheduled-jobs:placements.web.subnets[0]: 'subnet-none': ")
