"""Credentials of the embedded AWS: made at random for each session and each role, and worth nothing anywhere else."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Self

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_RANDOM_LETTERS = 16
"""Behind the four that name the kind, as in AWS's own keys (IAM User Guide, "IAM identifiers": unique ids)."""
_TOKEN_BYTES = 32


@dataclass(frozen=True)
class Credentials:
    """An access key with its secret and its session token. The token proves who calls: it is compared, and kept."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str = field(repr=False)

    @classmethod
    def random(cls) -> Self:
        """Make credentials that nobody can guess."""
        name = "".join(secrets.choice(_LETTERS) for _ in range(_RANDOM_LETTERS))
        return cls(f"ASIA{name}", secrets.token_hex(_TOKEN_BYTES), secrets.token_hex(_TOKEN_BYTES))

    def environment(self) -> dict[str, str]:
        """Return the variables by which AWS's SDKs find the credentials."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_SESSION_TOKEN": self.token,
        }
