"""Jobs that are a request, on the real engine: deployed, run to each end by a receiver, changed, removed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from receiver.callback import Callbacks
from tests.engine.account import REGION
from tests.engine.alerting import Alerting, inbox
from tests.engine.supervised import HOURLY
from tests.wsgi_server import wsgi_servers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.engine.conftest import Sandbox
    from tests.engine.program import Program

STACK = "receivers"
GROUP = f"scheduled-jobs-{STACK}"
SECRET = "a-secret-of-more-than-24-bytes"  # noqa: S105 - nothing else has it
ROLE = "arn:aws:iam::123456789012:role/sandbox-task"
FLEET = f"""
import json
from receiver.receiver import LATER, Receiver

receiver = Receiver([{SECRET!r}])

@receiver.job("hello")
def hello(order):
    print("hello at", order["tick"])

@receiver.job("fails")
def fails(order):
    raise ValueError("no rates today, and the secret is {SECRET}")

@receiver.job("later")
def later(order):
    with open({{place!r}}, "w") as file:
        json.dump(order, file)
    return LATER
"""
"""The application of the service; `place` is where it leaves the order of work that goes on."""
JOBS = {
    "works": "Http('fleet', jobs=['hello'])",
    "private": "Http('inside', jobs=['hello'])",
    "fails": "Http('fleet')",
    "unknown": "Http('fleet')",
    "later": "Http('fleet', callback_within='2h')",
}


def write(program: Program, jobs: dict[str, str]) -> None:
    """Write the files of jobs with these requests."""
    program.write_jobs(
        files={
            name: f"from settings import Http, Job\n\nJOB = Job(name={name!r}, owner='data', http={http})\n"
            for name, http in jobs.items()
        }
    )


@pytest.fixture
def order(tmp_path: Path) -> Path:
    """Return where the receiver leaves the order of work that goes on."""
    return tmp_path / "order.json"


@pytest.fixture
def alerting(
    sandbox: Sandbox, make_program: Callable[[str], Program], tmp_path: Path, order: Path
) -> Iterator[Alerting]:
    """Run a receiver, and lay out the jobs that have requests to it; a queue has the alerts."""
    (tmp_path / "fleet.py").write_text(FLEET.format(place=str(order)))
    clock = sandbox.client.service_environment(ROLE)
    environment = {name: clock[name] for name in ("PYTHONPATH", "SANDBOX_CLOCK")}
    secrets = sandbox.account.client("secretsmanager")
    key = sandbox.account.client("kms").create_key()["KeyMetadata"]["KeyId"]
    secret = secrets.create_secret(Name="fleet/jobs", SecretString=SECRET, KmsKeyId=key)["ARN"]
    with inbox(sandbox, STACK) as queue, wsgi_servers(1, "fleet:receiver", environment, tmp_path) as [server]:
        program = make_program(STACK)
        write(program, JOBS)
        fleet = {"url": f"{server.url}/jobs", "secret": "fleet/jobs"}
        program.write_config(
            {
                "aws:region": REGION,
                "scheduled-jobs:placements": {"web": {"service": {"cluster": "sandbox", "name": "web"}}},
                "scheduled-jobs:schedules": dict.fromkeys(JOBS, HOURLY),
                "scheduled-jobs:receivers": {"fleet": fleet, "inside": {**fleet, "placement": "web"}},
                "scheduled-jobs:alerts": {"sqs": [queue.arn]},
            }
        )
        yield Alerting(sandbox, program, queue)
        assert program.run("destroy").code == 0
    secrets.delete_secret(SecretId=secret, ForceDeleteWithoutRecovery=True)
    named = [one["FunctionName"] for one in sandbox.account.client("lambda").list_functions()["Functions"]]
    assert [name for name in named if name.startswith(GROUP)] == []


def test_runs_with_each_end(sandbox: Sandbox, alerting: Alerting, order: Path) -> None:
    """The answer tells the end, or a callback does, and no message has the secret. The address comes and goes alone."""
    program = alerting.program
    program.up()
    assert program.run("up", "--expect-no-changes").code == 0

    hour = sandbox.pass_hour(minutes=10)
    assert [alerting.tick(name, hour).outcome for name in ("works", "private")] == ["good", "good"]
    client = sandbox.account.client("lambda")
    assert client.get_function_configuration(FunctionName=f"{GROUP}-job-private")["VpcConfig"]["SubnetIds"]
    [alert] = alerting.of("fails")
    assert (alert["class"], alert["reason"].startswith("answered 500 Internal Server Error")) == ("failed", True)
    [alert] = alerting.of("unknown")
    assert alert["reason"].startswith("answered 404 Not Found")
    assert all(name in alert["reason"] for name in ("hello", "fails", "later"))
    assert alerting.tick("later", hour).outcome == "running"

    now = sandbox.now.timestamp()
    Callbacks([SECRET], clock=lambda: now).tell(json.loads(order.read_text()), "no rates today")
    [alert] = alerting.of("later")
    assert (alert["class"], alert["reason"], alert["seconds"]) == ("failed", "no rates today", 600)
    assert SECRET not in json.dumps(alerting.received)

    write(program, {**JOBS, "later": "Http('fleet')"})
    assert program.up().changes == {("delete", "FunctionUrl", "later"), ("update", "TableItem", "later")}
    write(program, JOBS)
    assert program.up().changes == {("create", "FunctionUrl", "later"), ("update", "TableItem", "later")}
