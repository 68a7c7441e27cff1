"""The alarm on missing checks, judged as CloudWatch does while time passes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from components import alarms
from emulator.cloudwatch.metrics import Metric
from tests.processes.emulator.world import REGION, START, Host, World, client, opened

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

GROUP = "jobs-staging"
FIVE = range(5, 600, 5)
"""The minutes of the checks of ten hours, as they should be."""


@pytest.fixture
def world() -> Iterator[World]:
    """Return an account in which the alarm has just been created."""
    with opened(Host()) as made:
        names = {"function": "watch", "runs": "runs", "dead_letters": "dead", "given_up": "given-up"}
        (alarm,) = (one for one in alarms.alarms(group=GROUP, **names) if one.suffix == "watch-blind")
        client("cloudwatch").put_metric_alarm(
            AlarmName=alarm.suffix,
            Namespace=alarm.namespace,
            MetricName=alarm.metric,
            Dimensions=[{"Name": name, "Value": value} for name, value in alarm.dimensions.items()],
            Statistic=alarm.statistic,
            Period=alarm.period,
            EvaluationPeriods=alarm.periods,
            ComparisonOperator=alarm.comparison,
            Threshold=alarm.threshold,
            TreatMissingData=alarm.missing,
            WarmUpConfiguration={"WarmUpPeriodDurationInMinutes": alarm.warm_up},
        )
        yield made


CHECKS: dict[str, tuple[Sequence[float], Sequence[tuple[int, int]]]] = {
    # the minutes of the checks, and for each alarm that is expected, between which minutes it comes
    "as they should be": (FIVE, []),
    "never": ([], [(60, 75)]),
    "the first one late": (range(45, 600, 5), []),
    "the first one too late": (range(120, 600, 5), [(60, 75)]),
    "one left out": ([minute for minute in FIVE if minute != 100], []),
    "two left out": ([minute for minute in FIVE if minute not in (100, 105)], []),
    "now early, now late": ([minute + (0.9 if minute % 2 else -0.9) for minute in FIVE], []),
    "no longer": (range(5, 200, 5), [(195 + 15, 195 + 30)]),
    "not for an hour, twice": (
        [minute for minute in FIVE if not 100 < minute < 160 and not 300 < minute < 360],
        [(100 + 15, 100 + 30), (300 + 15, 300 + 30)],
    ),
}


@pytest.mark.parametrize(("minutes", "expected"), CHECKS.values(), ids=CHECKS)
def test_reports_checks_that_are_missing(
    world: World, minutes: Sequence[float], expected: Sequence[tuple[int, int]]
) -> None:
    """The alarm comes once for each time without checks, after 15 minutes of it, and not before the first check."""
    looks = Metric.of(REGION, "ScheduledJobs", "Looks", Group=GROUP)
    for minute in minutes:
        world.timeline.advance(START + timedelta(minutes=minute))
        world.aws.metrics.put(looks)
    world.timeline.advance(START + timedelta(hours=10))
    changes = [(change.at - START, change.old, change.new) for change in world.aws.alarms.changes]
    begun = [at for at, _, new in changes if new == "ALARM"]
    assert len(begun) == len(expected)
    for at, (first, last) in zip(begun, expected, strict=True):
        assert timedelta(minutes=first) <= at <= timedelta(minutes=last)
    over = [at for at, old, new in changes if (old, new) == ("ALARM", "OK")]
    assert len(over) == sum(bool(minutes) and max(minutes) * 60 > at.total_seconds() for at in begun)
