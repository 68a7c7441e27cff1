"""Benchmark of `pulumi preview`; run it with `python -m bench.bench_preview [JOBS ...]`, by default 10 100 300 1000.

It previews a program of many jobs into an empty stack, with the real CLI and the embedded AWS. Beside it, in the same
run, it previews the floor: a program that only sends the same number of registrations by bare gRPC, which is what the
CLI and the provider need by themselves. It checks only ratios: program to floor, and growth.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import psutil
import yaml

from sandbox.client import start_server
from sandbox.session import CHECKOUT, PLATFORM, PROJECT, Server, Session
from sandbox.stacks import Stack
from tests.engine.program import Program, this_program

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_FOR_RATIO = 2.0
"""Wall time of the program, in times of the floor."""
MOST_FOR_GROWTH = 11.0
"""Wall time of the most jobs, in times of a tenth of them."""
FEWEST_JUDGED = 100
"""Below this count of jobs the fixed part of a preview decides, so no ratio is checked."""
RUNS = 5
"""Previews of each program. The one of middle length counts; the first one also compiles the program's modules.

Program and floor take turns, because the speed of a machine changes within a minute by a tenth.
"""
SAMPLE = 0.2
"""Seconds between two looks at the processes."""

JOB = """from settings import Job

JOB = Job(name="{name}", command=["python", "manage.py", "build_report"], owner="data", runbook="https://example.com/r")
"""


@dataclass
class Measured:
    """What one preview needed."""

    wall: float = 0.0
    cpu: dict[str, float] = field(default_factory=dict)
    """CPU seconds by kind of process."""
    peak: dict[str, int] = field(default_factory=dict)
    """The largest resident set by kind of process, in bytes."""

    def __str__(self) -> str:
        """Return the numbers as one line."""
        parts = [f"{kind} {cpu:.1f} s, {self.peak[kind] / 1e6:.0f} MB" for kind, cpu in sorted(self.cpu.items())]
        return f"{self.wall:6.1f} s wall ({'; '.join(parts)})"


def as_teams_have_it(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the CLI's variables without what makes it faster in the sandbox alone: it keeps its log, and asks pip."""
    no_log = Path(variables["PULUMI_HOME"], "logs")
    if no_log.is_file():
        no_log.unlink()
    return {name: value for name, value in variables.items() if name != "PULUMI_PYTHON_CMD"}


def preview(stack: Stack) -> Measured:
    """Preview a stack, and measure the CLI, the program and the other processes that the CLI starts."""
    measured = Measured()
    begin = perf_counter()
    with subprocess.Popen(
        ["pulumi", "preview", "--non-interactive"],  # noqa: S607 - as sandbox does
        cwd=stack.folder,
        env=as_teams_have_it(stack.environment()),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        ended = threading.Event()
        watcher = threading.Thread(target=_sample, args=(psutil.Process(process.pid), measured, ended))
        watcher.start()
        try:
            output, _ = process.communicate()
            measured.wall = perf_counter() - begin
        finally:
            ended.set()
            watcher.join()
    if process.returncode != 0:
        raise SystemExit(f"the preview failed:\n{output}")
    return measured


def in_turns(*stacks: Stack) -> list[Measured]:
    """Preview the stacks in turns, and return the preview of middle length of each."""
    rounds = [[preview(stack) for stack in stacks] for _ in range(RUNS)]
    return [sorted(column, key=lambda measured: measured.wall)[RUNS // 2] for column in zip(*rounds, strict=True)]


def _sample(cli: psutil.Process, measured: Measured, ended: threading.Event) -> None:
    latest: dict[int, tuple[str, float]] = {}
    while not ended.wait(SAMPLE):
        with suppress(psutil.Error):
            for process in [cli, *cli.children(recursive=True)]:
                _take(process, cli, latest, measured)
    for kind, cpu in latest.values():
        measured.cpu[kind] = measured.cpu.get(kind, 0.0) + cpu


def _take(process: psutil.Process, cli: psutil.Process, latest: dict[int, tuple[str, float]], into: Measured) -> None:
    with suppress(psutil.Error), process.oneshot():
        command = " ".join(process.cmdline())
        kind = "CLI" if process == cli else "program" if "language-python-exec" in command else "other"
        times = process.cpu_times()
        latest[process.pid] = (kind, times.user + times.system)
        into.peak[kind] = max(into.peak.get(kind, 0), process.memory_info().rss)


def program_of(folder: Path, session: Session, server: Server, count: int) -> Stack:
    """Write a program of many jobs, and return its stack."""
    program = this_program(folder, session, server, f"jobs{count}")
    names = [f"job-{number:04}" for number in range(count)]
    program.write_jobs(files={name.replace("-", "_"): JOB.format(name=name) for name in names})
    config = yaml.safe_load((CHECKOUT / "Pulumi.sandbox.yaml").read_text())["config"]
    config[f"{PROJECT}:schedules"] = {name: f"cron({i % 60} {i % 24} * * ? *)" for i, name in enumerate(names)}
    program.write_config(config)
    return program.stack


def floor_of(folder: Path, session: Session, server: Server, count: int) -> Stack:
    """Write the program that only sends registrations, and return its stack."""
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: floor\nruntime: python\n")
    (folder / "__main__.py").write_text((Path(__file__).parent / "floor.py").read_text())
    program = Program(folder, session, server, f"floor{count}", project="floor")
    program.write_config({"aws:region": "eu-central-1", "floor:jobs": str(count)})
    return program.stack


def measure(counts: Sequence[int]) -> tuple[Mapping[int, Measured], Mapping[int, Measured]]:
    """Preview program and floor for each count of jobs, and print both."""
    programs, floors = {}, {}
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        session = Session(folder / "session")
        try:
            server = start_server(session)
            platform = Stack(session, PLATFORM, "sandbox", CHECKOUT / "sandbox" / "platform", server)
            platform.prepare({"aws:region": "eu-central-1"})
            platform.up(quiet=True)
            for count in counts:
                programs[count], floors[count] = in_turns(
                    program_of(folder / f"program-{count}", session, server, count),
                    floor_of(folder / f"floor-{count}", session, server, count),
                )
                print(f"{count:5} jobs: {programs[count]}\n      floor: {floors[count]}", flush=True)
        finally:
            session.remove()
    return programs, floors


def main() -> int:
    """Print the results; return 0 when the ratios are within their bounds, otherwise 1."""
    counts = [int(text) for text in sys.argv[1:]] or [10, 100, 300, 1000]
    programs, floors = measure(counts)
    sound = True
    for count in counts:
        ratio = programs[count].wall / floors[count].wall
        judged = count >= FEWEST_JUDGED
        print(f"{count} jobs: {ratio:.2f} times the floor" + (f" (at most {MOST_FOR_RATIO})" if judged else ""))
        sound &= ratio <= MOST_FOR_RATIO or not judged
        if judged and count * 10 in programs:
            growth = programs[count * 10].wall / programs[count].wall
            print(f"{count * 10} jobs: {growth:.1f} times {count} jobs (at most {MOST_FOR_GROWTH})")
            sound &= growth <= MOST_FOR_GROWTH
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
