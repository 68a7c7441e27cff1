"""The process of a job, and the guard that ends it in time.

The worker forks a guard, and the guard forks the job. The guard kills the job's process group when the lease nears its
end, or when the worker has gone, whatever the worker is doing then: it may hang, be stopped, or be dead. So a process
never works on what another worker may have by now.

A fork shares what the worker has imported, so a job starts at once. Only the thread that forks exists in the job.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
import math
import os
import signal
import sys
import threading
import traceback
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from .runs import GOOD, INTERRUPTED, NOT_STARTED, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from .clock import Clock

STOP_PATIENCE = 5.0
"""Seconds between SIGTERM and SIGKILL."""

LEASE_OVER = "its lease could not be extended in time, so it was stopped before another worker could take the run"
WORKER_GONE = "its worker has gone"
GUARD_GONE = "the process that guards it was killed"

_BLOCKED = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)
"""Signals that wait until each process after a fork has its own way with them."""
_STOP = b"stop"
_ASKED = "asked"
_PIECE = 65536


@dataclass(frozen=True)
class Ended:
    """The end of a job's process."""

    verdict: Verdict
    was_stopped: bool = False
    """Whether the worker asked for it before the job ended."""


class JobProcess:
    """The process of a job, as its worker sees it."""

    def __init__(self, guard: int, orders: int, told: int) -> None:
        """Know the guard by its process id, and the pipes to it and from it."""
        self._guard = guard
        self._orders = orders
        self._told = told
        self._heard = b""

    @classmethod
    def start(cls, work: Callable[[], object], clock: Clock, deadline: float) -> JobProcess:
        """Call `work` in a process of its own, which the guard kills at `deadline` of the steady clock.

        Raises OSError if the machine has no room for another process.
        """
        orders_read, orders = os.pipe()
        told, told_write = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        signal.pthread_sigmask(signal.SIG_BLOCK, _BLOCKED)
        try:
            guard = os.fork()
            if not guard:
                os.close(orders)
                os.close(told)
                _Guard(orders_read, told_write, clock, deadline).keep(work)
        except OSError:
            os.close(orders)
            os.close(told)
            raise
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _BLOCKED)
            os.close(orders_read)
            os.close(told_write)
        return cls(guard, orders, told)

    def fileno(self) -> int:
        """Return the file that can be read when the process has ended."""
        return self._told

    def extend(self, deadline: float) -> None:
        """Let the process live until this time of the steady clock."""
        self._order(repr(deadline).encode())

    def stop(self) -> None:
        """Send SIGTERM, and SIGKILL a few seconds later."""
        self._order(_STOP)

    def kill(self) -> None:
        """Send SIGKILL."""
        self.extend(0.0)

    def ended(self) -> Ended | None:
        """Return the end of the process; None while it goes on. Nothing of the process is left afterwards."""
        gone, _ = os.waitpid(self._guard, os.WNOHANG)
        self._heard += _read_all(self._told) or b""
        said = dict(_lines(self._heard))
        is_over = "status" in said or "refused" in said
        if not gone and not is_over:
            return None
        if not gone:
            os.waitpid(self._guard, 0)
        if not is_over and "pid" in said:
            _kill(said["pid"], signal.SIGKILL)
        os.close(self._told)
        os.close(self._orders)
        return _read(said)

    def _order(self, line: bytes) -> None:
        with suppress(BrokenPipeError):
            os.write(self._orders, line + b"\n")


def _lines(heard: bytes) -> Iterator[tuple[str, Any]]:
    for line in heard.splitlines(keepends=True):
        if line.endswith(b"\n"):
            yield from json.loads(line).items()


def _read(said: dict[str, Any]) -> Ended:
    """Return what the job and its guard have told together. A job that has finished is good, whatever came then."""
    if "refused" in said:
        return Ended(Verdict(NOT_STARTED, None, said["refused"]))
    if "status" not in said:
        return Ended(Verdict(INTERRUPTED, None, GUARD_GONE))
    if "outcome" in said:
        verdict = Verdict(said["outcome"], said["exit_code"], said["reason"])
    else:
        verdict = _of_status(said["status"])
    if said["why"] == _ASKED or verdict.outcome == GOOD:
        return Ended(verdict, was_stopped=said["why"] == _ASKED)
    return Ended(Verdict(INTERRUPTED, None, said["why"]) if said["why"] else verdict)


def _of_status(status: int) -> Verdict:
    """Return how a process ended that told nothing. The code of one that was killed is that of a shell."""
    code = os.waitstatus_to_exitcode(status)
    return (
        Verdict.of_code(code) if code >= 0 else Verdict.of_code(128 - code, f"killed by {signal.Signals(-code).name}")
    )


