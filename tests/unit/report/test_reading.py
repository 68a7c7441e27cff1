from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from report.data import ShownRun, Unlisted
from report.reading import MOST_LINES, MOST_TICKS, alerts_of_ticks, newest, read_alerts, read_tick, unlisted
from supervision.waiting import waits
from tests.unit.report.samples import instant, schedule, tick
from tests.unit.supervision.flying import flight
from watch import instants, records

FIRST = datetime(2027, 1, 1, tzinfo=UTC)


def record(number: int = 0, outcome: str = "good", **changes: object) -> records.Tick:
    """Return a tick of the ledger, the nth of an hourly schedule."""
    at = instants.text(FIRST + timedelta(hours=number))
    return records.Tick(**{"job": "report", "schedule": "report", "tick": at, "outcome": outcome, **changes})  # type: ignore[arg-type]


def test_newest_of_good_and_of_others() -> None:
    """Bad ticks are kept however many good ticks follow, and the order is unchanged."""
    late = [record(number, alert="overrun") for number in range(2)]
    failed = [record(number, "failed") for number in range(2, 2 + MOST_TICKS)]
    good = [record(number) for number in range(1000, 1001 + MOST_TICKS)]
    assert newest([*late, *failed, *good]) == [*failed, *good[1:]]
    assert newest([*good[:2], failed[0]]) == [*good[:2], failed[0]]


def test_ticks_that_are_not_listed() -> None:
    """Ticks that are not listed are counted by quarter of an hour and outcome; an overrun is not good."""
    minutes = {0: "good", 1: "failed", 14: "good", 15: "good", 16: "good"}
    ticks = [
        record(outcome=outcome, tick=instants.text(FIRST + timedelta(minutes=minute)))
        for minute, outcome in minutes.items()
    ]
    late = replace(ticks[2], alert="overrun")
    assert unlisted([*ticks[:2], late, *ticks[3:]], ticks[3:4]) == (
        Unlisted(at=FIRST, mark="failed", count=1),
        Unlisted(at=FIRST, mark="good", count=1),
        Unlisted(at=FIRST, mark="overrun", count=1),
        Unlisted(at=FIRST + timedelta(minutes=15), mark="good", count=1),
    )


def test_tick_in_flight() -> None:
    """A tick has what itself waits for, without values that must not be shown."""
    known = record()
    own, other = (flight(tick=at, schedule="report", waits="no s3cr3t") for at in (known.tick, "2027-01-02T00:00:00Z"))
    found = read_tick(known, {"s3cr3t": "TOKEN"}, lambda _: None, waits([own, other]))
    assert [(one.tick, one.why) for one in found.waits] == [(known.tick, "no [TOKEN]")]
    assert read_tick(known, {}, lambda _: None).waits == ()


def test_tick_with_runs() -> None:
    """A tick is read with its runs in the order of creation, each with its log."""
    runs = {
        "b": records.Run("arn:b", 3, "STOPPED", created="2027-01-01T00:05:00Z", stop_code="TaskFailedToStart"),
        "a": records.Run(
            "arn:a",
            4,
            "STOPPED",
            created="2027-01-01T00:06:00Z",
            started="2027-01-01T00:06:10Z",
            stopped="2027-01-01T00:07:10Z",
            exit_code=3,
            outcome="failed",
            reason="ended",
            attempt=2,
            attempts=3,
            worker="ip-10-0-1-7",
        ),
    }
    found = read_tick(record(0, "failed", alert="failed", runs=runs), {}, lambda task: [f"of {task}"])
    assert (found.at, found.outcome, found.alert) == (FIRST, "failed", "failed")
    assert [one.task for one in found.runs] == ["b", "a"]
    assert found.runs[1] == ShownRun(
        task="a",
        status="STOPPED",
        outcome="failed",
        started=FIRST + timedelta(minutes=6, seconds=10),
        stopped=FIRST + timedelta(minutes=7, seconds=10),
        seconds=60,
        exit_code=3,
        stop_code="",
        reason="ended",
        attempt=2,
        attempts=3,
        worker="ip-10-0-1-7",
        log=("of a",),
    )
    assert (found.runs[0].started, found.runs[0].seconds, found.runs[0].log) == (None, None, ("of b",))


def test_values_of_the_environment_are_hidden() -> None:
    """A value of an environment variable is replaced by the variable's name."""
    run = records.Run("arn:a", 1, "STOPPED", reason="no rates.csv")
    tick = record(0, "failed", reason="rates.csv?", runs={"a": run})
    found = read_tick(tick, {"rates.csv": "SOURCE"}, lambda _: ["rates.csv: no such file"])
    assert (found.reason, found.runs[0].reason) == ("[SOURCE]?", "no [SOURCE]")
    assert found.runs[0].log == ("[SOURCE]: no such file",)


@pytest.mark.parametrize(("count", "left_out"), [(0, 0), (MOST_LINES, 0), (MOST_LINES + 3, 3)])
def test_end_of_a_log(count: int, left_out: int) -> None:
    """The end of a long log is read, and the earlier lines are counted."""
    lines = [str(number) for number in range(count)]
    [run] = read_tick(record(runs={"a": records.Run("arn:a", 1, "RUNNING")}), {}, lambda _: lines).runs
    assert run.log == tuple(lines[left_out:])
    assert run.log_left_out == left_out


def mail(**changes: object) -> dict[str, object]:
    """Return a mail of the sandbox."""
    return {
        "at": "2027-01-06T01:00:00+00:00",
        "to": "ops@example.com",
        "topic": "arn:alerts",
        "subject": "report failed",
        "body": "it did",
        "undelivered": None,
        **changes,
    }


def test_alerts() -> None:
    """A message to several addresses is one alert, and other topics' messages are left out."""
    found = read_alerts(
        [
            mail(),
            mail(to="https://chat.example.com", body="{}", undelivered="not on loopback"),
            mail(at="2027-01-06T02:00:00+00:00"),
            mail(topic="arn:other", subject="of another stack"),
        ],
        "arn:alerts",
    )
    assert [(one.at, one.to, one.body, one.undelivered) for one in found] == [
        (instant("06 01:00"), ("ops@example.com", "https://chat.example.com"), "it did", "not on loopback"),
        (instant("06 02:00"), ("ops@example.com",), "it did", None),
    ]


def test_ticks_that_were_alerted() -> None:
    """They are in the order of the ticks, each with the class in words and the tick's reason, and without receivers."""
    one = schedule(tick("05 01:00", "failed", alert="failed"), tick("06 01:00"), name="one")
    two = schedule(tick("04 01:00", "not-launched", alert="not-launched", reason="throttled"), name="two")
    odd = schedule(tick("05 01:00", "odd", alert="odd"), name="odd")
    found = alerts_of_ticks([one, two, odd])
    assert [(alert.at, alert.subject, alert.body, alert.to) for alert in found] == [
        (instant("04 01:00"), "two was not launched", "throttled", ()),
        (instant("05 01:00"), "odd odd", "", ()),
        (instant("05 01:00"), "one failed", "", ()),
    ]


def test_a_log_that_is_not_read() -> None:
    """It is not taken for an empty one."""
    run = records.Run("arn:aws:ecs:eu-central-1:123456789012:task/main/1f", 1, "STOPPED")
    found = records.Tick("report", "report", "2027-01-04T01:00:00Z", runs={"1f": run})
    assert read_tick(found, {}, lambda _: None).runs[0].log is None
    assert read_tick(found, {}, lambda _: []).runs[0].log == ()
