"""Jobs with an image of their own on the real engine: deployed, run, failed, retried, changed, and removed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.engine.account import REGION
from tests.engine.alerting import Alerting, inbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.engine.conftest import Sandbox
    from tests.engine.program import Program

STACK = "images"
ACCOUNT = "123456789012"
LOG = f"/aws/ecs/{STACK}-cron-jobs"
PASSWORD = "correct-horse-battery-staple"  # noqa: S105 - planted, to be found nowhere
MANIFEST = {
    "schemaVersion": 2,
    "mediaType": "application/vnd.oci.image.manifest.v1+json",
    "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": "sha256:" + "0a" * 32, "size": 2},
    "layers": [],
}
HOURLY = "cron(0 * * * ? *)"


def job_file(name: str, script: str, image: str, **fields: object) -> str:
    """Return the file of a job whose image runs a script of Python."""
    more = "".join(f", {field}={value!r}" for field, value in fields.items())
    command = ["python", "-c", script]
    return (
        f"from settings import Image, Job\n\nJOB = Job(name={name!r}, owner='data', command={command!r}, "
        f"image={image}{more})\n"
    )


@pytest.fixture
def secret(sandbox: Sandbox) -> Iterator[str]:
    """Plant a secret, and return its ARN."""
    secrets = sandbox.account.client("secretsmanager")
    text = json.dumps({"username": "cleaner", "password": PASSWORD})
    arn = secrets.create_secret(Name="images/db", SecretString=text)["ARN"]
    yield arn
    secrets.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)


@pytest.fixture
def repository(sandbox: Sandbox) -> Iterator[str]:
    """Push an image with the tag 1.4, which is the folder `app` here; return its repository."""
    ecr = sandbox.account.client("ecr")
    ecr.create_repository(repositoryName="team/app")
    push(sandbox, "1.4", size=2)
    yield f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/team/app"
    ecr.delete_repository(repositoryName="team/app", force=True)


def push(sandbox: Sandbox, tag: str, *, size: int) -> str:
    """Push another image with a tag, and return its digest."""
    manifest = json.dumps({**MANIFEST, "config": {**MANIFEST["config"], "size": size}})  # type: ignore[dict-item]
    pushed = sandbox.account.client("ecr").put_image(repositoryName="team/app", imageManifest=manifest, imageTag=tag)
    return str(pushed["image"]["imageId"]["imageDigest"])


@pytest.fixture
def alerting(
    sandbox: Sandbox, make_program: Callable[[str], Program], secret: str, repository: str
) -> Iterator[Alerting]:
    """Lay out a job that uses a secret, one that fails, and one that is retried; a queue has the alerts."""
    with inbox(sandbox, STACK) as queue:
        program = make_program(STACK)
        uses = (
            f"Image('{repository}:1.4', secrets={{'DB_USERNAME': '{secret}:username::', "
            f"'DB_PASSWORD': '{secret}:password::'}}, architecture='arm64', ephemeral_storage=30)"
        )
        cleans = "import os; print(os.environ['DB_USERNAME'], len(os.environ['DB_PASSWORD']))"
        fails = "import os, sys; print('no table'); sys.exit(3)"
        program.write_jobs(
            files={
                "db_cleanup": job_file("db-cleanup", cleans, uses, cpu=512, memory=1024),
                "fails": job_file("fails", fails, "Image('registry.example.com/app:1')"),
                "retried": job_file("retried", fails, "Image('registry.example.com/app:1')", retries=1, backoff="1m"),
            }
        )
        program.write_config(
            {
                "aws:region": REGION,
                "scheduled-jobs:placements": {
                    "default": {"cluster": "sandbox", "subnets": ["subnet-0a000000000000001"]},
                },
                "scheduled-jobs:schedules": {"db-cleanup": HOURLY, "fails": HOURLY, "retried": HOURLY},
                "scheduled-jobs:alerts": {"sqs": [queue.arn]},
                "scheduled-jobs:logs": {"days": 7},
            }
        )
        yield Alerting(sandbox, program, queue)
        assert program.run("destroy").code == 0


def log(sandbox: Sandbox, job: str) -> list[str]:
    """Return the lines of a job's newest run."""
    logs = sandbox.account.client("logs")
    streams = logs.describe_log_streams(logGroupName=LOG, logStreamNamePrefix=f"{job}/job/")["logStreams"]
    newest = max(streams, key=lambda stream: stream["creationTime"])["logStreamName"]
    events = logs.get_log_events(logGroupName=LOG, logStreamName=newest, startFromHead=True)["events"]
    return [event["message"] for event in events]


