"""The jobs beside the Terraform that they replace, on the real engine: deployed, run, failed, and alerted."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import yaml

import cadence
from sandbox.session import CHECKOUT
from tests.engine.account import REGION
from tests.engine.conftest import EXAMPLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from tests.engine.conftest import Sandbox
    from tests.engine.program import Program

PASSWORD = "correct-horse-battery-staple"  # noqa: S105 - planted, to be found in no alert
MANIFEST = {
    "schemaVersion": 2,
    "mediaType": "application/vnd.oci.image.manifest.v1+json",
    "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": "sha256:" + "0a" * 32, "size": 2},
    "layers": [],
}
IN_THE_SANDBOX = {"cluster: production": "cluster: sandbox", "000000000003": "000000000001"}
"""What of a stack file has another name in the sandbox: the cluster, and the ids of subnets and security groups."""
BERLIN = "Europe/Berlin"
PAGE = (CHECKOUT / "docs" / "terraform.md").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Example:
    """A deployed example."""

    sandbox: Sandbox
    program: Program
    job: str
    tools: Path
    """A folder of programs that the job finds first."""

    def tool(self, name: str, *lines: str) -> None:
        """Have a shell script stand for a program that the job's image has."""
        self.tools.mkdir(exist_ok=True)
        (self.tools / name).write_text("\n".join(["#!/bin/sh", *lines, ""]))
        (self.tools / name).chmod(0o755)

    def next_run(self, cron: str) -> tuple[datetime, int, list[str]]:
        """Let the next tick pass; return it, the run's exit code, and its log."""
        tick = next(cadence.Timetable(cadence.parse(cron), BERLIN).ticks(self.sandbox.now))
        [run] = [run for run in self.sandbox.go_to(tick) if run["job"] == self.job]
        logs = self.sandbox.account.client("logs")
        events = logs.get_log_events(
            logGroupName=f"/aws/ecs/{self.program.stack.name}-cron-jobs",
            logStreamName=f"{self.job}/job/{run['task'].rpartition('/')[2]}",
            startFromHead=True,
        )
        return tick, run["exitCode"], [event["message"] for event in events["events"]]

    def alerts(self, address: str) -> list[str]:
        """Return what was sent to an address."""
        topic = f":scheduled-jobs-{self.program.stack.name}-alerts"
        return [m["body"] for m in self.sandbox.client.get("mail") if m["topic"].endswith(topic) and m["to"] == address]


def resources(program: Program) -> list[str]:
    """Return how many resources of AWS the stack has: all together, those of its only job, and the others."""
    made = [urn for urn in program.state() if re.search(r"[:$]aws:[^:]+:\w+::", urn)]
    of_job = [urn for urn in made if re.search(r":(ScheduledJob|ImageTask)\$", urn)]
    return [str(number) for number in (len(made), len(of_job), len(made) - len(of_job))]


def on_the_page(job: str) -> list[str]:
    """Return what the page says of our resources: all together, those of the job, and those of the stack."""
    [cell] = re.findall(rf"^\| `{job}`, resources in AWS \| .*? \| (.*?) \|$", PAGE, re.MULTILINE)
    return re.findall(r"\d+", cell)


@pytest.fixture
def deploy(
    sandbox: Sandbox, make_program: Callable[[str], Program], tmp_path: Path
) -> Iterator[Callable[..., Example]]:
    """Return what deploys an example as it stands, in the sandbox."""
    programs: list[Program] = []
    ecr = sandbox.account.client("ecr")

    def deployed(folder: str, **known: str) -> Example:
        job = folder.replace("_", "-")
        program = make_program(f"beside-{job}")
        programs.append(program)
        ecr.create_repository(repositoryName=job)
        ecr.put_image(repositoryName=job, imageManifest=json.dumps(MANIFEST), imageTag="1.4")
        program.write_jobs(files={folder: (EXAMPLES / folder / f"{folder}.py").read_text()})
        text = (EXAMPLES / folder / "Pulumi.production.yaml").read_text()
        for here, there in {**IN_THE_SANDBOX, **known}.items():
            text = text.replace(here, there)
        config: dict[str, Any] = yaml.safe_load(text)["config"]
        tools = tmp_path / "tools"
        entry = config["scheduled-jobs:schedules"][job]
        entry["environment"] = {**entry.get("environment", {}), "PATH": f"{tools}:{os.environ['PATH']}"}
        program.write_config(config)
        program.up()
        return Example(sandbox, program, job, tools)

    yield deployed
    for program in programs:
        assert program.run("destroy").code == 0
        ecr.delete_repository(repositoryName=program.stack.name.removeprefix("beside-"), force=True)


