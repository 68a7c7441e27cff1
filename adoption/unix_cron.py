"""Reads the five fields of cron, as Unix and as Kubernetes read them, into crons of AWS with the same ticks.

The two differ (cronie, entry.c; robfig/cron v3, parser.go). A `?` is a mistake to Unix, and a star to Kubernetes. A
step after a single number, as in `5/15`, runs to the end of the field in Kubernetes; cronie refuses it, and another
cron may read it in its own way. Weekday 7 is a mistake to Kubernetes. If both day fields are restricted, a day must
match both of them when one begins with a star, as `*/2` does, to Unix; to Kubernetes a `*/2` is like any other list,
and one of them is enough.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING, NoReturn

import cadence
from cadence.errors import ExpressionError
from cadence.fields import HOURS, MINUTES, MONTH_DAYS, MONTH_NAMES, MONTHS, WEEKDAY_NAMES, FieldKind, parse_field

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

_ITEM = re.compile(r"(?:([*?])|([0-9]{1,9}|[A-Z]{3})(?:-([0-9]{1,9}|[A-Z]{3}))?)(?:/([0-9]{1,9}))?")
_DAYS_A_WEEK = 7
_LOOK_AHEAD = timedelta(days=5 * 366)


class Dialect(Enum):
    """Who reads the fields."""

    UNIX = "cron"
    KUBERNETES = "Kubernetes"


class CronError(ValueError):
    """Fields for which AWS has no cron with the same ticks. The message is the reason."""


@dataclass(frozen=True)
class _Kind:
    """One of the five fields. `aws` is the same field of AWS's cron, if its numbers are the same."""

    name: str
    first: int
    last: int
    names: Mapping[str, int] = field(default_factory=dict)
    aws: FieldKind | None = None


_KINDS = (
    _Kind("minute", 0, 59, aws=MINUTES),
    _Kind("hour", 0, 23, aws=HOURS),
    _Kind("day-of-month", 1, 31, aws=MONTH_DAYS),
    _Kind("month", 1, 12, {name: number for number, name in enumerate(MONTH_NAMES, 1)}, MONTHS),
)
_WEEKDAY_NUMBERS = {name: number for number, name in enumerate(WEEKDAY_NAMES)}
_WEEKDAYS = {
    Dialect.UNIX: _Kind("day-of-week", 0, 7, _WEEKDAY_NUMBERS),
    Dialect.KUBERNETES: _Kind("day-of-week", 0, 6, _WEEKDAY_NUMBERS),
}


@dataclass(frozen=True)
class _Field:
    """A field as somebody wrote it, and the values that it means."""

    kind: _Kind
    text: str
    values: Sequence[int]
    star: bool
    """Whether a day must match this field and the other day field too."""

    @property
    def whole(self) -> bool:
        """Whether the field has every value. Both 0 and 7 are Sunday."""
        size = self.kind.last - self.kind.first + 1
        return len(self.values) == min(size, _DAYS_A_WEEK if self.kind.aws is None else size)

    @property
    def listed(self) -> str:
        """The field as a star or as a list."""
        return "*" if self.whole else ",".join(map(str, self.values))

    @property
    def aws(self) -> str:
        """The field as AWS writes it: as it is, if that means the same to AWS."""
        try:
            same = self.kind.aws is not None and list(parse_field(self.kind.aws, self.text).values) == self.values
        except ExpressionError:
            same = False
        return self.text if same and not self.whole else self.listed


