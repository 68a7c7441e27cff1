"""Where a secret may stand in stack config, and what is said of one elsewhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from settings.problems import Problems

_ALLOWED = re.compile(r"alerts(\.https(\[\d+\](\.to)?)?)?")
"""What stays secret all the way: addresses of https endpoints, which often carry a token. The engine may not tell where
in a section the secret is."""


def check(paths: Collection[str], namespace: str, problems: Problems) -> None:
    """Keep the values under these key paths out of every message, and refuse those that would be stored in clear."""
    problems.hide_values_under(paths)
    for path in paths:
        if not _ALLOWED.fullmatch(path.removeprefix(f"{namespace}:")):
            problems.add(
                path,
                "holds a secret, but what is configured here is stored and shown in clear; put secrets into the task "
                "definition's 'secrets' (Secrets Manager or SSM), where only the container reads them",
            )
