"""Schedules of AWS's EventBridge Scheduler: expressions, time zones, and the instants at which they fire.

Pure. It uses only the standard library and the tzdata package.
"""

from cadence.at import At
from cadence.cron import Cron
from cadence.errors import ExpressionError, ZoneError
from cadence.expression import LONGEST_EXPRESSION, parse
from cadence.rate import Rate
from cadence.timetable import LONGEST_WINDOW, Timetable
from cadence.unix import aws_fields
from cadence.upcoming import next_ticks
from cadence.words import describe
from cadence.zones import zone

__all__ = [
    "LONGEST_EXPRESSION",
    "LONGEST_WINDOW",
    "At",
    "Cron",
    "ExpressionError",
    "Rate",
    "Timetable",
    "ZoneError",
    "aws_fields",
    "describe",
    "next_ticks",
    "parse",
    "zone",
]
