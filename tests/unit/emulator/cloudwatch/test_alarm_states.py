"""An alarm's state follows its datapoints as in the CloudWatch User Guide's tables, and the reason lists them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.cloudwatch.alarm_states import (
    ALARM,
    INSUFFICIENT_DATA,
    OK,
    Condition,
    Datapoint,
    Verdict,
    evaluation_range,
    judge,
)

START = datetime(2027, 1, 4, tzinfo=UTC)
VALUES = {"X": 9.0, "0": 1.0, "-": None}
KEEPS = "keeps"


def points(text: str) -> list[Datapoint]:
    """Return datapoints of five minutes: X is breaching, 0 is not, and - is missing."""
    return [Datapoint(START + number * timedelta(minutes=5), VALUES[each]) for number, each in enumerate(text)]


def above(to_alarm: int, periods: int = 3, missing: str = "missing") -> Condition:
    """Return the condition that a datapoint of 5 or more breaches."""
    return Condition("GreaterThanOrEqualToThreshold", 5.0, periods, to_alarm, missing)


TABLE = [
    # The tables of the CloudWatch User Guide, "Configuring how CloudWatch alarms treat missing data": three periods.
    # datapoints, to alarm, and the state with missing, ignore, breaching, notBreaching
    ("0-X-X", 3, OK, OK, OK, OK),
    ("0----", 3, OK, OK, OK, OK),
    ("-----", 3, INSUFFICIENT_DATA, KEEPS, ALARM, OK),
    ("0XX-X", 3, ALARM, ALARM, ALARM, ALARM),
    ("--X--", 3, ALARM, KEEPS, ALARM, OK),
    ("0-X-X", 2, ALARM, ALARM, ALARM, ALARM),
    ("00X0X", 2, ALARM, ALARM, ALARM, ALARM),
    ("0-X--", 2, OK, OK, ALARM, OK),
    ("----0", 2, OK, OK, ALARM, OK),
    ("---X-", 2, ALARM, KEEPS, ALARM, OK),
    # The same page: data that is too young for ALARM. An earlier edition has the row `- - - - X`, with these states.
    ("----X", 3, INSUFFICIENT_DATA, KEEPS, ALARM, OK),
    ("---X-", 3, INSUFFICIENT_DATA, KEEPS, ALARM, OK),
    ("----X", 2, INSUFFICIENT_DATA, KEEPS, ALARM, OK),
    ("X----", 3, ALARM, KEEPS, ALARM, OK),
    # Its rules: the newest real datapoints decide as soon as there are as many as periods, wherever they are.
    ("X0X0X", 2, ALARM, ALARM, ALARM, ALARM),
    ("XX000", 2, OK, OK, OK, OK),
    ("X-X-0", 2, ALARM, ALARM, ALARM, ALARM),
    ("-X-X-", 2, ALARM, ALARM, ALARM, ALARM),
]


def found(text: str, to_alarm: int, periods: int, current: str) -> list[str]:
    """Return the states with missing, ignore, breaching and notBreaching."""
    treatments = ("missing", "ignore", "breaching", "notBreaching")
    return [judge(above(to_alarm, periods, each), points(text), current).state for each in treatments]


@pytest.mark.parametrize("current", [OK, ALARM, INSUFFICIENT_DATA])
@pytest.mark.parametrize(("text", "to_alarm", *("missing", "ignore", "breaching", "not_breaching")), TABLE)
def test_missing_data(  # a row of the table
    text: str, to_alarm: int, missing: str, ignore: str, breaching: str, not_breaching: str, current: str
) -> None:
    """Missing data is treated as the User Guide's tables show."""
    expected = [current if state == KEEPS else state for state in (missing, ignore, breaching, not_breaching)]
    assert found(text, to_alarm, 3, current) == expected


ONE = [
    # One period: the newest real datapoint decides until it has left the range.
    ("--X", ALARM, ALARM, ALARM, ALARM),
    ("X--", ALARM, ALARM, ALARM, ALARM),
    ("0--", OK, OK, OK, OK),
    ("X-0", OK, OK, OK, OK),
    ("---", INSUFFICIENT_DATA, OK, ALARM, OK),
]


@pytest.mark.parametrize(("text", *("missing", "ignore", "breaching", "not_breaching")), ONE)
def test_one_period(text: str, missing: str, ignore: str, breaching: str, not_breaching: str) -> None:
    """Where an alarm has one period, data is missing only when the whole range is empty."""
    assert found(text, 1, 1, OK) == [missing, ignore, breaching, not_breaching]


def test_range() -> None:
    """An evaluation looks at more periods than the alarm has."""
    assert [evaluation_range(periods) for periods in (1, 3)] == [3, 5]


@given(
    st.lists(st.sampled_from("X0-"), min_size=5, max_size=5).map("".join),
    st.integers(1, 3),
    st.sampled_from([OK, ALARM, INSUFFICIENT_DATA]),
)
def test_treatments_agree(text: str, to_alarm: int, current: str) -> None:
    """Without a datapoint to fill in, every treatment gives the same state; breaching is never the milder one."""
    missing, ignore, breaching, not_breaching = found(text, to_alarm, 3, current)
    if text.count("-") <= 2:
        assert len({missing, ignore, breaching, not_breaching}) == 1
    assert {breaching, not_breaching} <= {OK, ALARM}
    assert (not_breaching, breaching) != (ALARM, OK)


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
    condition = Condition(comparison, 5.0, 1, 1)
    assert [judge(condition, [Datapoint(START, value)], OK).state for value in (4.0, 5.0, 6.0)] == states


REASONS = {
    "one": (
        above(1, 1),
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
    "filled in": (
        above(3, 3, "breaching"),
        "---0-",
        (
            "Threshold Crossed: 1 out of the last 3 datapoints [1.0 (04/01/27 00:15:00)] was not greater than or equal "
            "to the threshold (5.0) and 2 missing datapoints were treated as [Breaching] "
            "(minimum 1 datapoint for ALARM -> OK transition)."
        ),
    ),
    "one filled in": (
        above(2, 2, "breaching"),
        "---X",
        (
            "Threshold Crossed: 1 out of the last 2 datapoints [9.0 (04/01/27 00:15:00)] was greater than or equal to "
            "the threshold (5.0) and 1 missing datapoint was treated as [Breaching] "
            "(minimum 2 datapoints for OK -> ALARM transition)."
        ),
    ),
    "unknown": (above(3), "---X-", "Insufficient Data: 2 datapoints were unknown."),
    "none": (above(1, 1), "---", "Insufficient Data: 1 datapoint was unknown."),
    "none of several": (above(2, 2), "----", "Insufficient Data: 2 datapoints were unknown."),
    "breaching": (
        above(1, 1, "breaching"),
        "---",
        (
            "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as "
            "[Breaching]."
        ),
    ),
    "not breaching": (
        above(2, 2, "notBreaching"),
        "----",
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
    assert judge(above(1, 1, "ignore"), points("---"), ALARM) == Verdict(
        ALARM, "No datapoints that would change the state"
    )
