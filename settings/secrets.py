"""Where a secret may stand in stack config, and what is said of one elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from settings.problems import Problems

ALLOWED = ("alerts",)
"""Sections whose values stay secret all the way: addresses of endpoints often carry a token."""


def check(paths: Collection[str], namespace: str, problems: Problems) -> None:
    """Keep the values under these key paths out of every message, and refuse those that would be stored in clear."""
    problems.hide_values_under(paths)
    allowed = tuple(f"{namespace}:{section}" for section in ALLOWED)
    for path in paths:
        if not path.startswith(allowed):
            problems.add(
                path,
                "holds a secret, but what is configured here is stored and shown in clear; put secrets into the task "
                "definition's 'secrets' (Secrets Manager or SSM), where only the container reads them",
            )
