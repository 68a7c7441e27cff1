"""Each command makes its changes, and makes them once per tick."""

from __future__ import annotations

import csv
import json
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.app.shop.times import stamp

from .conftest import TICK, Workshop

LATER = "2026-03-28T02:15:00Z"
COMMANDS = {
    "build_report": "build_report --for today",
    "delete_expired": "delete_expired --older-than 30d",
    "refresh_cache": "refresh_cache",
    "import_rates": "import_rates",
    "export_orders": "export_orders --format csv",
}
TICKS = st.datetimes(datetime(2026, 3, 1), datetime(2026, 4, 1)).map(lambda at: stamp(at.replace(tzinfo=UTC)))  # noqa: DTZ001


@pytest.fixture(autouse=True)
def rates(tmp_path: Path) -> str:
    """Return the path of a valid source of rates."""
    source = tmp_path / "rates.csv"
    source.write_text("currency,rate\nUSD,1.09\nJPY,162\n")
    return str(source)


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_second_run_of_a_tick_changes_nothing(workshop: Workshop, command: str, rates: str) -> None:
    """The second run of a tick changes no row and no file."""
    assert workshop.run(command, RATES_SOURCE=rates) == 0
    once = workshop.state()
    assert workshop.run(command, RATES_SOURCE=rates) == 0
    assert workshop.state() == once


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_late_retry_of_an_earlier_tick_takes_nothing_back(workshop: Workshop, command: str, rates: str) -> None:
    """A late run of an earlier tick does not change the result of a later tick."""
    Path(rates).write_text("currency,rate\nUSD,2\n")
    assert workshop.run(command, "2026-03-28T20:00:00Z", RATES_SOURCE=rates) == 0
    later = workshop.state()
    Path(rates).write_text("currency,rate\nUSD,1\n")
    assert workshop.run(command, "2026-03-28T02:00:00Z", RATES_SOURCE=rates) == 0
    assert workshop.state() == later


@settings(max_examples=8, deadline=None)
@given(ticks=st.lists(TICKS, min_size=1, max_size=4))
def test_every_order_is_exported_once_whatever_the_ticks(ticks: list[str]) -> None:
    """The export files together contain every order before the last tick once."""
    with tempfile.TemporaryDirectory() as directory:
        workshop = Workshop(Path(directory))
        for tick in ticks:
            assert workshop.run("export_orders --format csv", tick) == 0
        exported = [int(line.split(",")[0]) for text in workshop.state()[1].values() for line in text.splitlines()[1:]]
        assert sorted(exported) == [row[0] for row in workshop.query("SELECT id FROM orders ORDER BY id")]


@settings(max_examples=6, deadline=None)
@given(ticks=st.lists(TICKS, min_size=3, max_size=4, unique=True).map(sorted))
def test_traffic_of_a_moment_does_not_depend_on_the_ticks(ticks: list[str]) -> None:
    """Many small steps of the clock and one large step give the same orders."""
    with tempfile.TemporaryDirectory() as directory:
        (Path(directory) / "one").mkdir()
        stepwise, at_once = Workshop(Path(directory)), Workshop(Path(directory) / "one")
        for tick in ticks:
            stepwise.run("refresh_cache", tick)
        for tick in (ticks[0], ticks[-1]):
            at_once.run("refresh_cache", tick)
        orders = "SELECT * FROM orders"
        assert stepwise.query(orders) == at_once.query(orders)


@pytest.mark.parametrize("report_format", ["csv", "jsonl"])
def test_report_totals_the_orders_of_the_day(workshop: Workshop, report_format: str) -> None:
    """The file of yesterday contains its orders, units and cents per product."""
    assert workshop.run("build_report --for yesterday", REPORT_FORMAT=report_format) == 0
    expected = workshop.query(
        "SELECT '2026-03-27', product, count(*), sum(units), sum(cents) FROM orders"
        " WHERE date(placed_at) = '2026-03-27' GROUP BY product"
    )
    assert workshop.query("SELECT day, product, orders, units, cents FROM reports") == expected
    ((name, text),) = workshop.state()[1].items()
    assert name == f"reports/orders-2026-03-27.{report_format}"
    lines = text.splitlines()
    found = (
        [list(json.loads(line).values()) for line in lines] if report_format == "jsonl" else list(csv.reader(lines))[1:]
    )
    assert [[str(value) for value in row] for row in found] == [[str(value) for value in row] for row in expected]


