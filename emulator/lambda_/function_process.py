"""The warm process of one version of a function, seen from the sandbox: it answers over pipes or is ended when late."""

from __future__ import annotations

import io
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
import uuid
import zipfile
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import time_machine

from emulator.lambda_.platform_log import of_exception
from emulator.lambda_.replies import TIMED_OUT, Reply, exited, late_after, timed_out

if TYPE_CHECKING:
    from collections.abc import Mapping

_SCRIPT = Path(__file__).with_name("function_worker.py")
_START = 60.0
"""Seconds of real time for a process to start and to import its handler."""
_LOOK = 0.1
"""Seconds between two checks that a silent process still runs."""
_CLOSED = 5.0
"""Seconds for a process to end after it closed its output."""
_CHUNK = 65536


class _NoAnswerError(Exception):
    """The process has ended or takes too long."""

    def __init__(self, printed: bytes, *, late: bool = False) -> None:
        super().__init__()
        self.printed = printed
        self.late = late


class Worker:
    """One process, which starts at once. Only one thread at a time may use it."""

    def __init__(self, archive: bytes, handler: str, environment: Mapping[str, str]) -> None:
        """Unpack the code, and start the process."""
        self._folder = tempfile.TemporaryDirectory(prefix="function-")
        with zipfile.ZipFile(io.BytesIO(archive)) as file:
            file.extractall(self._folder.name)
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-u", "-X", "utf8", str(_SCRIPT), handler],
            cwd=self._folder.name,
            env={**environment, "LAMBDA_TASK_ROOT": self._folder.name},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            start_new_session=True,
        )
        assert self._process.stdin is not None  # noqa: S101 - both are pipes
        assert self._process.stdout is not None  # noqa: S101
        self._requests, self._output = self._process.stdin, self._process.stdout
        self._readable = select.poll()
        self._readable.register(self._output, select.POLLIN)
        self._ready = False

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def invoke(self, request: Mapping[str, Any], timeout: float) -> Reply:
        """Return the handler's reply to `request`; end the process if it fails otherwise than by an exception."""
        started = self._start()
        if started.error is not None:
            return started
        begun = time.monotonic()
        reply = self._ask({**request, "timeout": timeout}, timeout, late_after(timeout))
        late = reply.error is not None and reply.error["errorType"] == TIMED_OUT
        seconds = timeout if late else time.monotonic() - begun
        return replace(reply, lines=[*started.lines, *reply.lines], seconds=seconds)

    def end(self) -> None:
        """End the process and its process group, and remove its files."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._requests.close()
        self._output.close()
        self._folder.cleanup()

    def _start(self) -> Reply:
        """Import the handler before the first invocation, whose timeout begins after the import."""
        if self._ready:
            return Reply([])
        reply = self._ask({}, _START, f"Init timed out after {_START:.2f} seconds")
        self._ready = reply.error is None
        if reply.error is not None:
            self.end()
        return reply

    def _ask(self, request: Mapping[str, Any], patience: float, late: str) -> Reply:
        token = uuid.uuid4().hex
        deadline = time.monotonic() + patience
        try:
            self._send({**request, "token": token, "now": _now()})
            printed, answer = self._read(f"\0{token}\0".encode(), deadline)
        except _NoAnswerError as silence:
            peak = self._peak()
            how = late if silence.late else f"Runtime exited with error: {self._exit()}"
            self.end()
            reply = (timed_out if silence.late else exited)(str(request.get("requestId", "init")), how)
            return replace(reply, lines=[*_lines(silence.printed), *reply.lines], peak=peak)
        lines, error = _lines(printed), answer.get("error")
        told = [of_exception(error)] if error is not None else []
        return Reply([*lines, *told], answer.get("result"), error, peak=self._peak())

    def _send(self, request: Mapping[str, Any]) -> None:
        line = json.dumps(request).encode() + b"\n"
        try:
            while line:
                line = line[self._requests.write(line) or 0 :]
        except BrokenPipeError:
            raise _NoAnswerError(b"") from None

    def _read(self, mark: bytes, deadline: float) -> tuple[bytes, Mapping[str, Any]]:
        """Return the output before the mark, and the answer after it."""
        said = b""
        while True:
            printed, found, answer = said.partition(mark)
            if found and answer.endswith(b"\n"):
                return printed, json.loads(answer)
            left = deadline - time.monotonic()
            if left <= 0:
                raise _NoAnswerError(said, late=True)
            if self._readable.poll(min(left, _LOOK) * 1000):
                chunk = os.read(self._output.fileno(), _CHUNK)
                if not chunk:
                    raise _NoAnswerError(said)
                said += chunk
            elif not self.alive:
                raise _NoAnswerError(said)

    def _peak(self) -> int:
        """Return the most memory that the process has used, in MB; 0 where the system does not tell."""
        try:
            status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii")
        except OSError:
            return 0
        kilobytes = next((line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")), "0")
        return int(kilobytes) // 1024

    def _exit(self) -> str:
        """Return how the process ended; kill a process that has only closed its output."""
        try:
            code = self._process.wait(_CLOSED)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        return f"signal: {(signal.strsignal(-code) or str(-code)).lower()}" if code < 0 else f"exit status {code}"


def _now() -> str | None:
    """Return the sandbox's time for the process to use, or None while the sandbox uses the machine's time."""
    return datetime.now(UTC).isoformat() if time_machine.escape_hatch.is_travelling() else None


def _lines(printed: bytes) -> list[str]:
    return printed.decode("utf-8", "replace").splitlines()
