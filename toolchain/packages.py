"""Explains that a Python lacks a package of the program, for the commands that a person may start with any Python."""

from __future__ import annotations


def lacks_package(missing: ModuleNotFoundError) -> str:
    """Return one line that names the package, and the Python that has it."""
    return f"error: this Python has no package '{missing.name}'; run `make setup`, then use .venv/bin/python"
