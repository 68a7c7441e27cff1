from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cadence import LONGEST_EXPRESSION, At, Cron, ExpressionError, Rate, Timetable, parse
from cadence.below_a_minute import SHORTEST
from tests.unit.cadence.strategies import expressions

# (expression, the instant before the ticks, the next two ticks): the examples of AWS's Scheduler User Guide and of the
# cron reference in the EventBridge User Guide, with AWS's own meaning.
AWS_EXAMPLES = [
    ("cron(0 10 * * ? *)", "2026-03-02 10:00", ["2026-03-03 10:00", "2026-03-04 10:00"]),
    ("cron(15 12 * * ? *)", "2026-03-02 10:00", ["2026-03-02 12:15", "2026-03-03 12:15"]),
    ("cron(0 18 ? * MON-FRI *)", "2026-03-06 12:00", ["2026-03-06 18:00", "2026-03-09 18:00"]),
    ("cron(0 8 1 * ? *)", "2026-03-02 10:00", ["2026-04-01 08:00", "2026-05-01 08:00"]),
    ("cron(0/15 * * * ? *)", "2026-03-02 10:50", ["2026-03-02 11:00", "2026-03-02 11:15"]),
    ("cron(0/10 * ? * MON-FRI *)", "2026-03-06 23:45", ["2026-03-06 23:50", "2026-03-09 00:00"]),
    ("cron(0/5 8-17 ? * MON-FRI *)", "2026-03-02 17:50", ["2026-03-02 17:55", "2026-03-03 08:00"]),
    ("cron(0/30 20-2 ? * MON-FRI *)", "2026-03-02 02:00", ["2026-03-02 02:30", "2026-03-02 20:00"]),
    ("cron(0 9 ? * 2#1 *)", "2026-03-02 08:00", ["2026-03-02 09:00", "2026-04-06 09:00"]),
    ("cron(15 10 ? * 6L 2022-2023)", "2023-11-01 00:00", ["2023-11-24 10:15", "2023-12-29 10:15"]),
    ("cron(0 2 ? * 3#2 *)", "2026-03-02 10:00", ["2026-03-10 02:00", "2026-04-14 02:00"]),
    ("cron(0 2 3W * ? *)", "2026-04-02 10:00", ["2026-04-03 02:00", "2026-05-04 02:00"]),
    ("cron(1/10 10 * * ? *)", "2026-03-02 10:05", ["2026-03-02 10:11", "2026-03-02 10:21"]),
    ("cron(0 2 1-15 JAN,FEB,MAR ? *)", "2026-03-14 02:00", ["2026-03-15 02:00", "2027-01-01 02:00"]),
    ("cron(0 2 L * ? *)", "2028-02-02 10:00", ["2028-02-29 02:00", "2028-03-31 02:00"]),
    ("cron(0 2 ? * L *)", "2026-03-02 10:00", ["2026-03-07 02:00", "2026-03-14 02:00"]),
    ("at(2022-11-20T13:00:00)", "2022-11-20 12:59", ["2022-11-20 13:00"]),
]

# (written, the canonical form)
FORMS = [
    ("cron(00 07/12 ? * mon-Fri *)", "cron(0 7/12 ? * MON-FRI *)"),
    ("cron(0  2 \t* *  ? *)", "cron(0 2 * * ? *)"),
    (" cron( 0 2 * * ? * ) ", "cron(0 2 * * ? *)"),
    ("cron(0 2 ? 1-3,12 2,4 2026)", "cron(0 2 ? JAN-MAR,DEC MON,WED 2026)"),
    ("cron(0 2 lw 02/3 ? *)", "cron(0 2 LW 2/3 ? *)"),
    ("cron(0 2 1 1-06/2,DEC ? *)", "cron(0 2 1 1-6/2,DEC ? *)"),
    ("cron(0 2 05w * ? *)", "cron(0 2 5W * ? *)"),
    ("cron(0 2 ? * fril *)", "cron(0 2 ? * 6L *)"),
    ("cron(0 2 ? * Tue#2 *)", "cron(0 2 ? * 3#2 *)"),
    ("cron(0 2 ? * L *)", "cron(0 2 ? * SAT *)"),
    ("cron(*/5 22-2/2 ? NOV-FEB FRI-MON 1970-2199/7)", "cron(*/5 22-2/2 ? NOV-FEB FRI-MON 1970-2199/7)"),
    ("rate(1 days)", "rate(1 day)"),
    ("rate(15 minute)", "rate(15 minutes)"),
    ("rate( 005   hours )", "rate(5 hours)"),
    ("at(2026-12-31T23:00:00)", "at(2026-12-31T23:00:00)"),
]