def everything_of(alerting: Alerting, *told: str) -> str:
    """Return all that is kept or shown of the stack: state, ledger, logs, alerts, mails, and what commands told."""
    sandbox, program = alerting.sandbox, alerting.program
    exported = program.stack.run("stack", "export", quiet=True)
    table = program.stack.run("stack", "output", "ledger", quiet=True).strip()
    ledger = sandbox.account.client("dynamodb").scan(TableName=table)["Items"]
    lines = [line for job in ("db-cleanup", "fails", "retried") for line in log(sandbox, job)]
    mails = sandbox.client.get("mail")
    return json.dumps([exported, ledger, lines, alerting.alerts(), mails, *told], default=str)


def test_runs_fails_and_changes(sandbox: Sandbox, alerting: Alerting, repository: str, secret: str) -> None:
    """It runs with its secrets, fails, is retried, gets another image, and does not start without a secret."""
    program = alerting.program
    digest = next(
        one["imageDigest"] for one in sandbox.account.client("ecr").list_images(repositoryName="team/app")["imageIds"]
    )
    preview = program.run("preview")
    assert preview.code == 0, preview.output
    assert f"jobs/db_cleanup.py.image: the tag 1.4 is {digest} now" in preview.output
    program.up()
    assert program.run("up", "--expect-no-changes").code == 0

    hour = sandbox.pass_hour(minutes=10)
    assert log(sandbox, "db-cleanup") == [f"cleaner {len(PASSWORD)}"]
    assert alerting.of("db-cleanup") == []
    assert alerting.tick("db-cleanup", hour).outcome == "good"
    assert alerting.told("fails") == [("alert", "failed", f"{hour:%Y-%m-%dT%H:%M:%SZ}")]
    [alert] = alerting.of("fails")
    assert (alert["exitCode"], alert["log"]["lines"]) == (3, ["no table"])
    assert [alert["attempts"] for alert in alerting.of("retried")] == [2]

    new = push(sandbox, "1.4", size=3)
    moved = program.run("preview")
    assert f"the tag 1.4 is {new} now" in moved.output
    changed = {(operation, kind, name) for operation, kind, name in moved.changes if "replace" not in operation}
    assert {(kind, name) for _, kind, name in changed} <= {("TaskDefinition", "db-cleanup")}
    program.up()
    family = sandbox.account.client("ecs").describe_task_definition(taskDefinition=f"scheduled-jobs-{STACK}-db-cleanup")
    [container] = family["taskDefinition"]["containerDefinitions"]
    assert container["image"] == f"{repository}@{new}"
    sandbox.pass_hour(minutes=10)
    assert log(sandbox, "db-cleanup") == [f"cleaner {len(PASSWORD)}"]
    assert PASSWORD not in everything_of(alerting, preview.output, preview.events, moved.output, moved.events)

    secrets = sandbox.account.client("secretsmanager")
    secrets.put_secret_value(SecretId=secret, SecretString=json.dumps({"username": "cleaner"}))
    sandbox.pass_hour(minutes=10)
    [alert] = alerting.of("db-cleanup")
    assert alert["class"] == "not-started"
    assert "did not contain json key password" in json.dumps(alert)
