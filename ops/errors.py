"""The errors that the operator's commands report in one line."""


class OpsError(Exception):
    """An error that an operator can fix; the message is one line and says how."""

    exit_code = 1
    """The exit code of the command, which may set another one."""


class NotFoundError(OpsError):
    """What the operator named does not exist."""
