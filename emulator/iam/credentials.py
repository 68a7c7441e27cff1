"""Credentials of the embedded AWS: random for each session and each role, and valid nowhere else."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Self

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_RANDOM_LETTERS = 16
"""Letters after the four that name the kind, as in AWS's keys (IAM User Guide, "IAM identifiers": unique ids)."""
_TOKEN_BYTES = 32


@dataclass(frozen=True)
class Credentials:
    """An access key with its secret and its session token, which a caller must present to prove its identity."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str = field(repr=False)

    @classmethod
    def random(cls) -> Self:
        """Return random credentials that cannot be guessed."""
        name = "".join(secrets.choice(_LETTERS) for _ in range(_RANDOM_LETTERS))
        return cls(f"ASIA{name}", secrets.token_hex(_TOKEN_BYTES), secrets.token_hex(_TOKEN_BYTES))

    def environment(self) -> dict[str, str]:
        """Return the environment variables in which AWS's SDKs find the credentials."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_SESSION_TOKEN": self.token,
        }
