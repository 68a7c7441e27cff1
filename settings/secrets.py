"""Checks that stack config has secrets only where they stay secret."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from settings.problems import Problems

_ALLOWED = re.compile(r"alerts(\.https(\[\d+\](\.to)?)?)?")
"""The values that stay secret: addresses of https endpoints, which often contain a token. The path may also be the
whole section, since the engine may mark only that."""

_SOURCES = re.compile(r"\.secrets([.\[]|$)")
"""A key path to the places of secrets, of a job with an image of its own."""
_OF_A_RECEIVER = re.compile(r"receivers[.\[].*\.secret$")
"""A key path to the name of a receiver's secret."""


def check(paths: Collection[str], namespace: str, problems: Problems) -> None:
    """Hide the values under these key paths in every message, and report the paths that are stored in clear."""
    problems.hide_values_under(paths)
    for path in paths:
        if not _ALLOWED.fullmatch(path.removeprefix(f"{namespace}:")):
            problems.add(path, f"contains a secret, but this value is stored and shown in clear; {_advice(path)}")


def _advice(path: str) -> str:
    """Return what to do with a secret at a path that is stored in clear."""
    if _SOURCES.search(path):
        return "put the secret into Secrets Manager or Parameter Store, and write its ARN or name here"
    if _OF_A_RECEIVER.search(path):
        return "put the secret into Secrets Manager, and write its name or its ARN here"
    return (
        "put secrets into the task definition's 'secrets' (Secrets Manager or SSM), where only the container reads them"
    )
