"""Calendars of stack config: named days and spans on which the schedules that name them do not run."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated, Self

import pydantic
from pydantic import Field

from settings.section import Section
from settings.unquoted import quoting

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from zoneinfo import ZoneInfo

_YEARS = range(2, 9999)
"""Every zone can show these years."""
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_FORMS = "a day such as 2026-12-25, or a date and time such as 2026-12-25T18:00:00, with or without an offset"


def _read(text: str) -> date | datetime:
    """Return a day, or a date and time; ValueError, with what would be accepted, for another text."""
    try:
        moment = date.fromisoformat(text) if _DAY.fullmatch(text) else datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"must be {_FORMS}{quoting(text)}") from None
    if isinstance(moment, datetime) and moment.microsecond:
        raise ValueError("has parts of a second; write whole seconds")
    if moment.year not in _YEARS:
        raise ValueError(f"must be in the years {_YEARS.start} to {_YEARS.stop - 1}")
    return moment


def _is_moment(text: str) -> str:
    _read(text)
    return text


def _is_day(text: str) -> str:
    if _DAY.fullmatch(text) is None:
        raise ValueError(f"must be a day such as 2026-12-25, or a mapping with from and until{quoting(text)}")
    return _is_moment(text)


Day = Annotated[str, Field(strict=True, examples=["2026-12-25"]), pydantic.AfterValidator(_is_day)]
"""A day of the schedule's time zone."""
Moment = Annotated[str, Field(strict=True, examples=["2026-12-25"]), pydantic.AfterValidator(_is_moment)]


class Span(Section):
    """A span of time without runs. Days, and times without an offset, are those of the schedule's time zone."""

    from_: Moment = Field(alias="from")
    """The first day or moment."""
    until: Moment
    """The last day, or the first moment that is open again."""
    reason: Annotated[str, Field(max_length=100)] = ""
    """The preview and the report show it."""

    @pydantic.model_validator(mode="after")
    def _has_a_length(self) -> Self:
        begin, end = (_wall(self.from_), _wall(self.until, ends=True))
        if (begin.tzinfo is None) != (end.tzinfo is None):
            raise ValueError("from and until must both have an offset, or neither")
        if end <= begin:
            raise ValueError(f"until '{self.until}' must be later than from '{self.from_}'")
        return self

    def bounds(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Return the first instant of the span and the first one after it, in UTC, for a schedule in this zone."""
        return _instant(_wall(self.from_), zone), _instant(_wall(self.until, ends=True), zone)


def _wall(text: str, *, ends: bool = False) -> datetime:
    """Return a moment, without a zone unless it has an offset. A day that `ends` a span belongs to it."""
    moment = _read(text)
    if isinstance(moment, datetime):
        return moment
    return datetime.combine(moment + timedelta(days=1) if ends else moment, time())


def _instant(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return a moment in UTC. A time that the clocks skip is the moment of the skip, and of two it is the first."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def _form_of(value: object) -> str | None:
    if isinstance(value, str):
        return "[name]"
    if isinstance(value, list):
        return "[list]"
    return "[mapping]" if isinstance(value, dict | Span) else None


_Item = Annotated[
    Annotated[Day, pydantic.Tag("[name]")] | Annotated[Span, pydantic.Tag("[mapping]")],
    pydantic.Discriminator(
        _form_of,
        custom_error_type="calendar_item",
        custom_error_message="must be a day such as 2026-12-25, or a mapping with from and until",
    ),
]

Calendar = Annotated[
    Annotated[list[_Item], pydantic.Tag("[list]")] | Annotated[Span, pydantic.Tag("[mapping]")],
    pydantic.Discriminator(
        _form_of,
        custom_error_type="calendar",
        custom_error_message='must be a list of days, such as ["2026-12-25"], or a mapping with from and until',
    ),
]
"""Days and spans, or one span. An empty list closes nothing: so a stack does without a calendar that its jobs name."""


def spans(calendar: Sequence[str | Span] | Span) -> Iterator[Span]:
    """Yield the spans of a calendar; a day is a span too."""
    for item in [calendar] if isinstance(calendar, Span) else calendar:
        yield item if isinstance(item, Span) else Span.model_validate({"from": item, "until": item})