def test_reports_of_all_days_hold_each_order_once(workshop: Workshop) -> None:
    """Every order is counted on exactly one day."""
    for back in range(1, 31):
        day = datetime.fromisoformat(TICK).date() - timedelta(days=back)
        assert workshop.run(f"build_report --for {day}") == 0
    expected = workshop.query(
        "SELECT date(placed_at), sum(units) FROM orders WHERE placed_at >= '2026-02-26' AND placed_at < '2026-03-28'"
        " GROUP BY 1 ORDER BY 1"
    )
    assert workshop.query("SELECT day, sum(units) FROM reports GROUP BY 1 ORDER BY 1") == expected


def test_row_of_the_very_instant_belongs_to_what_comes_after(workshop: Workshop) -> None:
    """An order at the tick is in the next export, and a session at the limit is kept."""
    workshop.run("refresh_cache", LATER)
    ((order, placed_at),) = workshop.query("SELECT id, placed_at FROM orders ORDER BY placed_at DESC LIMIT 1 OFFSET 50")
    tick = datetime.fromisoformat(str(placed_at))
    for at in (tick, tick + timedelta(seconds=1)):
        workshop.run("export_orders --format csv", stamp(at))
    assert [line.split(",")[0] for line in sorted(workshop.state()[1].items())[1][1].splitlines()[1:]] == [str(order)]
    workshop.run("delete_expired --older-than 1d", stamp(tick + timedelta(days=1)))
    assert workshop.query("SELECT min(seen_at) FROM sessions") == [(placed_at,)]


def test_report_of_today_ends_at_the_tick(workshop: Workshop) -> None:
    """Orders after the tick are left out, even if a later run has already created them."""
    workshop.run("refresh_cache", "2026-03-28T20:00:00Z")
    workshop.run("build_report --for today", "2026-03-28T10:30:00Z")
    before = workshop.query(
        "SELECT count(*) FROM orders WHERE placed_at >= '2026-03-28T00:00:00Z' AND placed_at < '2026-03-28T10:30:00Z'"
    )
    assert workshop.query("SELECT sum(orders) FROM reports") == before


