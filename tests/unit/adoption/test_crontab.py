from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import takewhile
from operator import ge
from typing import TYPE_CHECKING, Any

import pytest
from cronsim import CronSim, CronSimError
from hypothesis import given, reject, settings
from hypothesis import strategies as st

import cadence
from adoption import crontab
from tests.unit.adoption.adopting import checked, todos, write
from tests.unit.adoption.test_unix_cron import days, times

if TYPE_CHECKING:
    from pathlib import Path

    from adoption.found import Contents

NOW = datetime(2026, 11, 29, 10, tzinfo=UTC)
YEAR = NOW + timedelta(days=365)
SERVICE = {"cluster": "production", "name": "web"}


def read(text: str, **given: Any) -> Contents:  # noqa: ANN401 - fields of Table
    """Read a crontab named `crontab`."""
    usual: dict[str, Any] = {"system": False, "timezone": "UTC", "service": SERVICE, "container": None}
    return crontab.read(crontab.Table(text=text, file="crontab", **{**usual, **given}), NOW)


def command(line: str, **given: Any) -> list[str]:  # noqa: ANN401 - fields of Table
    """Return the command of a line that runs every day."""
    [one] = read(f"0 1 * * * {line}\n", **given).found
    return list(one.job.command or ())


@pytest.mark.parametrize("between", [" ", "    ", "\t", " \t "])
def test_what_is_between_user_and_command(between: str) -> None:
    """System crontabs are often written with tabs."""
    assert command(f"backup{between}prune.sh --old", system=True) == ["prune.sh", "--old"]


REAL = r"""
# /etc/crontab: system-wide crontab
SHELL=/bin/sh
PATH=/usr/local/sbin:/usr/local/bin:/sbin:/bin:/usr/sbin:/usr/bin
MAILTO=ops@example.com
REPORT_FORMAT = "csv"
API_TOKEN=abcdef123456

17 *	* * *	root    cd / && run-parts --report /etc/cron.hourly
# Sends the invoices of the month
0 3	1 * *	www-data	/usr/bin/php /srv/shop/artisan invoices:send --force
@weekly www-data /usr/local/bin/prune.sh
@reboot root /usr/bin/agent
CRON_TZ=Europe/Berlin
30 2 * * 1-5 www-data /usr/bin/python3 /srv/app/manage.py sync_orders >> /var/log/sync.log 2>&1
this is not a line
"""


