"""The error that the operator's commands report in one line."""


class OpsError(Exception):
    """An error that an operator can fix; the message is one line and says how."""