NO_OFFSET = "at cannot have an offset; the time is read in the schedule's timezone"

STEPPED = "has a step after a name, which AWS's guide does not show and Quartz ignores"

LARGE = "has a step as large as the field, which AWS may refuse"

# (written, the whole message)
REFUSED = [
    ("", "is empty; must be one of: cron(...), rate(...), at(...)"),
    ("whenever", "is not understood; must be one of: cron(...), rate(...), at(...)"),
    ("every(5 minutes)", "'every' is unknown; must be one of: cron(...), rate(...), at(...)"),
    ("CRON(0 2 * * ? *)", "'CRON' must be in lower case: cron(0 2 * * ? *)"),
    ("cron(0 2 * * ? *", "the closing bracket is missing, or is not at the end"),
    ("cron (0 2 * * ? *)", "has a space before the bracket; write cron(0 2 * * ? *)"),
    ("0 2 * * ? *", "must be wrapped in cron(...): cron(0 2 * * ? *)"),
    ("15 minutes", "must be wrapped in rate(...): rate(15 minutes)"),
    ("2026-12-31T23:00:00", "must be wrapped in at(...): at(2026-12-31T23:00:00)"),
    (f"cron({'0,' * 130}0 2 * * ? *)", "is longer than 256 characters, which is AWS's limit"),
    ("cron()", "cron must have 6 fields (minutes hours day-of-month month day-of-week year), not 0"),
    ("cron(5)", "cron must have 6 fields (minutes hours day-of-month month day-of-week year), not 1"),
    ("cron(0 6 ? * ? *)", "day-of-month and day-of-week are both '?'; one must be set, such as '*' for every day"),
    ("cron(0 6 1 * MON *)", "day-of-month and day-of-week are both set; one must be '?'"),
    ("cron(0 6 * * MON *)", "day-of-month and day-of-week are both set; one must be '?': cron(0 6 ? * MON *)"),
    ("cron(0 6 1 * * *)", "day-of-month and day-of-week are both set; one must be '?': cron(0 6 1 * ? *)"),
    ("cron(60 6 * * ? *)", "minutes 60 is out of range; must be 0-59"),
    ("cron(0 24 * * ? *)", "hours 24 is out of range; must be 0-23"),
    ("cron(0 6 0 * ? *)", "day-of-month 0 is out of range; must be 1-31"),
    ("cron(0 6 32W * ? *)", "day-of-month 32 is out of range; must be 1-31"),
    ("cron(0 6 * 13 ? *)", "month 13 is out of range; must be 1-12 or JAN-DEC"),
    ("cron(0 6 * JUNE ? *)", "month 'JUNE' is not understood; must be 1-12 or JAN-DEC"),
    ("cron(0 6 ? * 8 *)", "day-of-week 8 is out of range; must be 1-7 or SUN-SAT"),
    ("cron(0 6 ? * 0-7 *)", "day-of-week 0 does not exist; AWS counts 1 = SUN to 7 = SAT, and names are safest"),
    ("cron(0 6 * * ? 1969)", "year 1969 is out of range; must be 1970-2199"),
    ("cron(0 6 * * ? 2028-2026)", "year 2028-2026 runs backwards; the first value must not be later than the second"),
    ("cron(0 6 * * ? 99999999999)", "year 99999999999 is out of range; must be 1970-2199"),
    ("cron(0 ? * * ? *)", "hours '?' is not understood; only day-of-month or day-of-week can be '?'"),
    ("cron(-5 6 * * ? *)", "minutes '-5' is not understood; must be 0-59"),
    ("cron(5- 6 * * ? *)", "minutes '5-' is not understood; must be 0-59"),
    ("cron(٣ 6 * * ? *)", "minutes '٣' is not understood; must be 0-59"),
    ("cron(0 6 1 JAN/3 ? *)", f"month 'JAN/3' {STEPPED}; write 1/3"),
    ("cron(0 6 1 DEC,jan-jun/2 ? *)", f"month 'jan-jun/2' {STEPPED}; write 1-6/2"),
    ("cron(0 6 1 1-jun/2 ? *)", f"month '1-jun/2' {STEPPED}; write 1-6/2"),
    ("cron(0 6\u00a01 * ? *)", "has the space U+00A0, which only looks like a plain one; type a plain space"),
    ("cron(*/0 6 * * ? *)", "minutes '*/0' has no step; a whole number of 1 or more must follow '/'"),
    ("cron(*/60 6 * * ? *)", f"minutes '*/60' {LARGE}; it selects 0, so write 0"),
    ("cron(15/65 6 * * ? *)", f"minutes '15/65' {LARGE}; it selects 15, so write 15"),
    ("cron(0 8-17/24 * * ? *)", f"hours '8-17/24' {LARGE}; it selects 8, so write 8"),
    ("cron(0 6 */31 * ? *)", f"day-of-month '*/31' {LARGE}; it selects 1, so write 1"),
    ("cron(0 6 1 2/12 ? *)", f"month '2/12' {LARGE}; it selects 2, so write 2"),
    ("cron(0 6 1 1 ? 2026/230)", f"year '2026/230' {LARGE}; it selects 2026, so write 2026"),
    ("cron(5/ 6 * * ? *)", "minutes '5/' has no step; a whole number of 1 or more must follow '/'"),
    ("cron(0,,5 6 * * ? *)", "minutes '0,,5' has an empty item in its list"),
    ("cron(*,5 6 * * ? *)", "minutes '*,5' lists '*' with other values; '*' must stand alone"),
    (
        "cron(0 6 L-3 * ? *)",
        "day-of-month 'L-3' counts back from the last day, which AWS does not accept; must be L or LW",
    ),
    ("cron(0 6 WL * ? *)", "day-of-month 'WL' is not understood; the last Monday to Friday of the month is LW"),
    ("cron(0 6 15,L * ? *)", "day-of-month '15,L' is not understood; L, LW and 1W-31W must stand alone in the field"),
    ("cron(0 6 1,? * ? *)", "day-of-month '1,?' is not understood; '?' must stand alone in the field"),
    (
        "cron(0 6 ? * 3#1,6#3 *)",
        "day-of-week '3#1,6#3' is not understood; one day with '#', such as 3#2, must stand alone in the field",
    ),
    ("cron(0 6 ? * 3#6 *)", "day-of-week '3#6' is out of range; the number after '#' must be 1-5"),
    (
        "cron(0 6 ? * MON,6L *)",
        "day-of-week 'MON,6L' is not understood; L, and one day with L such as 6L, must stand alone in the field",
    ),
    (
        "cron(0 6 ? * MON/2 *)",
        "day-of-week 'MON/2' has a step, which AWS does not accept there; list the days, such as MON,WED,FRI",
    ),
    ("rate(5)", "rate has no unit; the unit must be one of: minutes, hours, days, as in rate(5 minutes)"),
    ("rate()", "rate must have a whole number and a unit, such as rate(15 minutes)"),
    ("rate(0 minutes)", "rate's value '0' must be a whole number of 1 or more, as in rate(15 minutes)"),
    ("rate(1.5 hours)", "rate's value '1.5' must be a whole number of 1 or more, as in rate(15 minutes)"),
    ("rate(-1 day)", "rate's value '-1' must be a whole number of 1 or more, as in rate(15 minutes)"),
    ("rate(5minutes)", "rate must be written with a space and in lower case: rate(5 minutes)"),
    ("rate(5 Minutes)", "rate must be written with a space and in lower case: rate(5 minutes)"),
    ("rate(30 seconds)", f"rate cannot count seconds; {SHORTEST}"),
    ("rate(59 sec)", f"rate cannot count seconds; {SHORTEST}"),
    ("rate(120 seconds)", "rate cannot count seconds; write rate(2 minutes)"),
    ("rate(90s)", "rate cannot count seconds; write whole minutes, such as rate(1 minute)"),
    ("rate(0 seconds)", "rate cannot count seconds; write whole minutes, such as rate(1 minute)"),
    ("rate(2 weeks)", "rate cannot count weeks, so write it in days; the unit must be one of: minutes, hours, days"),
    ("rate(5 min)", "rate's unit 'min' is not understood; write rate(5 minutes)"),
    ("rate(5 fortnights)", "rate's unit 'fortnights' is not understood; the unit must be one of: minutes, hours, days"),
    ("rate(9999999999 days)", "rate's value must have at most 9 digits"),
    (
        "at(2026-12-31T23:00:00+01:00)",
        f"{NO_OFFSET}: at(2026-12-31T22:00:00) with timezone UTC is the same instant",
    ),
    (
        "at(2026-12-31T23:00:00Z)",
        f"{NO_OFFSET}: at(2026-12-31T23:00:00) with timezone UTC is the same instant",
    ),
    (
        "at(2026-12-31 23:00)",
        "at's time is not understood; must be at(yyyy-mm-ddThh:mm:ss), in this case at(2026-12-31T23:00:00)",
    ),
    ("at(tomorrow)", "at's time is not understood; must be at(yyyy-mm-ddThh:mm:ss)"),
    (
        "at(2026-02-30T00:00:00)",
        "at's time does not exist (day is out of range for month); must be at(yyyy-mm-ddThh:mm:ss)",
    ),
]


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(("expression", "after", "ticks"), AWS_EXAMPLES, ids=[row[0] for row in AWS_EXAMPLES])
def test_reads_the_examples_of_aws_as_aws_does(expression: str, after: str, ticks: list[str]) -> None:
    """Every example of AWS's guides has the next ticks that the guide describes."""
    assert list(islice(Timetable(parse(expression)).ticks(_at(after)), 2)) == [_at(tick) for tick in ticks]


