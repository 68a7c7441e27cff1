"""The errors that the operator's commands report in one line."""


class OpsError(Exception):
    """An error that an operator can fix; the message is one line and says how."""

    exit_code = 1
    """The exit code of the command, which may set another one."""


class WrongArgumentError(OpsError):
    """An argument that no stack can accept: seen in what was typed, without a look at the account."""

    exit_code = 2
    """That of wrong usage, as typer has it."""


class NotFoundError(OpsError):
    """What the operator named does not exist."""
