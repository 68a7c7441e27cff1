"""A job that moves from a worker to a container, to a request and back, with its runs in flight; on the real engine."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from emulator.fault_injection.faults import Fault, Kind
from tests.engine.account import REGION
from tests.engine.alerting import Alerting, inbox
from tests.engine.serving import PLACEMENT, granted, serving
from tests.engine.supervised import HOURLY, outcomes, printed, runs
from tests.engine.test_http_fleet import SECRET, fleet

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.engine.conftest import Sandbox
    from tests.engine.program import Program

STACK = "moving"
GROUP = f"scheduled-jobs-{STACK}"
ROLE = "sandbox-task"
JOB = "moves"
RUNNERS = {
    "worker": f"placement={PLACEMENT!r}, worker=Worker(task='obey')",
    "container": f"placement={PLACEMENT!r}, command=['python', '-c', 'print(1)']",
    "http": "http=Http('fleet', jobs=['hello'])",
    "later": "http=Http('fleet', jobs=['later'], callback_within='10m')",
}


def write(program: Program, runner: str) -> None:
    """Write the job as one that is run by this."""
    asked = f"owner='shop', overlap='queue', start_deadline='5m', longest_run=60, {RUNNERS[runner]}"
    text = f"from settings import Http, Job, Worker\n\nJOB = Job(name={JOB!r}, {asked})\n"
    program.write_jobs(files={JOB: text})


def test_changes_amid_runs(sandbox: Sandbox, make_program: Callable[[str], Program], tmp_path: Path) -> None:
    """A run in flight ends as it is, also if its queue has gone, and the next tick is run as the job says by then."""
    program = make_program(STACK)
    shown = sandbox.client.service_environment(f"arn:aws:iam::123456789012:role/{ROLE}")
    clock = {name: shown[name] for name in ("PYTHONPATH", "SANDBOX_CLOCK")}
    secrets = sandbox.account.client("secretsmanager")
    secrets.create_secret(Name="moving/jobs", SecretString=SECRET)
    with (
        inbox(sandbox, STACK) as queue,
        granted(sandbox, ROLE, GROUP),
        serving(sandbox, GROUP, ROLE) as service,
        fleet(tmp_path / "fleet", clock, 3, SECRET) as servers,
    ):
        alerting = Alerting(sandbox, program, queue)
        write(program, "worker")
        program.write_config(
            {
                "aws:region": REGION,
                "scheduled-jobs:placements": {PLACEMENT: {"service": {"cluster": "sandbox", "name": "web"}}},
                "scheduled-jobs:receivers": {"fleet": {"url": f"{servers.proxy.url}/jobs", "secret": "moving/jobs"}},
                "scheduled-jobs:schedules": {JOB: HOURLY},
                "scheduled-jobs:alerts": {"sqs": [queue.arn]},
            }
        )
        program.up()
        sandbox.pass_hour(minutes=-1)
        worker = service.worker()
        of_worker = sandbox.pass_hour(minutes=0)
        job = service.later_job()
        write(program, "container")
        program.up()
        job.order("end")
        service.until(lambda: alerting.tick(JOB, of_worker).outcome == "good")
        worker.process.kill()

        alerting.stage(Fault(Kind.HANG, seconds=20 * 60.0), JOB)
        of_container = sandbox.pass_hour(minutes=5)
        assert outcomes(alerting.tick(JOB, of_container)) == ["running"]
        write(program, "http")
        program.up()
        sandbox.advance(timedelta(minutes=30))
        [run] = runs(alerting.tick(JOB, of_container))
        assert (run.outcome, printed(alerting, run)) == ("good", ["1"])
        by_request = sandbox.pass_hour(minutes=5)
        assert outcomes(alerting.tick(JOB, by_request)) == ["good"]
        assert json.loads(servers.of(JOB)[-1][1])["jobs"] == ["hello"]
        assert alerting.alerts() == []

        write(program, "later")
        program.up()
        accepted = sandbox.pass_hour(minutes=5)
        assert outcomes(alerting.tick(JOB, accepted)) == ["running"]
        write(program, "worker")
        program.up()
        sandbox.advance(timedelta(minutes=40))
        assert outcomes(alerting.tick(JOB, accepted)) == ["failed"]
        service.worker()
        again = sandbox.pass_hour(minutes=0)
        service.later_job().order("end")
        service.until(lambda: alerting.tick(JOB, again).outcome == "good")
        assert program.run("up", "--expect-no-changes").code == 0
        assert program.run("destroy").code == 0
    secrets.delete_secret(SecretId="moving/jobs", ForceDeleteWithoutRecovery=True)
