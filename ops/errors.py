"""What the operator's commands report in one line."""


class OpsError(Exception):
    """Something that an operator can mend; the message is one line and says how."""
