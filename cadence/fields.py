"""One field of a cron expression: numbers, names, ranges, steps and lists, as in AWS's table of fields.

A range may wrap in every field except the year, as in `0/30 20-2 ? * MON-FRI *`, one of AWS's own examples (EventBridge
User Guide, "Cron expressions reference"). AWS's guide gives a step no upper bound, but AWS refuses `*/60` in a rule
(github.com/aws/aws-sdk-js, issue 4212), so a step as large as its field, which selects one value, is refused. A step of
0 and a `*` within a list are documented nowhere and can be written in a simpler way, so they are refused. A step in
day-of-week is refused too, because AWS's table of fields leaves it out. A step after a name is refused: AWS shows none,
and Quartz, whose dialect AWS's cron is, reads `JAN/3` as January alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from cadence.errors import ExpressionError

MONTH_NAMES = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
WEEKDAY_NAMES = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")

_WHOLE_NUMBER = re.compile(r"[0-9]+")


@dataclass(frozen=True)
class FieldKind:
    """The values that one of the six fields of a cron expression accepts.

    `first` and `last` bound its numbers (AWS Scheduler User Guide, "Schedule types", cron-based schedules). `names` are
    names for the numbers from `first` on.
    """

    name: str
    first: int
    last: int
    names: tuple[str, ...] = ()
    steps: bool = True
    wraps: bool = True

    @property
    def size(self) -> int:
        """How many values the field accepts."""
        return self.last - self.first + 1

    @property
    def accepted(self) -> str:
        """The range in AWS's notation, such as `1-12 or JAN-DEC`."""
        numbers = f"{self.first}-{self.last}"
        return f"{numbers} or {self.names[0]}-{self.names[-1]}" if self.names else numbers

    def number(self, text: str) -> int:
        """Return the number that `text` means; raises ExpressionError with the field and its range."""
        if text.upper() in self.names:
            return self.first + self.names.index(text.upper())
        if not _WHOLE_NUMBER.fullmatch(text):
            raise ExpressionError(f"{self.name} '{text}' is not understood; must be {self.accepted}")
        value = int(text) if len(text) <= _LONGEST_NUMBER else self.last + 1
        if self is WEEKDAYS and value == 0:
            raise ExpressionError(f"{self.name} 0 does not exist; AWS counts 1 = SUN to 7 = SAT, and names are safest")
        if not self.first <= value <= self.last:
            raise ExpressionError(f"{self.name} {text} is out of range; must be {self.accepted}")
        return value

    def label(self, value: int, *, stepped: bool = False) -> str:
        """Return `value` as text: a name if the field has names, but a number before a step."""
        return self.names[value - self.first] if self.names and not stepped else str(value)


_LONGEST_NUMBER = 9

MINUTES = FieldKind("minutes", 0, 59)
HOURS = FieldKind("hours", 0, 23)
MONTH_DAYS = FieldKind("day-of-month", 1, 31)
MONTHS = FieldKind("month", 1, 12, MONTH_NAMES)
WEEKDAYS = FieldKind("day-of-week", 1, 7, WEEKDAY_NAMES, steps=False)
YEARS = FieldKind("year", 1970, 2199, wraps=False)


@dataclass(frozen=True)
class Field:
    """A field of an expression: its canonical text, and its selected values in ascending order."""

    text: str
    values: tuple[int, ...] = field(compare=False, repr=False)

    @property
    def whole(self) -> bool:
        """Whether the field is the bare `*`."""
        return self.text == "*"


def parse_field(kind: FieldKind, text: str) -> Field:
    """Return one field; raises ExpressionError when AWS would not accept it."""
    items = text.split(",")
    if "" in items:
        raise ExpressionError(f"{kind.name} '{text}' has an empty item in its list")
    if "*" in items and len(items) > 1:
        raise ExpressionError(f"{kind.name} '{text}' lists '*' with other values; '*' must stand alone")
    labels: list[str] = []
    values: set[int] = set()
    for item in items:
        label, selected = _parse_item(kind, item)
        labels.append(label)
        values.update(selected)
    return Field(",".join(labels), tuple(sorted(values)))


def _parse_item(kind: FieldKind, item: str) -> tuple[str, list[int]]:
    base, slash, step_text = item.partition("/")
    step = _parse_step(kind, item, step_text) if slash else 1
    suffix = f"/{step}" if slash else ""
    if base == "*":
        _check_size(kind, item, step, kind.first)
        return f"*{suffix}", list(range(kind.first, kind.last + 1, step))
    start_text, dash, end_text = base.partition("-")
    if not start_text or (dash and not end_text):
        raise ExpressionError(f"{kind.name} '{item}' is not understood; must be {kind.accepted}")
    bounds = [kind.number(number) for number in ((start_text, end_text) if dash else (start_text,))]
    _check_size(kind, item, step, bounds[0])
    text = "-".join(kind.label(bound, stepped=bool(slash)) for bound in bounds) + suffix
    if slash and not all(_WHOLE_NUMBER.fullmatch(number) for number in base.split("-")):
        raise ExpressionError(
            f"{kind.name} '{item}' has a step after a name, which AWS's guide does not show and Quartz ignores; "
            f"write {text}"
        )
    if dash:
        return text, _span(kind, bounds[0], bounds[1], step)
    return text, list(range(bounds[0], kind.last + 1 if slash else bounds[0] + 1, step))


def _parse_step(kind: FieldKind, item: str, text: str) -> int:
    if not kind.steps:
        raise ExpressionError(
            f"{kind.name} '{item}' has a step, which AWS does not accept there; list the days, such as MON,WED,FRI"
        )
    if not _WHOLE_NUMBER.fullmatch(text) or len(text) > _LONGEST_NUMBER or int(text) == 0:
        raise ExpressionError(f"{kind.name} '{item}' has no step; a whole number of 1 or more must follow '/'")
    return int(text)


def _check_size(kind: FieldKind, item: str, step: int, first: int) -> None:
    if step >= kind.size:
        raise ExpressionError(
            f"{kind.name} '{item}' has a step as large as the field, which AWS may refuse; "
            f"it selects {first}, so write {first}"
        )


def _span(kind: FieldKind, start: int, end: int, step: int) -> list[int]:
    if start <= end:
        return list(range(start, end + 1, step))
    if not kind.wraps:
        raise ExpressionError(
            f"{kind.name} {start}-{end} runs backwards; the first value must not be later than the second"
        )
    return [(value - kind.first) % kind.size + kind.first for value in range(start, end + kind.size + 1, step)]