@pytest.mark.parametrize(("written", "printed"), FORMS, ids=[row[0] for row in FORMS])
def test_prints_the_one_canonical_form(written: str, printed: str) -> None:
    """Case, spaces, leading zeros, numbers for names and plurals are accepted, and have one canonical form."""
    assert parse(written).canonical == printed
    assert parse(written) == parse(printed)


@pytest.mark.parametrize("written", [row[0] for row in FORMS])
def test_sends_what_was_typed(written: str) -> None:
    """The text for AWS is what was typed, without the spaces at its ends."""
    assert str(parse(f"  {written}\n")) == written.strip()


@pytest.mark.parametrize(("written", "message"), REFUSED, ids=[row[0][:40] or "nothing" for row in REFUSED])
def test_says_what_is_wrong_and_what_is_accepted(written: str, message: str) -> None:
    """An expression that AWS refuses is refused with this message."""
    with pytest.raises(ExpressionError) as refusal:
        parse(written)
    assert str(refusal.value) == message


def test_the_limit_of_characters_is_that_of_aws() -> None:
    """An expression of 256 characters is read, however long its canonical form is, and one more is refused."""
    months = "1,2,3,4,5,6,7,8,9,10,11,12"
    longest = f"cron({','.join(map(str, range(60)))} 1,2,3,4,5,6,7 ? {months} 1,2,3 2026)"
    longest = longest.replace("2026)", f"2026{',2026' * ((256 - len(longest)) // 5)})")
    longest = longest.replace("(0,", f"({'0' * (256 - len(longest))}0,")
    assert len(longest) == 256
    assert str(parse(f" {longest} ")) == longest
    with pytest.raises(ExpressionError, match="is longer than 256 characters, which is AWS's limit"):
        parse(longest.replace("(0", "(00"))


