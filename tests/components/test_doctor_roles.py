"""Tests of what `python -m ops doctor` finds of images, roles and secrets: a sound stack, and faults made by hand."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from emulator.gateway.gateway import AwsError
from emulator.iam.policy_evaluation import evaluate
from tests import permissions
from tests.components import doctored
from tests.components.doctored import GROUP, Doctor
from tests.components.embedded import ACCOUNT, IMAGE, LOGS, PROJECT, REGION, EmbeddedCloud, register
from tests.components.operators import allowed as permitted
from tests.components.operators import without as less
from tests.components.ready import LINUX, START, allow, push, push_index
from tests.components.watching import FUNCTION, supervised_program

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.gateway.gateway import Call

    Stage = Callable[[EmbeddedCloud], None]

ARM = {"os": "linux", "architecture": "arm64"}
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
STORED = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret"
TASKS, SCHEDULER = "ecs-tasks.amazonaws.com", "scheduler.amazonaws.com"


@pytest.fixture
def doctor(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Doctor:
    """Return an operator who examines a sound stack."""
    doctored.deploy(cloud)
    return Doctor(cloud, monkeypatch, capsys)


def document(*statements: dict[str, Any]) -> str:
    """Return a policy document whose statements allow something, unless they say otherwise."""
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **one} for one in statements]})


def trust(cloud: EmbeddedCloud, role: str, *services: str, **condition: str) -> None:
    """Replace who may assume a role."""
    statement: dict[str, Any] = {"Principal": {"Service": list(services)}, "Action": "sts:AssumeRole"}
    if condition:
        statement["Condition"] = {"StringEquals": {f"aws:{key}": value for key, value in condition.items()}}
    cloud.client("iam").update_assume_role_policy(RoleName=role, PolicyDocument=document(statement))


def delete_role(cloud: EmbeddedCloud, name: str) -> None:
    """Delete a role."""
    iam = cloud.client("iam")
    for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        iam.delete_role_policy(RoleName=name, PolicyName=policy)
    iam.delete_role(RoleName=name)


def launch_role(cloud: EmbeddedCloud) -> str:
    """Return the name of the launch role of the job `nightly-report`."""
    found = cloud.client("iam").list_roles(PathPrefix=f"/{PROJECT}/{GROUP}/")["Roles"]
    [name] = [one["RoleName"] for one in found if one["RoleName"].startswith("nightly-report")]
    return str(name)


def of_launch_role(change: Callable[[EmbeddedCloud, str], None]) -> Stage:
    """Return a stage that changes the launch role."""
    return lambda cloud: change(cloud, launch_role(cloud))


def without(sid: str) -> Stage:
    """Return a stage that takes a statement from the policy of the launch role."""

    def stage(cloud: EmbeddedCloud) -> None:
        iam, named = cloud.client("iam"), {"RoleName": launch_role(cloud), "PolicyName": "launch"}
        policy = iam.get_role_policy(**named)["PolicyDocument"]
        kept = [one for one in policy["Statement"] if one["Sid"] != sid]
        assert len(kept) == len(policy["Statement"]) - 1
        iam.put_role_policy(**named, PolicyDocument=json.dumps({**policy, "Statement": kept}))

    return stage


def bound(cloud: EmbeddedCloud, *actions: str) -> None:
    """Give the launch role a boundary that allows only these actions."""
    iam = cloud.client("iam")
    iam.create_policy(PolicyName="boundary", PolicyDocument=document({"Action": list(actions), "Resource": "*"}))
    iam.put_role_permissions_boundary(RoleName=launch_role(cloud), PermissionsBoundary=BOUNDARY)


def allowed(*names: str) -> Stage:
    """Return a stage that leaves these statements to the execution role."""
    return lambda cloud: allow(cloud, *(START[name] for name in names))


def delete_image(cloud: EmbeddedCloud) -> None:
    """Delete the image, as a lifecycle policy does."""
    cloud.client("ecr").batch_delete_image(repositoryName="app", imageIds=[{"imageTag": "1"}])


def delete_repository(cloud: EmbeddedCloud) -> None:
    """Delete the repository with its images."""
    cloud.client("ecr").delete_repository(repositoryName="app", force=True)


def build_on_an_arm(cloud: EmbeddedCloud) -> None:
    """Push an image that was built on a laptop with another processor."""
    push(cloud, "1", ARM)


def build_for_others(cloud: EmbeddedCloud) -> None:
    """Push an image for several platforms, of which none is the one of the tasks."""
    push_index(cloud, "1", ARM, {"os": "windows", "architecture": "amd64"})


FAULTS: list[tuple[Stage, str]] = [
    (delete_image, "image-missing"),
    (delete_repository, "image-missing"),
    (build_on_an_arm, "image-platform-wrong"),
    (build_for_others, "image-platform-wrong"),
    (partial(delete_role, name="task"), "task-role-missing"),
    (partial(delete_role, name="execution"), "execution-role-missing"),
    (lambda cloud: trust(cloud, "task", "ec2.amazonaws.com"), "task-role-not-assumable"),
    (lambda cloud: trust(cloud, "execution", TASKS, SourceAccount="210987654321"), "execution-role-not-assumable"),
    (allowed("image", "log"), "execution-role-cannot-pull"),
    (allowed("token", "log"), "execution-role-cannot-pull"),
    (allowed("token", "image"), "execution-role-cannot-log"),
    (of_launch_role(delete_role), "launch-role-missing"),
    (of_launch_role(lambda cloud, name: trust(cloud, name, TASKS)), "launch-role-not-assumable"),
    (
        of_launch_role(lambda cloud, name: trust(cloud, name, SCHEDULER, SourceArn="arn:aws:scheduler:::other")),
        "launch-role-not-assumable",
    ),
    (without("RunTask"), "launch-role-cannot-run"),
    (without("TagTask"), "launch-role-cannot-run"),
    (without("PassTaskRoles"), "launch-role-cannot-pass-roles"),
    (without("KeepDeadLetter"), "launch-role-cannot-send"),
    (lambda cloud: bound(cloud, "ecs:*", "sqs:*"), "launch-role-cannot-pass-roles"),
]


@pytest.mark.parametrize(("stage", "code"), FAULTS, ids=[f"{code} {n}" for n, (_, code) in enumerate(FAULTS)])
def test_a_fault_is_found(stage: Stage, code: str, cloud: EmbeddedCloud, doctor: Doctor) -> None:
    """It is the only thing that is broken."""
    stage(cloud)
    assert doctor.broken() == [code]


def test_a_boundary_is_named(cloud: EmbeddedCloud, doctor: Doctor) -> None:
    """Where a boundary takes something away, it is the boundary that is to be changed."""
    bound(cloud, "ecs:*", "iam:*")
    [found] = [one for one in doctor.findings() if one["state"] == "broken"]
    dead = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{GROUP}-dead-letters"
    assert found["text"] == (
        f"it may not send ticks and dead letters: its permissions boundary does not allow sqs:SendMessage on {dead}"
    )
    assert (found["fix"], found["jobs"]) == ("allow sqs:SendMessage in the permissions boundary", ["nightly-report"])


@pytest.mark.parametrize("index", [True, False], ids=["index", "one platform"])
def test_image_for_the_platform(*, index: bool, cloud: EmbeddedCloud, doctor: Doctor) -> None:
    """One of an image's platforms is enough, and an image for one platform names it in its config."""
    if index:
        push_index(cloud, "1", ARM, LINUX)
    else:
        push(cloud, "1", LINUX)
    assert doctor.unsound() == []


