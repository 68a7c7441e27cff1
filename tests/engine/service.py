"""A process of a service that runs jobs as a test orders: the program of the processes in `tests.engine.serving`.

`worker` takes the runs of a placement, and `once JOB TICK` is a timer that has come to a tick.
"""

from __future__ import annotations

import json
import os
import select
import socket
import sys
import time
from typing import TYPE_CHECKING

from scheduled_jobs_worker import DynamoDbStore, Run, Worker, once

if TYPE_CHECKING:
    from collections.abc import Sequence

_LOOKS = 0.01
"""Seconds between two looks at the sandbox's time."""


class SandboxClock:
    """The time of the sandbox, for all that a process does."""

    def now(self) -> float:
        """Return the seconds since 1970."""
        return time.time()

    def steady(self) -> float:
        """Return the same: in the sandbox nobody sets the clock back."""
        return time.time()

    def wait(self, files: Sequence[int], seconds: float) -> None:
        """Wait for a file, or for the sandbox's time."""
        end = self.now() + seconds
        while self.now() < end and not select.select(files, [], [], _LOOKS)[0]:
            pass


def obey(run: Run) -> None:
    """Tell the test of the run, and end as it says. The connection lives as long as the process."""
    with socket.create_connection(("127.0.0.1", int(os.environ["TEST_PORT"]))) as test, test.makefile("r") as orders:
        told = {"job": run.job, "launch": run.launch, "attempt": run.attempt, "token": run.token}
        test.sendall(json.dumps({**told, "worker": WORKER}).encode() + b"\n")
        if orders.readline().strip() == "fail":
            raise ValueError("no rates today")


WORKER = os.getpid()
"""The process of a worker's job has it too, because it is a fork."""


def main() -> None:
    """Do what the arguments say."""
    clock = SandboxClock()
    if sys.argv[1] == "worker":
        worker = Worker(clock=clock)
        worker.task(obey)
        worker.run()
        return
    _, _, job, tick = sys.argv
    with once(job, tick, DynamoDbStore(clock=clock), clock=clock) as run:
        sys.stdout.write(json.dumps({"event": "asked", "token": run and run.token}) + "\n")
        sys.stdout.flush()
        if run is not None:
            obey(run)


if __name__ == "__main__":
    main()
