"""What all policies of roles are written with. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

POLICY_VERSION = "2012-10-17"

Statement = dict[str, Any]


def allow(sid: str, actions: str | Sequence[str], resources: str | Sequence[str]) -> Statement:
    """Return a statement that allows actions on resources."""
    several = actions if isinstance(actions, str) else list(actions)
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Action": several,
        "Resource": resources if isinstance(resources, str) else list(resources),
    }