@given(expressions)
def test_printing_and_parsing_agree(expression: str) -> None:
    """The canonical form of an expression parses to an equal value with the same hash and the same form."""
    first = parse(expression)
    assume(len(first.canonical) <= LONGEST_EXPRESSION)
    again = parse(first.canonical)
    assert (again, hash(again), again.canonical) == (first, hash(first), first.canonical)
    assert str(first) == expression


@given(st.text(alphabet="cronateLW#?*/,-()0123456789MONFRI: T@", max_size=60) | st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Any text is parsed or raises ExpressionError."""
    with suppress(ExpressionError):
        assert str(parse(text))


def test_reads_each_kind_into_its_own_value() -> None:
    """Each kind of expression has its own type, and no two kinds are equal."""
    kinds = [parse("cron(0 2 * * ? *)"), parse("rate(1 day)"), parse("at(2026-12-31T23:00:00)")]
    assert [type(kind) for kind in kinds] == [Cron, Rate, At]
    assert len(set(kinds)) == 3


@pytest.mark.parametrize(
    ("expression", "period"),
    [
        ("rate(90 minutes)", timedelta(minutes=90)),
        ("rate(2 hours)", timedelta(hours=2)),
        ("rate(1 day)", timedelta(hours=24)),
    ],
)
def test_rate_has_its_period(expression: str, period: timedelta) -> None:
    """A rate's period is its value in minutes, hours or days of 24 hours."""
    rate = parse(expression)
    assert isinstance(rate, Rate)
    assert rate.period == period
