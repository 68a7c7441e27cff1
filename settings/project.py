"""Reads the name of the project, which Pulumi makes the namespace of its keys in stack config."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from settings.problems import Problems

FILE = Path(__file__).parent.parent / "Pulumi.yaml"
_UNNAMED = "scheduled-jobs"
"""Stands for the name in messages while the file cannot be read. The engine then reads no config at all."""


def name(file: Path) -> str | None:
    """Return the project's name; None when the file has none that can be read."""
    if not file.is_file():
        return None
    try:
        found = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 - makes only text
    except (OSError, ValueError, TypeError, RecursionError, yaml.YAMLError):
        return None
    named = found.get("name") if isinstance(found, dict) else None
    return named if isinstance(named, str) and named else None


def check(problems: Problems) -> None:
    """Report a project file without a name that can be read."""
    if name(FILE) is None:
        problems.add(FILE.name, "the project's name cannot be read; must be a line such as name: acme-jobs")


NAMESPACE = name(FILE) or _UNNAMED
"""The project's name, which is also the namespace of its keys in stack config."""
