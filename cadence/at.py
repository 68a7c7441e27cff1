"""AWS's at expression: one wall-clock time, read in the schedule's time zone."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cadence.errors import ExpressionError

_FORM = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}", re.ASCII)
_OFFSET = re.compile(r"(.*T\d{2}:\d{2}(?::\d{2})?(?:\.\d+)?)\s*(?:Z|z|[+-]\d{2}(?::?\d{2})?)", re.ASCII)
_ACCEPTED = "must be at(yyyy-mm-ddThh:mm:ss)"


@dataclass(frozen=True)
class At:
    """`at(yyyy-mm-ddThh:mm:ss)`: one tick. `wall` has no zone. For `typed` and `str()` see `parse`."""

    wall: datetime
    typed: str = field(default="", compare=False, repr=False)

    def __str__(self) -> str:
        """Return the text to send to AWS."""
        return self.typed or self.canonical

    @property
    def canonical(self) -> str:
        """The form for people, such as `at(2026-12-31T23:00:00)`."""
        return f"at({self.wall.isoformat(timespec='seconds')})"


def parse_at(body: str) -> At:
    """Return the expression for the text between the brackets of `at(...)`; raises ExpressionError."""
    text = body.strip()
    offset = _OFFSET.fullmatch(text)
    if offset:
        raise ExpressionError(_offset_message(text, offset[1]))
    if not _FORM.fullmatch(text):
        raise ExpressionError(_form_message(text))
    try:
        return At(datetime.fromisoformat(text))
    except ValueError as error:
        raise ExpressionError(f"at's time does not exist ({error}); {_ACCEPTED}") from None


def _offset_message(text: str, local: str) -> str:
    """Return a message that offers the same instant in UTC, which needs no guess at the zone."""
    msg = "at cannot have an offset; the time is read in the schedule's timezone"
    try:
        instant = datetime.fromisoformat(text.replace(" ", "").replace("z", "Z")).astimezone(UTC)
    except (ValueError, OverflowError):
        return f"{msg}: at({local})"
    return f"{msg}: at({instant:%Y-%m-%dT%H:%M:%S}) with timezone UTC is the same instant"


def _form_message(text: str) -> str:
    msg = f"at's time is not understood; {_ACCEPTED}"
    try:
        meant = datetime.fromisoformat(text)
    except ValueError:
        return msg
    return f"{msg}, in this case {At(meant.replace(microsecond=0, tzinfo=None))}"
