"""Fake programs in temporary directories."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CHECKOUT = Path(__file__).parents[3]


@pytest.fixture
def program() -> Callable[[Path, str], Path]:
    """Return a function that writes an executable shell script and returns its path."""

    def write(path: Path, script: str) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path

    return write


@pytest.fixture
def cli(program: Callable[[Path, str], Path]) -> Callable[..., Path]:
    """Return a function that writes a CLI of a version into a directory and returns the directory."""

    def write(directory: Path, version: str = "v3.259.0") -> Path:
        program(directory / "pulumi", f"echo {version}")
        program(directory / "pulumi-language-python", "")
        return directory

    return write


@pytest.fixture
def only_path(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., None]:
    """Return a function that sets PATH to these directories, and the few commands that the scripts here need.

    The machine's own directories would bring its own pulumi and Go along.
    """

    def put(*directories: Path) -> None:
        commands = tmp_path_factory.mktemp("commands")
        for name in ("bash", "basename", "cat", "dirname", "env", "sh"):
            (commands / name).symlink_to(shutil.which(name, path=os.defpath) or name)
        monkeypatch.setenv("PATH", os.pathsep.join([*map(str, directories), str(commands)]))

    return put


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """Return a named pipe; a process that reads it waits until a test writes to it."""
    path = tmp_path / "gate"
    os.mkfifo(path)
    return path


@pytest.fixture
def python() -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Return a function that starts Python code in a separate process, which ends with the test at the latest."""
    started: list[tuple[subprocess.Popen[str], threading.Timer]] = []

    def start(code: str) -> subprocess.Popen[str]:
        environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
        process = subprocess.Popen(
            [sys.executable, "-c", code],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        # A process that waits forever fails its test instead of blocking it.
        limit = threading.Timer(30, process.kill)
        limit.start()
        started.append((process, limit))
        return process

    yield start
    for process, limit in started:
        limit.cancel()
        with process:
            process.kill()
