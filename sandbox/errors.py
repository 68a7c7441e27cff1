"""What the sandbox's commands report in one line."""


class SandboxError(Exception):
    """Something that a user can mend; the message says how."""


class StoppedError(Exception):
    """The user stopped the command; the message says how far it came."""
