"""The errors of schedules. Each message is one sentence that begins with the mistake."""

from __future__ import annotations


class ExpressionError(ValueError):
    """A schedule that EventBridge Scheduler would refuse, or that could never work as written.

    The message names the mistake and the accepted form. The caller puts the key and the received value before it.
    """


class ZoneError(ValueError):
    """A name that is not a time zone of the IANA database. The message offers the nearest zone."""
