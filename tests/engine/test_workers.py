"""Jobs that free workers take, on the real engine, with three real processes of the service."""

from __future__ import annotations

import json
import signal
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from emulator.fault_injection.faults import Fault, Kind
from tests.engine.account import REGION
from tests.engine.alerting import Alerting, inbox
from tests.engine.serving import PLACEMENT, Service, granted, grants, serving
from tests.engine.supervised import outcomes, runs
from watch.names import work_queue_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sandbox.stacks import Stack
    from tests.engine.conftest import Sandbox
    from tests.engine.program import Program
    from tests.processes.worker.fleet import Process

STACK = "workers"
CLUSTER = "working"
GROUP = f"scheduled-jobs-{STACK}"
ROLE = f"{CLUSTER}-task"
PLATFORM = {
    "cluster": CLUSTER,
    "subnets": ["subnet-0a0000000000000f2"],
    "securityGroups": ["sg-010000000000000f2"],
    "taskDefinitions": {"shop": {"image": "app"}},
    "services": {"shop": "shop"},
}
JOBS = {
    "good": ("", "0"),
    "fails": ("", "0"),
    "doubled": ("", "0"),
    "killed": ("", "0"),
    "retried": ("retries=1, backoff='1m'", "0"),
    "slow": ("timeout='30s'", "0"),
    "skips": ("overlap='skip'", "0-1"),
    "replaces": ("overlap='replace'", "0-1"),
    "asked": ("", "0"),
    "stopped": ("", "0"),
}
"""What each job asks for, and its minutes. Each has an hour of its own, in this order, so that no two meet."""
MINUTE = timedelta(minutes=1)


class Deployed:
    """The stack, and when its jobs run."""

    def __init__(self, alerting: Alerting, first: datetime) -> None:
        """Know the hour of the first job."""
        self.alerting = alerting
        self._first = first

    def tick(self, job: str) -> datetime:
        """Return a job's first tick."""
        return self._first + timedelta(hours=list(JOBS).index(job))

    def ready(self, service: Service, job: str, count: int) -> list[Process]:
        """Start workers a minute before a job's first tick, so that they take nothing else."""
        self.alerting.sandbox.go_to(self.tick(job) - MINUTE)
        return [service.worker() for _ in range(count)]

    def begin(self, job: str) -> datetime:
        """Let a job's first tick pass, and return it. Its run is in the queue then."""
        tick = self.tick(job)
        self.alerting.sandbox.go_to(tick + timedelta(seconds=5))
        return tick

    def outcomes(self, job: str, tick: datetime | None = None) -> tuple[str, list[str]]:
        """Return the outcome of a job's tick, and those of its runs."""
        found = self.alerting.tick(job, tick or self.tick(job))
        return found.outcome, outcomes(found)

    def has(self, job: str, outcome: str) -> Callable[[], bool]:
        """Return what tells whether a job's first tick has come to an outcome."""
        return lambda: self.outcomes(job)[0] == outcome


def schedules(first: datetime) -> dict[str, str]:
    """Return when each job runs: once, in an hour of its own."""
    hours = {job: first + timedelta(hours=number) for number, job in enumerate(JOBS)}
    return {
        job: f"cron({minutes} {hours[job].hour} {hours[job].day} {hours[job].month} ? {hours[job].year})"
        for job, (_, minutes) in JOBS.items()
    }


@pytest.fixture(scope="module")
def deployed(
    sandbox: Sandbox, make_platform: Callable[[Mapping[str, Any]], Stack], make_program: Callable[[str], Program]
) -> Iterator[Deployed]:
    """Deploy a service and the jobs that its containers take. Its task role must be let first."""
    platform = make_platform(PLATFORM)
    program = make_program(STACK)
    program.write_jobs(
        files={
            job: "from settings import Job, Worker\n\n"
            f"JOB = Job(name={job!r}, owner='shop', placement={PLACEMENT!r}, worker=Worker(task='obey'), {asks})\n"
            for job, (asks, _) in JOBS.items()
        }
    )
    first = sandbox.now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=2)
    with inbox(sandbox, STACK) as queue:
        program.write_config(
            {
                "aws:region": REGION,
                "scheduled-jobs:placements": {PLACEMENT: {"service": {"cluster": CLUSTER, "name": "shop"}}},
                "scheduled-jobs:schedules": schedules(first),
                "scheduled-jobs:alerts": {"sqs": [queue.arn]},
            }
        )
        refused = program.run("preview")
        assert refused.code != 0
        assert json.dumps(grants(GROUP)) in refused.output
        with granted(sandbox, ROLE, GROUP):
            program.up()
            assert program.run("up", "--expect-no-changes").code == 0
            yield Deployed(Alerting(sandbox, program, queue), first)
            sandbox.client.send("DELETE", "faults")
            assert program.run("destroy").code == 0
    assert platform.run("destroy", "--yes", "--skip-preview", quiet=True) is not None


@pytest.fixture
def service(sandbox: Sandbox, deployed: Deployed) -> Iterator[Service]:
    """Have the service, without workers."""
    del deployed
    with serving(sandbox, GROUP, ROLE) as found:
        yield found


