"""The alarms on the path of the alerts, and the message that one is over."""

from __future__ import annotations

from typing import Any

import pytest

from components import alarms, alerting
from emulator.events.event_pattern import compile_pattern
from emulator.events.input_transformer import transform

GROUP = "jobs-staging"
LONGEST = "g" * 64
"""The longest name of a group, a function and a rule."""
MAX_DESCRIPTION = 1024
"""Characters (CloudWatch API reference, PutMetricAlarm, AlarmDescription)."""


def of_group(group: str = GROUP) -> list[alarms.Alarm]:
    """Return the alarms of a group."""
    of_watch = alarms.alarms(
        group=group,
        function=f"{group}-watch"[:64],
        runs=f"{group}-runs"[:64],
        dead_letters=f"{group}-dead-letters",
        given_up=f"{group}-given-up",
    )
    function = f"{group}-supervisor"[:64]
    return [*of_watch, *alarms.of_supervisor(group=group, function=function, launches=f"{group}-launches")]


@pytest.mark.parametrize("alarm", of_group(LONGEST), ids=lambda alarm: alarm.suffix)
def test_description_is_one_line(alarm: alarms.Alarm) -> None:
    """A description fits into the alarm and into a line of quoted text, and says where to look."""
    assert len(alarm.description) <= MAX_DESCRIPTION
    assert alarm.description.isprintable()
    assert not set(alarm.description) & set('"<>\\')
    assert "See " in alarm.description or "The log of " in alarm.description


@pytest.mark.parametrize("alarm", of_group(), ids=lambda alarm: alarm.suffix)
def test_waits_for_data_that_it_expects(alarm: alarms.Alarm) -> None:
    """An alarm that missing data sets off waits for its first data, and needs 15 minutes without data later."""
    expects = alarm.missing == alarms.BREACHING
    assert alarm.warm_up == (60 if expects else None)
    assert expects == (alarm.suffix == "watch-blind")
    if expects:
        assert alarm.period * alarm.periods == 900
        assert (alarm.statistic, alarm.comparison, alarm.threshold) == ("Sum", "LessThanThreshold", 1)


def changed(name: str, previous: str, state: str, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of an event
    """Return the event of an alarm that has changed its state."""
    return {
        "source": "aws.cloudwatch",
        "detail-type": "CloudWatch Alarm State Change",
        "region": "eu-central-1",
        "detail": {
            "alarmName": name,
            "state": {"value": state, "reason": "Threshold Crossed"},
            "previousState": {"value": previous, "reason": "Threshold Crossed"},
            "configuration": {"description": "The watch is blind."},
        },
        **changes,
    }


OWN = f"{GROUP}-watch-blind"
CHANGES: dict[str, tuple[dict[str, Any], bool]] = {
    "over": (changed(OWN, "ALARM", "OK"), True),
    "begins": (changed(OWN, "OK", "ALARM"), False),
    "new": (changed(OWN, "INSUFFICIENT_DATA", "OK"), False),
    "new and already in alarm": (changed(OWN, "INSUFFICIENT_DATA", "ALARM"), False),
    "without data": (changed(OWN, "ALARM", "INSUFFICIENT_DATA"), False),
    "of another group": (changed("jobs-production-watch-blind", "ALARM", "OK"), False),
    "of another group with a longer name": (changed(f"{OWN}-2", "ALARM", "OK"), False),
    "not by CloudWatch": (changed(OWN, "ALARM", "OK", source="custom"), False),
    "another event": (changed(OWN, "ALARM", "OK", **{"detail-type": "CloudWatch Alarm Configuration Change"}), False),
}
PATTERN = alerting.recovery_pattern([f"{GROUP}-{alarm.suffix}" for alarm in of_group()])


@pytest.mark.parametrize(("event", "matches"), CHANGES.values(), ids=CHANGES)
def test_tells_what_is_over(event: dict[str, Any], matches: bool) -> None:  # noqa: FBT001 - a table's column
    """Only the end of one of the group's own alarms is told."""
    assert compile_pattern(PATTERN).matches(event) is matches


@pytest.mark.parametrize("alarm", of_group(), ids=lambda alarm: alarm.suffix)
def test_tells_the_end_of_every_alarm(alarm: alarms.Alarm) -> None:
    """The end of each alarm is told, in one line of words with what it had reported."""
    event = changed(f"{GROUP}-{alarm.suffix}", "ALARM", "OK")
    event["detail"]["configuration"]["description"] = alarm.description
    assert compile_pattern(PATTERN).matches(event)
    text = transform(event, input_paths_map=alerting.RECOVERY_PATHS, input_template=alerting.RECOVERY_TEMPLATE)
    assert text == f'"{GROUP}-{alarm.suffix} is well again. It had reported: {alarm.description}"'


def test_pattern_of_the_longest_names_fits() -> None:
    """With the longest names the pattern has at most EventBridge's 4096 characters."""
    compile_pattern(alerting.recovery_pattern([f"{LONGEST}-{alarm.suffix}" for alarm in of_group(LONGEST)]))