@pytest.mark.parametrize("batch", [1453, 97])
def test_expired_sessions_go_and_no_others(workshop: Workshop, batch: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Exactly the sessions before the limit are deleted and counted, with any batch size (1453 is all sessions)."""
    workshop.run("refresh_cache")
    limit = "2026-02-26T02:00:00Z"
    ((expired,),) = workshop.query("SELECT count(*) FROM sessions WHERE seen_at < ?", limit)
    kept = workshop.query("SELECT * FROM sessions WHERE seen_at >= ?", limit)
    capsys.readouterr()
    assert workshop.run(f"delete_expired --older-than 30d --batch {batch}") == 0
    assert workshop.query("SELECT * FROM sessions") == kept
    batches = -(-int(str(expired)) // batch)
    parts = "1 batch" if batches == 1 else f"{batches} batches"
    assert capsys.readouterr().out == (
        f"deleted {expired} sessions last seen before {limit}, in {parts}\n{len(kept)} sessions remain\n"
    )


def test_very_old_limit_deletes_nothing(workshop: Workshop) -> None:
    """A limit centuries ago deletes no session."""
    assert workshop.run("delete_expired --older-than 99999d") == 0
    assert workshop.query("SELECT count(*) > 1000 FROM sessions") == [(1,)]


def test_cache_says_how_old_it_was(workshop: Workshop, capsys: pytest.CaptureFixture[str]) -> None:
    """The printed age is the time between two ticks, and the value is the best sellers of the week."""
    for tick, age in ((TICK, "it was empty"), (LATER, "it was 0:15:00 old")):
        assert workshop.run("refresh_cache", tick) == 0
        assert capsys.readouterr().out.splitlines()[0] == f"best_sellers: refreshed, {age}"
    week_ago = stamp(datetime.fromisoformat(LATER) - timedelta(days=7))
    sold = workshop.query(
        "SELECT product, sum(units) FROM orders WHERE placed_at >= ? GROUP BY product ORDER BY 2 DESC, 1 LIMIT 5",
        week_ago,
    )
    ((value, refreshed_at),) = workshop.query("SELECT value, refreshed_at FROM cache")
    assert json.loads(str(value)) == [{"product": product, "units": units} for product, units in sold]
    assert refreshed_at == LATER


@pytest.mark.parametrize(
    ("command", "environment", "problem"),
    [
        pytest.param(
            "build_report --for today", {"REPORT_FORMAT": "parquet"}, "'parquet': must be csv or", id="format"
        ),
        pytest.param("build_report --for 2026-02-30", {}, "--for: '2026-02-30': must be", id="no-such-day"),
        pytest.param("build_report --for 20260301", {}, "--for: '20260301': must be", id="compact-day"),
        pytest.param(
            "build_report --for 2026-03-29", {}, "--for: '2026-03-29': the day has not begun", id="future-day"
        ),
        pytest.param("delete_expired --older-than 30", {}, "--older-than: '30': must be", id="no-unit"),
        pytest.param("delete_expired --older-than 0d", {}, "--older-than: '0d': must be", id="zero"),
        pytest.param("delete_expired --older-than 1d --batch 0", {}, "--batch: 0: must be", id="batch-zero"),
        pytest.param("delete_expired --older-than 1d --batch 10001", {}, "--batch: 10001: must be", id="batch-large"),
        pytest.param(
            "refresh_cache",
            {"tick": "<aws.scheduler.scheduled-time>"},
            "JOB_SCHEDULED_TIME: '<aws.scheduler.scheduled-time>': must be",
            id="tick-not-replaced",
        ),
        pytest.param(
            "refresh_cache", {"tick": "2026-03-28T02:00:00+01:00"}, "JOB_SCHEDULED_TIME: ", id="tick-with-offset"
        ),
        pytest.param("refresh_cache", {"tick": "0001-01-01T00:00:00Z"}, "JOB_SCHEDULED_TIME: ", id="tick-too-early"),
        pytest.param(
            "refresh_cache", {"DATABASE": "/no/such/app.db"}, "the directory /no/such does not", id="directory"
        ),
    ],
)
def test_wrong_setting_is_one_line_and_exit_code_2(
    workshop: Workshop, capsys: pytest.CaptureFixture[str], command: str, environment: dict[str, str], problem: str
) -> None:
    """A wrong value is reported on stderr in one line with the accepted values, and stdout is empty."""
    assert workshop.run(command, **environment) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"{command.partition(' ')[0]}: ")
    assert problem in err
    assert err.count("\n") == 1


def test_file_that_is_no_database_fails_in_one_line(workshop: Workshop, capsys: pytest.CaptureFixture[str]) -> None:
    """An error of SQLite is reported in a message that names the file."""
    Path(workshop.database).write_text("not a database " * 100)
    assert workshop.run("refresh_cache") == 1
    assert capsys.readouterr() == ("", f"refresh_cache: {workshop.database}: file is not a database\n")


@pytest.mark.parametrize("command", ["", "build_report", "export_orders --format parquet", "no_such_command"])
def test_unknown_arguments_are_refused(workshop: Workshop, command: str) -> None:
    """A usage error ends with exit code 2 before the database is opened."""
    with pytest.raises(SystemExit, match="2"):
        workshop.run(command)
    assert not Path(workshop.database).exists()
