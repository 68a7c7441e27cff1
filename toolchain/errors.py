"""What goes wrong while setting up, as a message for the person who typed `make`."""

from __future__ import annotations


class ToolchainError(Exception):
    """The set-up cannot go on; the text says why and what to do, and is all that a user needs to see."""


class UnavailableError(ToolchainError):
    """One way to get a Pulumi CLI does not work here; the text says why, and the next way is tried."""
