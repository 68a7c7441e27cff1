"""The cache outside the checkout, which all clones share. One process writes at a time, in complete directories."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from toolchain.errors import ToolchainError
from toolchain.progress import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def cache_directory(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the directory of the tools: `$XDG_CACHE_HOME/scheduled-jobs/toolchain`, by default under `~/.cache`."""
    base = environment.get("XDG_CACHE_HOME", "")
    # The XDG specification says that relative paths are ignored.
    root = Path(base) if os.path.isabs(base) else Path(environment.get("HOME") or Path.home()) / ".cache"  # noqa: PTH117 - "" is not a path
    return root / "scheduled-jobs" / "toolchain"


@contextmanager
def exclusive(lock: Path, waiting_for: str) -> Iterator[None]:
    """Hold `lock`, a file that is created if missing and never removed; print a line if another process has it.

    The kernel releases the lock when the process ends for any reason, so no lock is ever left over.
    """
    with _explained(lock.parent):
        lock.parent.mkdir(parents=True, exist_ok=True)
        handle = lock.open("a")
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another process that is making {waiting_for}")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextmanager
def publish(target: Path) -> Iterator[Path]:
    """Yield a new, empty directory to fill; on success it replaces `target`.

    On failure it is removed, and `target` stays as it was. Directories that killed processes left behind are removed
    first, so the caller must hold the lock of `target`.
    """
    with _explained(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
        for leftover in target.parent.glob(f"{target.name}.part-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        part = Path(tempfile.mkdtemp(prefix=f"{target.name}.part-", dir=target.parent))
    try:
        yield part
        # A directory can replace another one only if that is empty.
        shutil.rmtree(target, ignore_errors=True)
        part.rename(target)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def digest(*parts: bytes | str) -> str:
    """Return a digest of 12 characters that identifies the list of `parts`, including its order."""
    whole = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        whole.update(len(data).to_bytes(8, "big") + data)
    return whole.hexdigest()[:12]


@contextmanager
def _explained(directory: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ToolchainError(
            f"{error.filename or directory}: {error.strerror}; set XDG_CACHE_HOME to another directory for the tools"
        ) from error