class _Guard:
    """The process between worker and job, in a process group of its own."""

    def __init__(self, orders: int, told: int, clock: Clock, deadline: float) -> None:
        """Take the worker's orders from one file, and tell it in another one; kill the job at the deadline."""
        self._orders = orders
        self._told = told
        self._clock = clock
        self._deadline = deadline
        self._stop_at = math.inf
        """When the job gets SIGTERM, unless the deadline comes near before."""
        self._why = ""

    def keep(self, work: Callable[[], object]) -> NoReturn:
        """Run the job, end it in time, and tell the worker."""
        try:
            os.setpgid(0, 0)
            woken = _woken_by_children()
            try:
                job = os.fork()
            except OSError as error:
                self._tell({"refused": f"the machine has no room for a process: {error}"})
            else:
                if not job:
                    os.close(self._orders)
                    _work(work, self._told)
                with suppress(OSError):
                    os.setpgid(job, job)
                signal.pthread_sigmask(signal.SIG_UNBLOCK, _BLOCKED)
                self._tell({"pid": job})
                status = self._watch(job, woken)
                self._tell({"status": status, "why": self._why})
        except BaseException:  # noqa: BLE001 - whatever it is, the process must not become a second worker
            traceback.print_exc()
        finally:
            os._exit(0)

    def _watch(self, job: int, woken: int) -> int:
        """Wait for the end of the job, end what it leaves behind, and return its status."""
        told = False
        while True:
            pid, status = os.waitpid(job, os.WNOHANG)
            if pid:
                _kill(job, signal.SIGKILL)
                return status
            now = self._clock.steady()
            if now >= min(self._deadline, self._stop_at + STOP_PATIENCE):
                self._why = self._why or LEASE_OVER
                _kill(job, signal.SIGKILL)
                os.waitid(os.P_PID, job, os.WEXITED | os.WNOWAIT)
                continue
            if not told and now >= min(self._deadline - STOP_PATIENCE, self._stop_at):
                self._why = self._why or LEASE_OVER
                self._stop_at = now
                _kill(job, signal.SIGTERM)
                told = True
            ends = self._stop_at + STOP_PATIENCE if told else self._deadline - STOP_PATIENCE
            self._clock.wait([self._orders, woken], min(ends, self._deadline) - now)
            self._obey()

    def _obey(self) -> None:
        """Do what the worker asks. If it has gone, the job ends at once."""
        orders = _read_all(self._orders)
        if orders is None:
            self._why, self._deadline = WORKER_GONE, -math.inf
            return
        for order in orders.splitlines():
            if order != _STOP:
                self._deadline = float(order)
            elif not self._why:
                self._why, self._stop_at = _ASKED, self._clock.steady()

    def _tell(self, said: dict[str, Any]) -> None:
        with suppress(BrokenPipeError):
            os.write(self._told, json.dumps(said).encode() + b"\n")


def _woken_by_children() -> int:
    """Leave the signals to the worker; return a file that can be read when a child has ended."""
    for ignored in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    woken, wake = os.pipe()
    for end in (woken, wake):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    return woken


def _read_all(file: int) -> bytes | None:
    """Return what can be read of a pipe without waiting; None when its other end is closed."""
    os.set_blocking(file, False)
    try:
        return os.read(file, _PIECE) or None
    except BlockingIOError:
        return b""


def _kill(group: int, how: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, how)


def _work(work: Callable[[], object], told: int) -> NoReturn:
    """Be the process of the job: run it, and tell how it ended."""
    code = 1
    try:
        os.setpgid(0, 0)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGTERM, _exit_by_signal)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for other in (signal.SIGCHLD, signal.SIGHUP):
            signal.signal(other, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _BLOCKED)
        verdict = _verdict(work)
        said = {"outcome": verdict.outcome, "exit_code": verdict.exit_code, "reason": verdict.reason}
        code = verdict.exit_code or int(verdict.outcome != GOOD)
        os.write(told, json.dumps(said).encode() + b"\n")
    finally:
        os._exit(code)


def _verdict(work: Callable[[], object]) -> Verdict:
    """Return how a function ends. As in any program, its threads end before it does."""
    try:
        found = work()
        if inspect.iscoroutine(found):
            asyncio.run(found)
        elif inspect.isgenerator(found) or inspect.isasyncgen(found):
            raise TypeError("the function has returned a generator, so nothing of its work is done")  # noqa: TRY301 - as the job's own
        for thread in threading.enumerate():
            if thread is not threading.current_thread() and not thread.daemon:
                thread.join()
        verdict = Verdict(GOOD, 0)
    except BaseException as error:  # noqa: BLE001 - also SystemExit, which says how the job ends
        verdict = Verdict.of_error(error)
        if not isinstance(error, SystemExit):
            traceback.print_exc()
        elif verdict.reason:
            sys.stderr.write(f"{verdict.reason}\n")
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):  # the job may have put anything in their places
            stream.flush()
    return verdict


def _exit_by_signal(number: int, _frame: FrameType | None) -> NoReturn:
    """End the job as any program ends by SIGTERM, but let it clean up."""
    sys.exit(128 + number)
