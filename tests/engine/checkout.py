"""A checkout of its own for tests of `python -m sandbox`, so that they and the user's sandbox do not meet."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.session import CHECKOUT, Session

if TYPE_CHECKING:
    from pathlib import Path

_LEFT_OUT = (".*", "bench", "docs", "tests")
_GIT = ("git", "-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false")


@dataclass(frozen=True)
class Checkout:
    """A copy of the checkout's files."""

    folder: Path

    @property
    def session(self) -> Session:
        """The sandbox that commands in this checkout work on."""
        return Session(self.folder / ".sandbox")

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start `python -m sandbox`; its output is read by the caller."""
        return subprocess.Popen(
            [sys.executable, "-m", "sandbox", *arguments],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `python -m sandbox` to its end."""
        return finish(self.start(*arguments))

    def commit(self) -> None:
        """Make the files the HEAD of a git repository."""
        for command in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "--no-verify", "--message=all")):
            subprocess.run([*_GIT, *command], cwd=self.folder, check=True, capture_output=True)


def finish(process: subprocess.Popen[str]) -> subprocess.CompletedProcess[str]:
    """Wait for a command, and return what it printed."""
    with process:
        out, err = process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def copy_checkout(folder: Path) -> Checkout:
    """Copy what is in the checkout, with compiled files, but without its history, other caches and tests."""
    shutil.copytree(CHECKOUT, folder, ignore=shutil.ignore_patterns(*_LEFT_OUT))
    return Checkout(folder)
