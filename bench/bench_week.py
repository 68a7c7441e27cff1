"""Benchmark of a simulated week; run it with `python -m bench.bench_week [DAYS]`, by default 7 days.

It deploys 10 and 100 daily jobs with the real CLI, and moves the sandbox's clock. The watch looks 288 times a day. The
jobs do nothing, so that the time is that of the sandbox. The benchmark prints wall time, but checks only ratios of CPU
time: a day must not become more expensive with the history, and 100 jobs may cost only a few times as much as 10.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import psutil
import yaml

from sandbox.client import Client, start_server
from sandbox.session import CHECKOUT, PLATFORM, Session
from sandbox.stacks import Stack
from tests.engine.program import this_program

if TYPE_CHECKING:
    from sandbox.session import Server

FEW, MANY = 10, 100
"""Jobs. Each runs once a day."""
MOST_FOR_JOBS = 5.0
"""CPU time of a day of many jobs, in times of a day of few jobs."""
MOST_FOR_HISTORY = 1.3
"""CPU time of the last day, in times of the second; the first day has looks before the first run of each job."""
FEWEST_DAYS = 3
DAY = timedelta(days=1)
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)

JOB = """from settings import Job

JOB = Job(name="{name}", command=["true"], owner="data", runbook="https://example.com/r")
"""


@dataclass(frozen=True)
class Day:
    """What one simulated day needed."""

    wall: float
    cpu: float
    """CPU seconds of the server and its functions."""


def week(count: int, days: int) -> list[Day]:
    """Deploy jobs to a sandbox of their own, and return what each of its days needs."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        session = Session(Path(name) / "session")
        try:
            server = start_server(session, at=MONDAY)
            deploy(Path(name) / "program", session, server, count)
            client = Client(server)
            move(client, timedelta(minutes=6))  # starts the function
            return [day(client, server) for _ in range(days)]
        finally:
            session.remove()


def deploy(folder: Path, session: Session, server: Server, count: int) -> None:
    """Deploy the platform, and daily jobs spread over the day."""
    platform = Stack(session, PLATFORM, "sandbox", CHECKOUT / "sandbox" / "platform", server)
    platform.prepare({"aws:region": "eu-central-1"})
    platform.up(quiet=True)
    program = this_program(folder, session, server, "week")
    names = [f"job-{number:04}" for number in range(count)]
    program.write_jobs(files={name.replace("-", "_"): JOB.format(name=name) for name in names})
    config = yaml.safe_load((CHECKOUT / "Pulumi.sandbox.yaml").read_text())["config"]
    config["scheduled-jobs:schedules"] = {name: f"cron({i % 60} {i % 24} * * ? *)" for i, name in enumerate(names)}
    program.write_config(config)
    begin = perf_counter()
    program.stack.up(quiet=True)
    print(f"{count:4} jobs deployed: {perf_counter() - begin:.1f} s", flush=True)


def day(client: Client, server: Server) -> Day:
    """Move the clock by a day."""
    begin, used = perf_counter(), cpu(server)
    move(client, DAY)
    return Day(perf_counter() - begin, cpu(server) - used)


def move(client: Client, duration: timedelta) -> None:
    """Move the clock."""
    for _ in client.advance(datetime.fromisoformat(client.get("status")["now"]) + duration):
        pass


def cpu(server: Server) -> float:
    """Return the CPU seconds so far of the server and of its functions, its only children while no job runs."""
    process = psutil.Process(server.pid)
    times = [one.cpu_times() for one in (process, *process.children(recursive=True))]
    return sum(one.user + one.system for one in times)


def main() -> int:
    """Print the results; return 0 when the ratios are within their bounds, otherwise 1."""
    days = max(FEWEST_DAYS, int(sys.argv[1])) if len(sys.argv) > 1 else 7
    used: dict[int, list[Day]] = {}
    for count in (FEW, MANY):
        used[count] = week(count, days)
        wall, seconds = sum(one.wall for one in used[count]), sum(one.cpu for one in used[count])
        print(f"{count:4} jobs, {days} days: {wall:.1f} s wall, {seconds:.1f} s CPU", flush=True)
    jobs = sum(one.cpu for one in used[MANY]) / sum(one.cpu for one in used[FEW])
    history = used[MANY][-1].cpu / used[MANY][1].cpu
    print(f"{MANY} jobs: {jobs:.1f} times {FEW} jobs (at most {MOST_FOR_JOBS})")
    print(f"the last day: {history:.2f} times the second day (at most {MOST_FOR_HISTORY})")
    return 0 if jobs <= MOST_FOR_JOBS and history <= MOST_FOR_HISTORY else 1


if __name__ == "__main__":
    sys.exit(main())
