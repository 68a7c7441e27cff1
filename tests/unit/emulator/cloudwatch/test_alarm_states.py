"""An alarm's state follows its datapoints as in the CloudWatch User Guide's tables, and the reason lists them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from emulator.cloudwatch.alarm_states import ALARM, INSUFFICIENT_DATA, OK, Condition, Datapoint, Verdict, judge

START = datetime(2027, 1, 4, tzinfo=UTC)
VALUES = {"X": 9.0, "0": 1.0, "-": None}
KEEPS = "keeps"


def points(text: str) -> list[Datapoint]:
    """Return datapoints of five minutes: X is breaching, 0 is not, and - is missing."""
    return [Datapoint(START + number * timedelta(minutes=5), VALUES[each]) for number, each in enumerate(text)]


def above(to_alarm: int, missing: str = "missing") -> Condition:
    """Return the condition that a datapoint of 5 or more breaches."""
    return Condition("GreaterThanOrEqualToThreshold", 5.0, to_alarm, missing)


TABLE = [
    # datapoints, to alarm, and the state with missing, ignore, breaching, notBreaching
    ("X", 1, ALARM, ALARM, ALARM, ALARM),
    ("0", 1, OK, OK, OK, OK),
    ("-", 1, INSUFFICIENT_DATA, KEEPS, ALARM, OK),
    ("0X0", 3, OK, OK, OK, OK),
    ("XXX", 3, ALARM, ALARM, ALARM, ALARM),
    ("0--", 3, OK, OK, OK, OK),
    ("---", 3, INSUFFICIENT_DATA, KEEPS, ALARM, OK),
    ("X--", 3, ALARM, KEEPS, ALARM, OK),
    ("-X-", 3, OK, KEEPS, ALARM, OK),
    ("X0X", 2, ALARM, ALARM, ALARM, ALARM),
    ("0X-", 2, OK, OK, ALARM, OK),
    ("--0", 2, OK, OK, ALARM, OK),
    ("-X-", 2, ALARM, KEEPS, ALARM, OK),
    ("--X", 2, OK, KEEPS, ALARM, OK),
]


@pytest.mark.parametrize(("text", "to_alarm", *("missing", "ignore", "breaching", "not_breaching")), TABLE)
def test_missing_data(text: str, to_alarm: int, missing: str, ignore: str, breaching: str, not_breaching: str) -> None:
    """Missing data is treated as the alarm sets it."""
    expected = {"missing": missing, "ignore": ignore, "breaching": breaching, "notBreaching": not_breaching}
    for current in (OK, ALARM, INSUFFICIENT_DATA):
        found = {treated: judge(above(to_alarm, treated), points(text), current).state for treated in expected}
        assert found == {treated: current if state == KEEPS else state for treated, state in expected.items()}


@pytest.mark.parametrize(
    ("comparison", "states"),
    [
        ("GreaterThanThreshold", [OK, OK, ALARM]),
        ("GreaterThanOrEqualToThreshold", [OK, ALARM, ALARM]),
        ("LessThanThreshold", [ALARM, OK, OK]),
        ("LessThanOrEqualToThreshold", [ALARM, ALARM, OK]),
    ],
)
def test_comparisons(comparison: str, states: list[str]) -> None:
    """A value below, at or above the threshold breaches according to the operator."""
    condition = Condition(comparison, 5.0, 1)
    assert [judge(condition, [Datapoint(START, value)], OK).state for value in (4.0, 5.0, 6.0)] == states


REASONS = {
    "one": (
        above(1),
        "X",
        (
            "Threshold Crossed: 1 out of the last 1 datapoints [9.0 (04/01/27 00:00:00)] was greater than or equal to "
            "the threshold (5.0) (minimum 1 datapoint for OK -> ALARM transition)."
        ),
    ),
    "several": (
        above(2),
        "X0X",
        (
            "Threshold Crossed: 2 out of the last 3 datapoints [9.0 (04/01/27 00:10:00), 9.0 (04/01/27 00:00:00)] were "
            "greater than or equal to the threshold (5.0) (minimum 2 datapoints for OK -> ALARM transition)."
        ),
    ),
    "good": (
        above(3),
        "0X0",
        (
            "Threshold Crossed: 2 out of the last 3 datapoints [1.0 (04/01/27 00:10:00), 1.0 (04/01/27 00:00:00)] were "
            "not greater than or equal to the threshold (5.0) (minimum 1 datapoint for ALARM -> OK transition)."
        ),
    ),
    "none": (above(1), "-", "Insufficient Data: 1 datapoint was unknown."),
    "none of several": (above(2), "--", "Insufficient Data: 2 datapoints were unknown."),
    "breaching": (
        above(1, "breaching"),
        "-",
        (
            "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as "
            "[Breaching]."
        ),
    ),
    "not breaching": (
        above(2, "notBreaching"),
        "--",
        (
            "Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints were treated as "
            "[NonBreaching]."
        ),
    ),
}


@pytest.mark.parametrize(("condition", "text", "reason"), REASONS.values(), ids=REASONS)
def test_reasons(condition: Condition, text: str, reason: str) -> None:
    """The reason has CloudWatch's words, with the latest datapoint first."""
    assert judge(condition, points(text), OK).reason == reason


def test_verdict() -> None:
    """A verdict has a state and its reason."""
    assert judge(above(1, "ignore"), points("-"), ALARM) == Verdict(ALARM, "No datapoints that would change the state")
