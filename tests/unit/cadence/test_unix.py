from __future__ import annotations

import re
from datetime import UTC, datetime
from itertools import islice

import pytest
from cronsim import CronSim
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cadence import ExpressionError, Timetable, parse
from cadence.below_a_minute import SHORTEST

START = datetime(2026, 3, 15, 10, 30, tzinfo=UTC)
SIX = "five fields are Unix cron, but AWS's cron has six"
EITHER = "Unix cron fires when either day field matches, so write two schedules"

# (written, the whole message)
HELP = [
    ("0 6 * * *", f"{SIX}: cron(0 6 * * ? *)"),
    ("cron(0 6 * * *)", f"{SIX}: cron(0 6 * * ? *)"),
    ("cron(0 6 * * 1-5)", f"{SIX}: cron(0 6 ? * MON-FRI *)"),
    ("cron(0 6 * * 0)", f"{SIX}: cron(0 6 ? * SUN *)"),
    ("cron(0 6 * * 7)", f"{SIX}: cron(0 6 ? * SUN *)"),
    ("cron(0 6 * * 0-7)", f"{SIX}: cron(0 6 ? * * *)"),
    ("cron(0 6 * * 5-7)", f"{SIX}: cron(0 6 ? * SUN,FRI,SAT *)"),
    ("cron(0 6 * * mon,3)", f"{SIX}: cron(0 6 ? * MON,WED *)"),
    ("cron(0 6 * * */2)", f"{SIX}: cron(0 6 ? * SUN,TUE,THU,SAT *)"),
    ("cron(*/5 6 1,15 jan-mar *)", f"{SIX}: cron(*/5 6 1,15 JAN-MAR ? *)"),
    (
        "cron(0 6 1 * 1)",
        f"{SIX}; {EITHER}: cron(0 6 1 * ? *) and cron(0 6 ? * MON *)",
    ),
    (
        "cron(0 6 */2 * 1)",
        f"{SIX}, and AWS cannot select by day-of-month and day-of-week together; one must be '?'",
    ),
    ("cron(0 6 * * ?)", "the sixth field, the year, is missing: cron(0 6 * * ? *)"),
    ("cron(0 6 ? * 2-6)", "the sixth field, the year, is missing: cron(0 6 ? * MON-FRI *)"),
    ("@daily", "'@daily' is a form of Unix cron, which AWS does not accept: cron(0 0 * * ? *)"),
    ("cron(@hourly)", "'@hourly' is a form of Unix cron, which AWS does not accept: cron(0 * * * ? *)"),
    (
        "@reboot",
        "'@reboot' is not known to AWS; must be cron(minutes hours day-of-month month day-of-week year)",
    ),
    ("0 0 12 * * ?", "AWS's cron has no seconds: cron(0 12 * * ? *)"),
    ("cron(30 0 12 ? * MON 2026)", "AWS's cron has no seconds: cron(0 12 ? * MON 2026)"),
    (
        "cron(0 25 * * *)",
        "cron must have 6 fields (minutes hours day-of-month month day-of-week year), not 5",
    ),
    ("cron(*/10 0 12 * * ?)", f"AWS's cron has no seconds, and '*/10' is several of them; {SHORTEST}"),
    ("cron(*/30 * * * * ? *)", f"AWS's cron has no seconds, and '*/30' is several of them; {SHORTEST}"),
    ("0,30 0 12 ? * MON 2026", f"AWS's cron has no seconds, and '0,30' is several of them; {SHORTEST}"),
    (
        "cron(0 6 * * 5-1,3)",
        "cron must have 6 fields (minutes hours day-of-month month day-of-week year), not 5",
    ),
    (
        "cron(0 6 * * 8)",
        "cron must have 6 fields (minutes hours day-of-month month day-of-week year), not 5",
    ),
]
ZONE = "a time zone cannot stand before the fields"
EVERY = "is a form of Go's cron, which AWS does not accept"
WHOLE = "a rate is a whole number of minutes, hours or days, such as rate(15 minutes)"
BOTH = "must be wrapped in cron(...), and day-of-month and day-of-week are both set; one must be '?'"