def test_a_real_crontab_passes_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its times are those of the lines, its schedules are disabled, and nothing of a secret is in a file."""
    made = write(tmp_path, read(REAL))
    found = checked(tmp_path, capsys)
    assert found["problems"] == []
    assert {one["name"]: (one["words"], one["enabled"]) for one in found["schedules"]} == {
        "run-parts": ("every hour from 00:17, UTC", False),
        "invoices-send": ("at 03:00 on day 1 of the month, UTC", False),
        "prune": ("at 00:00 on Sundays, UTC", False),
        "sync-orders": ("at 02:30 on weekdays, Europe/Berlin", False),
    }
    assert "abcdef123456" not in "".join(made.files.values())
    assert 'description="Sends the invoices of the month"' in made.files["jobs/invoices_send.py"]
    assert 'environment={"REPORT_FORMAT": "csv"}' in made.files["jobs/prune.py"]


def test_what_is_not_carried_over_is_listed_with_its_line() -> None:
    """Each line has the place, the field and what to do."""
    lines = todos(read(REAL))
    assert "crontab:4: PATH: is about the machine, so it is left out; the image has its own" in lines
    assert (
        "crontab:5: MAILTO: cron mails what a command prints to ops@example.com; alerts are about ticks that went "
        "wrong: write scheduled-jobs:alerts: {email: [ops@example.com]}"
    ) in lines
    assert any(line.startswith("crontab:7: environment.API_TOKEN: looks secret") for line in lines)
    assert "crontab:9: user: is root; here the image or the task definition says who runs the command" in lines
    assert any(line.startswith("crontab:13: @reboot: runs when the machine starts") for line in lines)
    assert any(line.startswith("crontab:15: command: writes to a file") for line in lines)
    assert "crontab:16: is no line of a crontab, so it is left out" in lines


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("/usr/local/bin/backup.sh --full", ["/usr/local/bin/backup.sh", "--full"]),
        ("backup 'a b'", ["backup", "a b"]),
        ("cd /srv && ./sync", ["/bin/sh", "-c", "cd /srv && ./sync"]),
        ("TZ=UTC report", ["/bin/sh", "-c", "TZ=UTC report"]),
        (r"report $(date +\%F)", ["/bin/sh", "-c", "report $(date +%F)"]),
        (
            r"mail ops%Hello,%100\% done",
            ["/bin/sh", "-c", "mail ops <<'END_OF_INPUT'\nHello,\n100% done\nEND_OF_INPUT\n"],
        ),
        ("curl -u u:p https://u:secretpw@example.com", ["curl", "-u", "u:p", "https://u:[password]@example.com"]),
        ("PGPASSWORD=hunter22 pg_dump", ["/bin/sh", "-c", "PGPASSWORD=[PGPASSWORD] pg_dump"]),
        ("mysqldump --password hunter22 shop", ["mysqldump", "--password", "[password]", "shop"]),
    ],
    ids=["words", "quotes", "shell", "variable", "percent", "input", "address", "assignment", "option"],
)
def test_what_a_command_becomes(line: str, expected: list[str]) -> None:
    """Words are as the shell splits them; a shell runs what needs one, and a secret is replaced by its name."""
    assert command(line) == expected


def test_the_shell_of_the_table_runs_its_commands() -> None:
    """It holds for the lines below it."""
    text = "0 1 * * * a | b\nSHELL=/bin/bash\n0 1 * * * a | b\n"
    assert [(one.job.command or ())[0] for one in read(text).found] == ["/bin/sh", "/bin/bash"]


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("/usr/bin/php /srv/artisan schedule:run", "schedule:run"),
        ("cd /srv/app && ./sync.sh", "sync"),
        ("flock -n /tmp/lock nice -n 19 /opt/import.py", "import"),
        ("bundle exec rake orders:export", "orders:export"),
        ("python3", "python3"),
    ],
    ids=["artisan", "folder", "lock", "rake", "only a program"],
)
def test_a_job_is_named_after_what_it_runs(line: str, name: str) -> None:
    """Programs, options and folders say nothing."""
    [one] = read(f"0 1 * * * {line}\n").found
    assert one.job.name == name


def test_a_delay_is_a_window() -> None:
    """RANDOM_DELAY of cronie is at most that many minutes."""
    [one] = read("RANDOM_DELAY=45\n0 1 * * * a\n").found
    assert one.schedules == {
        "": {"cron": "0 1 * * ? *", "timezone": "UTC", "window": "45 minutes", "enabled": False},
    }


def test_a_zone_that_nobody_has_said_is_listed() -> None:
    """It is UTC then. CRON_TZ or an option says it."""
    wanted = "crontab: does not say its time zone, so the schedules are in UTC; --timezone sets the zone of the machine"
    assert wanted in todos(read("0 1 * * * a\n", timezone=None))
    assert wanted not in todos(read("CRON_TZ=UTC\n0 1 * * * a\n", timezone=None))
    [one] = read("0 1 * * * a\n", timezone="Asia/Kolkata").found
    assert one.schedules[""]["timezone"] == "Asia/Kolkata"


def test_a_schedule_that_no_cron_of_aws_has_leaves_the_job_off(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The job file is there, and the line says what to do."""
    contents = read("0 0 */7 * 1 a\n0 0 30 2 * b\n")
    made = write(tmp_path, contents)
    assert checked(tmp_path, capsys)["problems"] == []
    assert "a: 'off'\n    b: 'off'\n" in made.files["Pulumi.adopted.yaml"]
    lines = [str(left) for left in made.leftovers]
    assert any(line.startswith("crontab:1: schedule: '0 0 */7 * 1' wants both day fields") for line in lines)
    assert "crontab:2: schedule: is left out: 'cron(0 0 30 FEB ? *)': never fires" in lines


def test_a_day_that_matches_either_field_is_told() -> None:
    """Two schedules run where cron runs once, on days that match both."""
    [one] = read("0 0 1 * 1 a\n").found
    assert [schedule["cron"] for schedule in one.schedules.values()] == ["0 0 1 * ? *", "0 0 ? * MON *"]
    [line] = todos(read("0 0 1 * 1 a\n"))
    assert "on days that match both, such as 2027-02-01, the job runs twice" in line


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "30 2 * * *",
            ["does not run at 2027-03-28 02:30 Europe/Berlin, which the clocks skip; cron runs it after that"],
        ),
        ("*/30 * * * *", ["runs once at 2027-10-31 02:00 Europe/Berlin, which comes twice; cron runs it both times"]),
        ("30 5 * * *", []),
    ],
    ids=["skipped", "twice", "neither"],
)
def test_a_change_of_the_clocks_is_told(line: str, expected: list[str]) -> None:
    """Where Scheduler and cron differ, the first time is named."""
    lines = todos(read(f"{line} a\n", timezone="Europe/Berlin"))
    assert lines == [f"crontab:1: schedule: {todo}" for todo in expected]


lines = st.tuples(times, st.just("* * *")).map(" ".join) | days.map("0 6,18 {}".format)


@settings(deadline=None, max_examples=40)
@given(st.lists(lines, min_size=1, max_size=3), st.sampled_from(["UTC", "Asia/Kolkata"]))
def test_every_tick_of_a_year_is_the_same(drawn: list[str], zone: str) -> None:
    """Another implementation of cron has the ticks of each line; a line every minute is compared for two days."""
    found = read("".join(f"{line} run\n" for line in drawn), timezone=zone).found
    for line, one in zip(drawn, found, strict=True):
        until = YEAR if line.startswith("0 6,18") else NOW + timedelta(days=2)
        tables = [cadence.Timetable(cadence.parse(f"cron({s['cron']})"), timezone=zone) for s in one.schedules.values()]
        ticks = {tick for table in tables for tick in table.between(NOW + timedelta(minutes=1), until)}
        try:
            oracle = CronSim(line, NOW.astimezone(cadence.zone(zone)))
            expected = list(takewhile(partial(ge, until), oracle))
        except CronSimError:
            reject()
        if one.schedules:
            assert sorted(ticks) == expected
        else:
            assert one.leftovers
