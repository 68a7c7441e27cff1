"""Reads the list of job files before anything else does, so that a mistake in it is a message and not a traceback.

Nearly every module imports something of the package `jobs`, and so runs its `__init__.py`.
"""

from __future__ import annotations

import importlib
import traceback
from pathlib import Path

_FILE = Path(__file__).parent / "jobs" / "__init__.py"


def problem() -> str | None:
    """Say what keeps jobs/__init__.py from being read, with its line; None when nothing does."""
    try:
        importlib.import_module("jobs")
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the file is the user's: what it raises is theirs to mend
        return f"jobs/__init__.py{_line(error)}: {type(error).__name__}: {error}"
    return None


def _line(error: BaseException) -> str:
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename) == _FILE]
    if isinstance(error, SyntaxError) and error.filename and Path(error.filename) == _FILE:
        lines = [error.lineno]
    return f":{lines[-1]}" if lines and lines[-1] else ""