def test_arm(cloud: EmbeddedCloud, doctor: Doctor) -> None:
    """A task definition can ask for another platform."""
    register(cloud, "web", {"app": True, "sidecar": False}, runtimePlatform={"cpuArchitecture": "ARM64"})
    assert doctor.broken() == ["image-platform-wrong"]
    push(cloud, "1", ARM)
    assert doctor.unsound() == []


def test_another_registry(cloud: EmbeddedCloud, doctor: Doctor) -> None:
    """What another registry has is not asked, and that is said."""
    register(cloud, "web", {"app": True}, containerDefinitions=[container(image="registry.example.com/app:1")])
    [found] = doctor.unsound()
    assert (found["state"], found["link"], found["about"]) == ("could not check", "image", "app:1")


def container(image: str = IMAGE, *secrets: str) -> dict[str, Any]:
    """Return a container with secrets."""
    named = [{"name": f"SECRET_{number}", "valueFrom": one} for number, one in enumerate(secrets)]
    return {"name": "app", "image": image, "memory": 256, "logConfiguration": LOGS, "secrets": named}


READING: dict[str, Any] = {
    "Action": ["secretsmanager:GetSecretValue", "ssm:GetParameters"],
    "Resource": [f"{STORED}:db-*", f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/team/token"],
}
DECRYPTING: dict[str, Any] = {
    "Action": "kms:Decrypt",
    "Resource": "*",
    "Condition": {"StringLike": {"kms:ViaService": "secretsmanager.*.amazonaws.com"}},
}


@pytest.fixture
def stored(cloud: EmbeddedCloud, doctor: Doctor) -> str:
    """Give the jobs a secret with a key of its own and a parameter, which their role may read; return the secret."""
    key = cloud.client("kms").create_key()["KeyMetadata"]["KeyId"]
    secret = cloud.client("secretsmanager").create_secret(Name="db", SecretString="s", KmsKeyId=key)["ARN"]
    cloud.client("ssm").put_parameter(Name="/team/token", Value="s", Type="SecureString")
    register(cloud, "web", {}, containerDefinitions=[container(IMAGE, secret, "/team/token")])
    allow(cloud, *START.values(), READING, DECRYPTING)
    assert doctor.unsound() == []
    return str(secret)


def delete_secret(cloud: EmbeddedCloud, *, for_good: bool) -> None:
    """Delete the secret, at once or after its days of grace."""
    cloud.client("secretsmanager").delete_secret(SecretId="db", ForceDeleteWithoutRecovery=for_good)


def delete_parameter(cloud: EmbeddedCloud) -> None:
    """Delete the parameter."""
    cloud.client("ssm").delete_parameter(Name="/team/token")


def disable_key(cloud: EmbeddedCloud) -> None:
    """Disable the secret's key."""
    key = cloud.client("secretsmanager").describe_secret(SecretId="db")["KmsKeyId"]
    cloud.client("kms").disable_key(KeyId=key)


OF_SECRETS: list[tuple[Stage, str]] = [
    (lambda cloud: delete_secret(cloud, for_good=True), "secret-missing"),
    (lambda cloud: delete_secret(cloud, for_good=False), "secret-deleted"),
    (delete_parameter, "secret-missing"),
    (disable_key, "key-unusable"),
    (lambda cloud: allow(cloud, *START.values(), DECRYPTING), "execution-role-cannot-read-secrets"),
    (lambda cloud: allow(cloud, *START.values(), READING), "execution-role-cannot-decrypt"),
]


@pytest.mark.parametrize(("stage", "code"), OF_SECRETS, ids=[f"{code} {n}" for n, (_, code) in enumerate(OF_SECRETS)])
@pytest.mark.usefixtures("stored")
def test_a_fault_of_secrets_is_found(stage: Stage, code: str, cloud: EmbeddedCloud, doctor: Doctor) -> None:
    """It is the only thing that is broken."""
    stage(cloud)
    assert doctor.broken() == [code]


def test_key_of_a_secret_s_json(cloud: EmbeddedCloud, doctor: Doctor, stored: str) -> None:
    """No value is read, so nobody can say whether a secret has a key."""
    register(cloud, "web", {}, containerDefinitions=[container(IMAGE, f"{stored}:password::")])
    [found] = doctor.unsound()
    assert found["text"] == "whether its JSON has the key 'password': the values of secrets are not read"
    assert "secretsmanager:GetSecretValue" not in doctor.called()


def test_secret_with_a_policy_of_its_own(cloud: EmbeddedCloud, doctor: Doctor, stored: str) -> None:
    """The policy of the secret may allow what the role's own policies do not, so nothing is called broken."""
    principal = {"AWS": f"arn:aws:iam::{ACCOUNT}:role/execution"}
    given = document({"Principal": principal, "Action": "secretsmanager:GetSecretValue", "Resource": "*"})
    cloud.client("secretsmanager").put_resource_policy(SecretId="db", ResourcePolicy=given)
    allow(cloud, *START.values(), DECRYPTING, {**READING, "Action": "ssm:GetParameters"})
    [found] = doctor.unsound()
    assert (found["state"], found["link"]) == ("could not check", "roles")
    assert found["text"].endswith(f"but the policy of {stored} may allow it")


def test_condition_that_is_not_known(cloud: EmbeddedCloud, doctor: Doctor) -> None:
    """Whether a condition is met by what is known only at the call, nobody can say before."""
    condition = {"StringEquals": {"aws:SourceVpc": "vpc-0a"}}
    allow(cloud, START["token"], START["image"], {**START["log"], "Condition": condition})
    [found] = doctor.unsound()
    assert found["state"] == "could not check"
    assert found["text"] == "what it may do: whether it may write the log depends on aws:SourceVpc"


def test_simulation_is_refused(cloud: EmbeddedCloud, doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the permission nothing is called broken, and the permission is named once for each role."""

    def refuse(call: Call) -> dict[str, Any]:
        raise AwsError("AccessDenied", f"User: u is not authorized to perform: iam:{call.operation} on resource: r")

    monkeypatch.setitem(cloud.embedded.gateway._answers, ("iam", "SimulatePrincipalPolicy"), refuse)
    found = doctor.unsound()
    assert {one["state"] for one in found} == {"could not check"}
    assert sorted(one["about"].partition(" role")[0] for one in found) == ["execution", "launch", "launch"]
    wanted = "needs the permission iam:SimulatePrincipalPolicy (docs/permissions.md, Who looks)"
    assert {one["fix"] for one in found} == {wanted}


@pytest.fixture
def supervised(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Doctor:
    """Return an operator who examines a stack with a supervised job."""
    doctored.deploy(cloud, supervised_program(), ["nightly-report"])
    return Doctor(cloud, monkeypatch, capsys)


def test_supervised_job(cloud: EmbeddedCloud, supervised: Doctor) -> None:
    """Its role is assumed by the supervisor too, and Scheduler sends its ticks with it."""

    def of_roles() -> list[str]:
        return [one["code"] for one in supervised.findings() if one["link"] == "roles" and one["code"] != "sound"]

    assert of_roles() == []
    without("SendTick")(cloud)
    assert of_roles() == ["launch-role-cannot-send"]
    group = f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule-group/{GROUP}"
    trust(cloud, launch_role(cloud), SCHEDULER, SourceArn=group)
    assert of_roles() == ["launch-role-not-assumable", "launch-role-cannot-send"]


@pytest.mark.usefixtures("stored")
def test_who_looks_may_examine_what_tasks_need(cloud: EmbeddedCloud, doctor: Doctor) -> None:
    """The policies in docs/permissions.md allow every call. Each action of the one for doctor is asked for."""
    found = cloud.client("secretsmanager").describe_secret(SecretId="db")
    names = {**doctored.NAMES, "secret": "db", "secret_key": found["KmsKeyId"]}
    policy = permissions.merged(permissions.held_by("looks", **names))
    push(cloud, "1", LINUX)
    allow(cloud, START["token"], START["log"])
    assert "execution-role-cannot-pull" in doctor.broken()
    asked = doctor.asked()
    assert [str(evaluate(each, [policy]).reason) for each in asked if not evaluate(each, [policy]).allowed] == []
    for action in permissions.actions(permissions.policy(permissions.EXAMINE)):
        assert not permitted(asked, less(policy, action)), action


def test_role_without_the_policy(cloud: EmbeddedCloud, doctor: Doctor, stored: str) -> None:
    """A caller who may see only the schedules and the ledger is told which permissions are missing."""
    del stored
    look = permissions.policy(permissions.LOOK, group=GROUP, account=ACCOUNT, region=REGION, watch=FUNCTION)
    trust_all = {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
    iam = cloud.client("iam")
    arn = iam.create_role(RoleName="looking", AssumeRolePolicyDocument=document(trust_all))["Role"]["Arn"]
    iam.put_role_policy(RoleName="looking", PolicyName="look", PolicyDocument=json.dumps(look))
    doctor.has(cloud.embedded.identities.credentials(arn).environment())
    missing = {one["fix"].partition(" (")[0].rpartition(" ")[2] for one in doctor.unsound()}
    assert {
        "ec2:DescribeSubnets",
        "ecr:BatchGetImage",
        "iam:GetRole",
        "iam:SimulatePrincipalPolicy",
        "secretsmanager:DescribeSecret",
        "ssm:DescribeParameters",
    } <= missing
    assert doctor.broken() == []
