"""The one error that the sandbox's commands report."""


class SandboxError(Exception):
    """Something that a user can mend; the message says how."""
