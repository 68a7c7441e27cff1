"""Jobs whose task has sidecars and volumes, on the real engine: deployed, run, and failed because of a sidecar."""

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

STACK = "parts"
LOG = f"/aws/ecs/{STACK}-cron-jobs"
IMAGE = "registry.example.com/app:1"
HOURLY = "cron(0 * * * ? *)"
FILE = """from settings import Ebs, Efs, HealthCheck, Image, Job, Scratch, Sidecar


def runs(script):
    return ["python", "-c", script]


JOB = Job(name={name!r}, command=runs("print('mine')"), owner="data", image=Image({image!r}, {parts}))
"""
PARTS = {
    "export": (
        "sidecars=["
        "Sidecar('prepare', {image!r}, command=runs('print(1)'), job_waits_for='success', memory=64), "
        "Sidecar('proxy', {image!r}, command=runs('import time; time.sleep(600)'), essential=True, "
        "job_waits_for='health', health_check=HealthCheck(runs('exit()'), interval=5))], "
        "volumes=[Scratch('/rates', read_only=True, sidecars={{'prepare': 'write'}}), "
        "Efs('/exports', 'fs-0123456789abcdef0', access_point='fsap-0123456789abcdef0')], "
        "ebs=Ebs('/disk', 500, iops=6000)"
    ),
    "unready": "sidecars=[Sidecar('migrate', {image!r}, command=runs('exit(9)'), job_waits_for='success')]",
    "taken": (
        "sidecars=[Sidecar('proxy', {image!r}, command=runs('import time; time.sleep(1); exit(5)'), essential=True)]"
    ),
}


@pytest.fixture
def alerting(sandbox: Sandbox, make_program: Callable[[str], Program]) -> Iterator[Alerting]:
    """Lay out the jobs; a queue has the alerts."""
    with inbox(sandbox, STACK) as queue:
        program = make_program(STACK)
        files = {
            name: FILE.format(name=name, image=IMAGE, parts=parts.format(image=IMAGE)) for name, parts in PARTS.items()
        }
        files["taken"] = files["taken"].replace(
            "print('mine')", "import time; print('mine', flush=True); time.sleep(600)"
        )
        program.write_jobs(files=files)
        program.write_config(
            {
                "aws:region": REGION,
                "scheduled-jobs:placements": {
                    "default": {"cluster": "sandbox", "subnets": ["subnet-0a000000000000001"]},
                },
                "scheduled-jobs:schedules": dict.fromkeys(PARTS, HOURLY),
                "scheduled-jobs:alerts": {"sqs": [queue.arn]},
            }
        )
        yield Alerting(sandbox, program, queue)
        assert program.run("destroy").code == 0


def log(sandbox: Sandbox, job: str, container: str) -> list[str]:
    """Return the lines of a container of a job's only run."""
    logs = sandbox.account.client("logs")
    [stream] = logs.describe_log_streams(logGroupName=LOG, logStreamNamePrefix=f"{job}/{container}/")["logStreams"]
    events = logs.get_log_events(logGroupName=LOG, logStreamName=stream["logStreamName"], startFromHead=True)["events"]
    return [event["message"] for event in events]


def test_runs_together(sandbox: Sandbox, alerting: Alerting) -> None:
    """The exit code of the job counts; an alert names the sidecar that kept it from its work."""
    program = alerting.program
    program.up()
    assert program.run("up", "--expect-no-changes").code == 0
    assert program.run("preview", "--refresh", "--expect-no-changes").code == 0

    hour = sandbox.pass_hour(minutes=10)
    assert alerting.tick("export", hour).outcome == "good"
    assert alerting.of("export") == []
    assert (log(sandbox, "export", "job"), log(sandbox, "export", "prepare")) == (["mine"], ["1"])

    [alert] = alerting.of("taken")
    assert (alert["class"], alert["exitCode"], alert["log"]["lines"]) == ("failed", 143, ["mine"])
    assert "the container 'proxy' (exit code 5)" in json.dumps(alert)
    [alert] = alerting.of("unready")
    assert alert["class"] == "not-started"
    assert "container ordering dependency [migrate(" in json.dumps(alert)

    run = program.ops("run", "--stack", STACK, "export")
    assert run.returncode == 0, run.stdout + run.stderr
