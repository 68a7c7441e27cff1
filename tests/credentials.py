"""Credentials of the session that tests play."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.iam.credentials import Credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

SESSION = Credentials("ASIATESTTESTTESTTEST", "secret", "token")


def no_role(_role: str) -> Mapping[str, str]:
    """Give a task no credentials, whatever its role is."""
    return {}
