"""The errors of the set-up. Their messages are for the person who typed `make`."""

from __future__ import annotations


class ToolchainError(Exception):
    """The set-up cannot continue. The message says why and what to do, and is all that a user needs to see."""


class UnavailableError(ToolchainError):
    """One way to get a Pulumi CLI does not work here. The message says why, and the next way is tried."""
