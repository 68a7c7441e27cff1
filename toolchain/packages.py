"""Checks that this Python has the program's packages, for the commands that a person may start with any Python."""

from __future__ import annotations

import importlib.util
import sys

_NEEDED = ("pulumi", "pydantic", "typer", "tzdata")
"""Packages that the commands import first or need always. They are installed together, so these stand for all."""


def require() -> None:
    """End the process with one line if this Python lacks a package."""
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        sys.exit(f"error: this Python has no package '{missing[0]}'; run `make setup`, then use .venv/bin/python")