@pytest.fixture
def secret(sandbox: Sandbox) -> Iterator[str]:
    """Plant the secret that db-cleanup needs, and return its ARN."""
    secrets = sandbox.account.client("secretsmanager")
    text = json.dumps({"username": "cleaner", "password": PASSWORD})
    arn = secrets.create_secret(Name="db", SecretString=text)["ARN"]
    yield arn
    secrets.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)


@pytest.fixture
def _task_role(sandbox: Sandbox) -> Iterator[None]:
    """Make the role that drift-check has."""
    iam = sandbox.account.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    iam.create_role(RoleName="drift-check", AssumeRolePolicyDocument=document)
    yield
    iam.delete_role(RoleName="drift-check")


def test_db_cleanup(sandbox: Sandbox, secret: str, deploy: Callable[..., Example]) -> None:
    """It deletes with the username and the password of the secret. A failure is an e-mail with the end of the log."""
    example = deploy("db_cleanup", **{f"arn:aws:secretsmanager:{REGION}:123456789012:secret:db-AbCdEf": secret})
    assert resources(example.program) == on_the_page(example.job)
    example.tool("psql", 'for last; do :; done; echo "$PGUSER ${#PGPASSWORD} $2"; cat "$last"')
    _, code, log = example.next_run("cron(30 3 * * ? *)")
    assert code == 0
    assert log[0] == f"cleaner {len(PASSWORD)} db.production.example.internal"
    assert log[1].startswith("DELETE FROM sessions ")
    assert example.alerts("on-call@example.com") == []

    example.tool("psql", 'echo "ERROR: relation sessions does not exist"; exit 3')
    _, code, _ = example.next_run("cron(30 3 * * ? *)")
    assert code == 3
    [alert] = example.alerts("on-call@example.com")
    assert alert.startswith("db-cleanup failed: exit code 3")
    assert "ERROR: relation sessions does not exist" in alert
    assert PASSWORD not in json.dumps(sandbox.client.get("mail"))


@pytest.mark.usefixtures("_task_role")
def test_drift_check(deploy: Callable[..., Example]) -> None:
    """It runs each hour on weekdays. The webhook gets what differs, and then that it no longer does."""
    example = deploy("drift_check")
    assert resources(example.program) == on_the_page(example.job)
    webhook = "https://hooks.example.com/drift"
    hourly = "cron(0 * ? * MON-FRI *)"
    example.tool("terraform", 'case "$*" in *" plan "*) echo "No changes.";; esac')
    _, code, log = example.next_run(hourly)
    assert (code, log) == (0, ["No changes."])
    assert example.alerts(webhook) == []

    example.tool("terraform", 'case "$*" in *" plan "*) echo "~ aws_security_group.web"; exit 2;; esac')
    tick, code, _ = example.next_run(hourly)
    assert code == 2
    [alert] = [json.loads(body) for body in example.alerts(webhook)]
    about = alert["metadata"]["additionalContext"]
    assert (about["job"], about["class"], about["tick"]) == ("drift-check", "failed", f"{tick:%Y-%m-%dT%H:%M:%SZ}")
    assert json.loads(about["log"])["lines"] == ["~ aws_security_group.web"]

    example.tool("terraform", "true")
    example.next_run(hourly)
    last = json.loads(example.alerts(webhook)[-1])["metadata"]["additionalContext"]
    assert (last["kind"], last["class"]) == ("recovered", "recovered")
