"""What a job with an image of its own names beside its images: the preview finds out whether it exists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi
import pytest

from emulator.provider.types.secretsmanager_invokes import GetSecret
from plan import job_files
from settings import Image, Sidecar
from settings.job import Job
from tests.components.embedded import ACCOUNT, REGION
from tests.components.placing import deny
from tests.components.test_image_kind import PLACE, SECRET, deploy, make_secret
from tests.components.test_program import CONFIG, run

if TYPE_CHECKING:
    from emulator.provider.core.clients import Aws
    from emulator.provider.core.properties import Properties
    from tests.components.embedded import Deployment, EmbeddedCloud

URI = "registry.example.com/db-cleanup:1.4"
IMAGE = "jobs/db_cleanup.py.image"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/task"
GONE = "no such secret, or it is scheduled for deletion"


def mistakes(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, entry: object = "rate(1 day)", **image: Any) -> str:  # noqa: ANN401
    """Return the only mistake of a job with this image."""
    with pytest.raises(pulumi.RunError) as error:
        deploy(cloud, monkeypatch, URI, entry, **image)
    _, mistake = str(error.value).splitlines()
    return mistake.strip()


@pytest.fixture
def warned(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the warnings of what is not checked."""
    told: list[str] = []

    def warn(text: str) -> None:
        if "not checked" in text:
            told.append(text)

    monkeypatch.setattr(pulumi.log, "warn", warn)
    return told


def test_what_exists_is_deployed(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, warned: list[str]) -> None:
    """A role, secrets of the job and of a sidecar, in this region and another one, and their key."""
    make_secret(cloud)
    key = cloud.client("kms").create_key()["KeyMetadata"]["Arn"]
    elsewhere = cloud.clients.get("secretsmanager", "eu-west-1").create_secret(Name="db", SecretString="s")["ARN"]
    deployment = deploy(
        cloud,
        monkeypatch,
        URI,
        task_role=ROLE,
        secrets={"A": SECRET, "B": f"{SECRET}:b::", "C": elsewhere, "D": "/not/looked/up"},
        secret_keys=[key],
        sidecars=[Sidecar("proxy", URI, secrets={"A": f"{SECRET}::AWSCURRENT:"})],
    )
    assert deployment.one("TaskDefinition", "db-cleanup").inputs["taskRoleArn"] == ROLE
    assert warned == []


def test_role(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """It must exist by this ARN, in the account of the tasks."""
    where = f"{IMAGE}.task_role"
    none = f"arn:aws:iam::{ACCOUNT}:role/none"
    assert f"{where}: '{none}': reading IAM Role (none): NoSuchEntity" in mistakes(cloud, monkeypatch, task_role=none)
    path = f"arn:aws:iam::{ACCOUNT}:role/team/task"
    assert mistakes(cloud, monkeypatch, task_role=path) == (
        f"{where}: '{path}': no such ARN; the one of that name is {ROLE}"
    )
    foreign = "arn:aws:iam::210987654321:role/task"
    assert mistakes(cloud, monkeypatch, task_role=foreign) == (
        f"{where}: '{foreign}': is in the account 210987654321; must be in {ACCOUNT}, as the cluster is"
    )


def test_secret_that_is_not_there(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the place that names it: the job file, its sidecar, or stack config."""
    source = f"{SECRET}:password::"
    assert mistakes(cloud, monkeypatch, secrets={"P": source}) == f"{IMAGE}.secrets.P: '{source}': {GONE}"
    sidecar = Sidecar("proxy", URI, secrets={"P": source})
    assert mistakes(cloud, monkeypatch, sidecars=[sidecar]) == (f"{IMAGE}.sidecars[0].secrets.P: '{source}': {GONE}")
    entry = {"rate": "1 day", "secrets": {"P": source}}
    assert mistakes(cloud, monkeypatch, entry, secrets={"P": "/token"}) == (
        f"scheduled-jobs:schedules.db-cleanup.secrets.P: '{source}': {GONE}"
    )


def test_secret_that_is_to_be_deleted(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """ECS cannot read it any more (Secrets Manager API reference, DeleteSecret)."""
    make_secret(cloud)
    cloud.client("secretsmanager").delete_secret(SecretId=SECRET)
    assert mistakes(cloud, monkeypatch, secrets={"P": SECRET}) == f"{IMAGE}.secrets.P: '{SECRET}': {GONE}"


def test_key_that_cannot_decrypt(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """It must exist and be enabled."""
    kms = cloud.client("kms")
    made = kms.create_key()["KeyMetadata"]
    kms.disable_key(KeyId=made["KeyId"])
    key = made["Arn"]
    keys = {"secrets": {"P": "/token"}, "secret_keys": [key]}
    where = f"{IMAGE}.secret_keys[0]"
    assert mistakes(cloud, monkeypatch, **keys) == f"{where}: '{key}': its keyState is Disabled; must be Enabled"
    none = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/none"
    assert f"{where}: '{none}': reading KMS Key ({none}): " in mistakes(
        cloud, monkeypatch, **{**keys, "secret_keys": [none]}
    )


def test_secret_of_another_account(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, warned: list[str]) -> None:
    """ECS may be allowed to read it although who previews may not see it."""
    foreign = f"arn:aws:secretsmanager:{REGION}:210987654321:secret:db-AbCdEf"
    deploy(cloud, monkeypatch, URI, secrets={"P": f"{foreign}:password::"})
    why = "existence not checked: it is in the account 210987654321, which must let ECS read it"
    assert warned == [f"{IMAGE}.secrets.P: '{foreign}:password::': {why}"]


def test_one_warning_for_each_permission(
    cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, warned: list[str]
) -> None:
    """With the places of all that is not checked for want of it."""
    deny(monkeypatch, "iam:GetRole", "secretsmanager:DescribeSecret")
    secrets = {"A": SECRET, "B": f"{SECRET}:b::"}
    sidecars = [Sidecar("proxy", URI, secrets={"A": SECRET, "C": SECRET.replace("db", "cache")})]
    deploy(cloud, monkeypatch, URI, task_role=ROLE, secrets=secrets, sidecars=sidecars)
    why = "existence not checked: the permission secretsmanager:DescribeSecret is missing"
    about = [one for one in warned if one.startswith("jobs/")]
    assert about == [
        f"{IMAGE}.task_role: '{ROLE}': existence not checked: the permission iam:GetRole is missing",
        f"{IMAGE}.secrets.A: '{SECRET}': {why}, also for {IMAGE}.sidecars[0].secrets.C",
    ]


def test_asks_once_about_a_secret(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever its JSON keys are, and however many jobs name it."""
    make_secret(cloud)
    asked: list[str] = []
    answer = GetSecret.run

    def counted(self: GetSecret, aws: Aws, args: Properties) -> Properties:
        asked.append(args["arn"])
        return answer(self, aws, args)

    monkeypatch.setattr(GetSecret, "run", counted)
    secrets = {"A": f"{SECRET}:a::", "B": f"{SECRET}:b::"}
    jobs = [Job(name=name, owner="data", image=Image(URI, secrets=secrets)) for name in ("one", "two")]
    monkeypatch.setattr(job_files, "load", lambda _problems: jobs)
    config: dict[str, Any] = {
        **CONFIG,
        "placements": {"default": PLACE},
        "schedules": dict.fromkeys(("one", "two"), "rate(1 day)"),
    }
    deployment: Deployment = run(cloud, monkeypatch, **config)
    assert len(deployment.of(":TaskDefinition")) == 2
    assert asked == [SECRET]