# (written, the whole message)
HELP_FOR_GO = [
    ("@every 4h", f"'@every 4h' {EVERY}: rate(4 hours), or {{rate: 4 hours}}"),
    ("@every 1h30m", f"'@every 1h30m' {EVERY}: rate(90 minutes), or {{rate: 90 minutes}}"),
    ("@Every 60s", f"'@Every 60s' {EVERY}: rate(1 minute), or {{rate: 1 minute}}"),
    ("cron(@every 24h)", f"'@every 24h' {EVERY}: rate(24 hours), or {{rate: 24 hours}}"),
    ("@every 90s", f"'@every 90s' {EVERY}; {WHOLE}"),
    ("@every 30s", f"'@every 30s' {EVERY}; {SHORTEST}"),
    ("@every 0s", f"'@every 0s' {EVERY}; {WHOLE}"),
    ("@every day", f"'@every day' {EVERY}; {WHOLE}"),
    ("CRON_TZ=Europe/Berlin 1 0 * * *", f'{ZONE}; write {{cron: "1 0 * * ? *", timezone: Europe/Berlin}}'),
    ("TZ=Europe/Berlin @daily", f'{ZONE}; write {{cron: "0 0 * * ? *", timezone: Europe/Berlin}}'),
    ("cron(CRON_TZ=UTC 0 2 * * ? *)", f'{ZONE}; write {{cron: "0 2 * * ? *", timezone: UTC}}'),
    (
        "CRON_TZ=UTC 0 6 1 * 1",
        (
            f'{ZONE}; write two schedules: {{cron: "0 6 1 * ? *", timezone: UTC}} and '
            '{cron: "0 6 ? * MON *", timezone: UTC}'
        ),
    ),
    ("CRON_TZ=Berlin 1 0 * * *", f"{ZONE}; 'Berlin': no such time zone; did you mean Europe/Berlin?"),
    ("CRON_TZ=UTC often", f"{ZONE}; write timezone: UTC beside cron"),
    (
        "0 0 2 * * *",
        f"{BOTH}: cron(0 0 2 * ? *); if the first field counts seconds, write cron(0 2 * * ? *)",
    ),
    (
        "0 0 12 * * MON",
        (
            "must be wrapped in cron(...), and year 'MON' is not understood; must be 1970-2199; "
            "if the first field counts seconds, write cron(0 12 ? * MON *)"
        ),
    ),
    ("*/5 * * * * *", f"{BOTH}: cron(*/5 * * * ? *); if the first field counts seconds, {SHORTEST}"),
    ("0 24 * * ? *", "must be wrapped in cron(...), and hours 24 is out of range; must be 0-23"),
]
_minutes = st.sampled_from(["0", "*/20", "5,35", "10-14", "7-59/13"])
_hours = st.sampled_from(["*", "6", "*/5", "1,23", "9-17"])
_weekday = st.integers(0, 6)
_weekdays = (
    st.integers(0, 7).map(str)
    | st.tuples(_weekday, _weekday).map(lambda pair: f"{min(pair)}-{max(pair)}")
    | st.lists(_weekday.map(str), min_size=1, max_size=4).map(",".join)
    | st.integers(1, 7).map("*/{}".format)
    | st.sampled_from(["mon-fri", "SUN", "0-7", "1-7/2", "5-7"])
)
_days = st.integers(1, 28).map(str) | st.sampled_from(["1,15", "10-20", "*/10", "28,31"])
_months = st.sampled_from(["*", "2", "jan", "3-8", "*/4"])


@pytest.mark.parametrize(("written", "message"), [*HELP, *HELP_FOR_GO], ids=[row[0] for row in [*HELP, *HELP_FOR_GO]])
def test_answers_other_dialects_with_the_form_of_aws(written: str, message: str) -> None:
    """Five fields, macros, seconds and Go's forms are refused with the equivalent form, if one exists."""
    with pytest.raises(ExpressionError) as refusal:
        parse(written)
    assert str(refusal.value) == message


@settings(deadline=None)
@given(_minutes, _hours, st.just("*") | _days, _months, st.just("*") | _weekdays)
def test_the_form_of_aws_means_the_same(minutes: str, hours: str, day: str, month: str, weekday: str) -> None:
    """The forms that are offered for five fields have together exactly the ticks of the Unix cron."""
    unix = f"{minutes} {hours} {day} {month} {weekday}"
    with pytest.raises(ExpressionError) as refusal:
        parse(unix)
    offered = re.findall(r"cron\([^)]*\)", str(refusal.value))
    assume(offered)
    merged = {tick for form in offered for tick in islice(Timetable(parse(form)).ticks(START), 40)}
    assert sorted(merged)[:40] == list(islice(CronSim(unix, START), 40))
