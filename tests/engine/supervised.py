"""Stacks of supervised jobs: how tests write and deploy them, and how they read what became of a tick."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.engine.account import REGION
from tests.engine.alerting import Alerting, inbox

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.engine.conftest import Sandbox
    from tests.engine.program import Program
    from watch.records import Run, Tick

HOURLY, QUARTERLY = "cron(0 * * * ? *)", "cron(0/15 * * * ? *)"
MINUTES = (0, 15, 30, 45)


@dataclass(frozen=True)
class Asking:
    """A job: what it asks for, as fields of its file, when it runs, and its command."""

    asks: str = ""
    schedule: str = HOURLY
    command: tuple[str, ...] = ("echo", "done")


def write(program: Program, jobs: Mapping[str, Asking], queue: str, **sections: Mapping[str, Any]) -> None:
    """Write the files of jobs, and a stack file whose alerts a queue gets.

    `sections` add to those of the stack file, or make a new one.
    """
    program.write_jobs(
        files={
            name.replace("-", "_"): "from settings import Job\n\n"
            f"JOB = Job(name={name!r}, owner='team-{name}', command={list(job.command)!r}, {job.asks})\n"
            for name, job in jobs.items()
        }
    )
    usual: dict[str, Mapping[str, Any]] = {
        "placements": {"default": {"service": {"cluster": "sandbox", "name": "web"}}},
        "schedules": {name: job.schedule for name, job in jobs.items()},
        "alerts": {"sqs": [queue]},
    }
    found = {name: {**usual.get(name, {}), **sections.get(name, {})} for name in {**usual, **sections}}
    program.write_config({"aws:region": REGION, **{f"scheduled-jobs:{name}": found[name] for name in found}})


@contextmanager
def deployed(
    sandbox: Sandbox, program: Program, jobs: Mapping[str, Asking], **sections: Mapping[str, Any]
) -> Iterator[Alerting]:
    """Deploy jobs with a queue for their alerts, and destroy the stack in the end. See `write`."""
    with inbox(sandbox, f"{program.stack.name}-inbox") as queue:
        write(program, jobs, queue.arn, **sections)
        program.up()
        yield Alerting(sandbox, program, queue)
        sandbox.client.send("DELETE", "faults")
        assert program.run("destroy").code == 0


def runs(tick: Tick) -> list[Run]:
    """Return the runs of a tick in their order."""
    return sorted(tick.runs.values(), key=lambda run: run.created or "")


def outcomes(tick: Tick) -> list[str]:
    """Return the outcomes of the runs of a tick in their order."""
    return [run.outcome for run in runs(tick)]


def created(run: Run) -> datetime:
    """Return when a run was created."""
    return datetime.fromisoformat(run.created or "")


def span(run: Run) -> tuple[datetime, datetime]:
    """Return when a run was created, and when it stopped."""
    return created(run), datetime.fromisoformat(run.stopped or "")


def seconds(run: Run) -> float:
    """Return how long a run ran."""
    started, stopped = (datetime.fromisoformat(one or "") for one in (run.started, run.stopped))
    return (stopped - started).total_seconds()


def printed(alerting: Alerting, run: Run) -> list[str]:
    """Return what a run printed."""
    log: Any = alerting.sandbox.client.log(run.task.rpartition("/")[2])
    return [str(line) for line in log["lines"]]


def quarters(alerting: Alerting, job: str, hour: datetime) -> list[Tick]:
    """Return the four ticks of an hour."""
    return [alerting.tick(job, hour + timedelta(minutes=minutes)) for minutes in MINUTES]