def crons(text: str, dialect: Dialect) -> list[str]:
    """Return the bodies of AWS's crons that together have the ticks of a cron or of a macro such as `@daily`.

    There are two when a day has to match only one of the day fields. Raises CronError when AWS has none.
    """
    words = text.split()
    if len(words) == 1 and words[0].startswith("@"):
        return cadence.aws_fields(words[0]) or _none(f"'{words[0]}' is no time that a schedule can have")
    if len(words) != len(_KINDS) + 1:
        _none(f"'{text}' has {len(words)} fields; {dialect.value} has {len(_KINDS) + 1}")
    kinds = (*_KINDS, _WEEKDAYS[dialect])
    minute, hour, day, month, weekday = (_read(*pair, dialect) for pair in zip(kinds, words, strict=True))
    restricted = not day.whole and not weekday.whole
    if restricted and (day.star or weekday.star):
        days = "?", _nth_weekday(text, day.values, weekday.values)
        return [f"{minute.aws} {hour.aws} {days[0]} {month.aws} {days[1]} *"]
    if not restricted and not day.star and not weekday.star:
        days = "*", "*"  # one of them has every day, and that is enough
    else:
        days = (day.listed if restricted else day.aws), weekday.listed
    return cadence.aws_fields(f"{minute.aws} {hour.aws} {days[0]} {month.aws} {days[1]}") or _none(
        f"'{text}' has no cron of AWS with the same ticks"
    )


def both_due(bodies: Sequence[str], timezone: str, now: datetime) -> datetime | None:
    """Return the next wall-clock time at which two crons are both due; None when there is none in five years."""
    one, other = (cadence.parse(f"cron({body})") for body in bodies)
    assert isinstance(other, cadence.Cron)  # noqa: S101 - as its text says
    times = cadence.Timetable(one, timezone=timezone)
    walls = (tick.astimezone(times.zone).replace(tzinfo=None) for tick in times.between(now, now + _LOOK_AHEAD))
    return next((wall for wall in walls if other.matches(wall)), None)


def _read(kind: _Kind, text: str, dialect: Dialect) -> _Field:
    """Return a field; raises CronError when the dialect does not have it."""
    values: set[int] = set()
    star = dialect is Dialect.UNIX and text.startswith("*")
    for item in text.upper().split(","):
        found = _ITEM.fullmatch(item)
        mark, first, last, step = found.groups() if found else (None, None, None, None)
        lonely = first is not None and last is None and step is not None
        if dialect is Dialect.UNIX and lonely:
            _none(f"{kind.name} '{text}' has a step after a single number, which cron refuses or reads in its own way")
        if found is None or (dialect is Dialect.UNIX and mark == "?") or step == "0":
            _none(f"{kind.name} '{text}' is a mistake to {dialect.value}, which does not run the job")
        begin = kind.first if mark else _number(kind, first or "", text)
        end = kind.last if mark or lonely else _number(kind, last or first or "", text)
        if begin > end:
            _none(f"{kind.name} '{text}' runs backwards, which is a mistake to {dialect.value}")
        values.update(range(begin, end + 1, int(step or 1)))
        star = star or (dialect is Dialect.KUBERNETES and mark is not None and int(step or 1) == 1)
    if kind.aws is None:
        values = {value % _DAYS_A_WEEK for value in values}
    return _Field(kind, text.upper(), sorted(values), star)


def _number(kind: _Kind, word: str, text: str) -> int:
    number = kind.names.get(word) if word.isalpha() else int(word)
    if number is None or not kind.first <= number <= kind.last:
        _none(f"{kind.name} '{text}' is out of range; must be {kind.first}-{kind.last}")
    return number


def _nth_weekday(text: str, days: Sequence[int], weekdays: Sequence[int]) -> str:
    """Return the n-th weekday of the month, which is the only one that AWS can select by both day fields."""
    nth = (days[0] + _DAYS_A_WEEK - 1) // _DAYS_A_WEEK
    week = list(range((nth - 1) * _DAYS_A_WEEK + 1, min(nth * _DAYS_A_WEEK, MONTH_DAYS.last) + 1))
    if len(weekdays) != 1 or list(days) != week:
        _none(f"'{text}' wants both day fields to match, since one begins with a star; AWS cannot select days by both")
    return f"{weekdays[0] + 1}#{nth}"


def _none(reason: str) -> NoReturn:
    raise CronError(reason)
