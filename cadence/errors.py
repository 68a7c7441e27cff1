"""What goes wrong with a schedule, said in one sentence that starts with the fault."""

from __future__ import annotations


class ExpressionError(ValueError):
    """A schedule that EventBridge Scheduler would refuse, or that could not do what it says.

    The text names the fault and what is accepted; the caller prefixes where it stood and the value received.
    """


class ZoneError(ValueError):
    """A name that is no time zone of the IANA database, with the nearest name that is one."""
