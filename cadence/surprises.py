"""Forms of a cron expression that AWS accepts but that readers may take for something else."""

from __future__ import annotations

import re
from calendar import monthrange
from itertools import chain
from typing import TYPE_CHECKING

from cadence.days import NearestWorkday
from cadence.fields import HOURS, MINUTES, MONTH_DAYS, MONTHS, WEEKDAYS, FieldKind, parse_field
from cadence.words import month_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cadence.cron import Cron

_RANGE = re.compile(r"(\w+)-(\w+)(?:/\d+)?", re.ASCII)
_LEAP_DAY = 29


def surprises(cron: Cron) -> Iterator[str]:
    """Yield a sentence for each such form; it begins with the field."""
    fields = str(cron)[len("cron(") : -1].split()
    kinds = (MINUTES, HOURS, MONTH_DAYS, MONTHS, WEEKDAYS)
    yield from chain.from_iterable(_wrapping(kind, text) for kind, text in zip(kinds, fields, strict=False))
    if isinstance(cron.days, NearestWorkday):
        yield from _skipped_months(cron, cron.days)


def _wrapping(kind: FieldKind, text: str) -> Iterator[str]:
    """Yield a sentence for each range that runs past the end of its field, with the list that means the same."""
    for item in text.split(","):
        found = _RANGE.fullmatch(item)
        if found and (start := kind.number(found[1])) > kind.number(found[2]):
            values = sorted(parse_field(kind, item).values, key=lambda value: (value < start, value))
            labels = [str(value) if found[1].isdecimal() else kind.label(value) for value in values]
            yield (
                f"{kind.name} '{item}' runs past the end of the field, which Scheduler's guide does not show; "
                f"{','.join(labels)} means the same"
            )


def _skipped_months(cron: Cron, rule: NearestWorkday) -> Iterator[str]:
    """Yield a sentence about the selected months that do not have the day, in any of the selected years."""
    skipped = [
        month
        for month in cron.months.values
        if any(rule.day > monthrange(year, month)[1] for year in cron.years.values)
    ]
    if skipped:
        without = f"{month_words(skipped)}{', except in leap years' if rule.day == _LEAP_DAY else ''}"
        yield (
            f"day-of-month '{rule.day}W' skips the months without day {rule.day}: {without}; "
            "LW is the last Monday to Friday of every month"
        )