def test_good_and_failed(deployed: Deployed, service: Service) -> None:
    """One of three workers does the work, and the ledger has who. An error fails the run, and is in the alert."""
    workers = deployed.ready(service, "good", 3)
    deployed.begin("good")
    service.job().order("end")
    service.until(deployed.has("good", "good"))
    assert deployed.outcomes("good") == ("good", ["good"])
    [run] = runs(deployed.alerting.tick("good", deployed.tick("good")))
    assert run.worker
    assert deployed.alerting.told("good") == []

    deployed.begin("fails")
    job = service.job()
    assert job.told["worker"] in [worker.process.pid for worker in workers]
    job.order("fail")
    service.until(deployed.has("fails", "failed"))
    service.until(lambda: deployed.alerting.told("fails") != [])
    [alert] = deployed.alerting.of("fails")
    assert (alert["class"], alert["reason"]) == ("failed", "ValueError: no rates today")
    assert service.messages() == 0


def test_doubled_message(deployed: Deployed, service: Service) -> None:
    """A message that SQS delivers twice starts one job."""
    deployed.ready(service, "doubled", 3)
    deployed.alerting.stage(Fault(Kind.DUPLICATE_MESSAGES, name=work_queue_name(GROUP, PLACEMENT)), None)
    tick = deployed.begin("doubled")
    job = service.job()
    service.work_on("doubled", tick, 2 * MINUTE)
    assert service.others == []
    job.order("end")
    service.until(lambda: service.messages() == 0, MINUTE)
    assert deployed.outcomes("doubled") == ("good", ["good"])
    assert service.others == []


def test_killed_worker(deployed: Deployed, service: Service) -> None:
    """The tick runs once more in another worker, not before the first job is dead. A good run needs no alert."""
    workers = deployed.ready(service, "killed", 3)
    tick = deployed.begin("killed")
    first = service.job()
    [busy] = [worker for worker in workers if worker.process.pid == first.told["worker"]]
    busy.signal(signal.SIGKILL)
    assert first.has_ended()
    lease = service.claim("killed", tick)["lease"]
    deployed.alerting.sandbox.go_to(datetime.fromtimestamp(lease - 1, tick.tzinfo))
    assert service.others == []
    service.until(lambda: service.claim("killed", tick, 2) != {})
    second = service.job()
    assert second.told["worker"] != first.told["worker"]
    assert (second.told["launch"], second.told["attempt"]) == (2, 1)
    assert second.told["token"] > first.told["token"]
    second.order("end")
    service.until(deployed.has("killed", "good"))
    assert deployed.outcomes("killed") == ("good", ["interrupted", "good"])
    assert deployed.alerting.told("killed") == []
    assert service.others == []


def test_retries(deployed: Deployed, service: Service) -> None:
    """A run that has failed is sent to a free worker again."""
    deployed.ready(service, "retried", 1)
    deployed.begin("retried")
    service.job().order("fail")
    service.until(lambda: deployed.outcomes("retried")[1] == ["failed"])
    job = service.later_job()
    assert job.told["attempt"] == 2
    job.order("end")
    service.until(deployed.has("retried", "good"))
    assert deployed.outcomes("retried") == ("good", ["failed", "good"])
    assert deployed.alerting.told("retried") == []


def test_timeout(deployed: Deployed, service: Service) -> None:
    """A run is stopped at its time limit."""
    deployed.ready(service, "slow", 1)
    deployed.begin("slow")
    job = service.job()
    service.until(deployed.has("slow", "timed-out"))
    assert job.has_ended()
    assert deployed.outcomes("slow") == ("timed-out", ["timed-out"])


def test_skip(deployed: Deployed, service: Service) -> None:
    """A tick does not run while the one before runs, although workers are free."""
    deployed.ready(service, "skips", 2)
    tick = deployed.begin("skips")
    job = service.job()
    service.work_on("skips", tick, 2 * MINUTE)
    assert service.others == []
    job.order("end")
    service.until(deployed.has("skips", "good"))
    assert deployed.outcomes("skips", tick + MINUTE) == ("skipped", [])


def test_replace(deployed: Deployed, service: Service) -> None:
    """A tick stops the run of the one before, and begins when that has ended."""
    deployed.ready(service, "replaces", 2)
    tick = deployed.begin("replaces")
    first = service.job()
    service.work_on("replaces", tick, MINUTE)
    service.until(lambda: service.claim("replaces", tick + MINUTE) != {})
    assert first.has_ended()
    service.job().order("end")
    service.until(lambda: deployed.outcomes("replaces", tick + MINUTE)[0] == "good")
    assert deployed.outcomes("replaces") == ("stopped", ["stopped"])


def test_asked_to_end(deployed: Deployed, service: Service) -> None:
    """A worker that is told to end, as in a deployment, does what it has, and takes nothing more."""
    [worker] = deployed.ready(service, "asked", 1)
    deployed.begin("asked")
    job = service.job()
    worker.signal(signal.SIGTERM)
    worker.logged("worker-asked")
    job.order("end")
    assert worker.rest()[-1] == "worker-ended"
    service.until(deployed.has("asked", "good"))


def test_stop(deployed: Deployed, service: Service) -> None:
    """An operator stops a run: its process ends, nobody takes it again, and nobody is alerted."""
    deployed.ready(service, "stopped", 2)
    deployed.begin("stopped")
    job = service.job()
    stopped = deployed.alerting.program.ops("stop", "--stack", STACK, "stopped", "--reason", "the wrong day")
    assert stopped.returncode == 0, stopped.stdout + stopped.stderr
    service.until(deployed.has("stopped", "stopped"))
    assert job.has_ended()
    service.until(lambda: service.messages() == 0)
    assert service.others == []
    assert deployed.outcomes("stopped") == ("stopped", ["stopped"])
    assert deployed.alerting.told("stopped") == []
