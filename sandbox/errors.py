"""Errors that the sandbox's commands report in one line."""


class SandboxError(Exception):
    """An error that the user can fix; the message says how."""


class StoppedError(Exception):
    """The user stopped the command; the message says how far the command came."""
