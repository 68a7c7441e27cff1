"""A service whose worker does what the test asks, over a connection that lives as long as the job's process."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

from scheduled_jobs_worker import Run, Worker
from tests.processes.worker.shown_clock import ShownClock

WORKER = os.getpid()
"""The jobs' processes are forked, and have it too."""
SHOWN = os.environ.get("SHOWN_CLOCK")
worker = Worker(clock=ShownClock(Path(SHOWN))) if SHOWN else Worker()


@worker.task("hello")
def hello(run: Run) -> None:
    """Tell the test of the run, and obey."""
    with socket.create_connection(("127.0.0.1", int(os.environ["TEST_PORT"]))) as test:
        told = {"pid": os.getpid(), "tick": run.tick.isoformat(), "launch": run.launch, "token": run.token}
        told |= {"worker": WORKER, "guard": os.getppid(), "attempt": run.attempt}
        test.sendall(json.dumps(told).encode() + b"\n")
        with test.makefile("r") as orders:
            for order in orders:
                if order == "cling\n":
                    signal.signal(signal.SIGTERM, lambda *_: test.sendall(b"SIGTERM\n"))
                    test.sendall(b"clings\n")
                elif order == "child\n":
                    # It keeps the connection open after the job's own process has ended.
                    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], pass_fds=[test.fileno()])
                    test.sendall(b"has a child\n")
                elif order == "thread\n":
                    threading.Thread(target=_answer, args=[test.dup()]).start()
                    return
                else:
                    _end(order.strip())
                    return


def _answer(test: socket.socket) -> None:
    with test:
        test.sendall(b"thread\n")
        test.sendall(test.recv(100))


def _end(how: str) -> None:
    match how:
        case "raise":
            raise ValueError("no rates for 2026-11-26")
        case "exit":
            sys.exit(3)
        case "words":
            sys.exit("nothing to do")
        case "vanish":
            os._exit(4)
        case "mute":
            sys.stdout = None
        case "code":
            sys.exit(10**50 + 7)
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)


@worker.task
def short() -> None:
    """Need no argument."""


@worker.task("later")
async def later() -> None:
    """Be awaited."""
    await asyncio.sleep(0)
    raise LookupError("awaited")


worker.task("lazy")(lambda: (word for word in ["nothing"]))


if __name__ == "__main__":
    worker.run()
