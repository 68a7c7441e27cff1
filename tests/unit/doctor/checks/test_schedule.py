"""Tests of what is found of schedules."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from doctor.account import Known
from doctor.checks.schedule import Schedules, WantedSchedule, check
from judgements.answers import Refused
from supervision.limits import Closure
from tests.unit.doctor.samples import CHANGED, NOW, WANTED, described
from watch.facts import ScheduleFacts

HOUR = timedelta(hours=1)
LAST = ScheduleFacts(expression="at(2027-02-03T08:00:00)")
OVER = {"ScheduleExpression": LAST.expression, "ScheduleExpressionTimezone": "UTC"}
JUST_NOW = ScheduleFacts(expression="at(2027-02-03T08:50:00)")
JUST = {"ScheduleExpression": JUST_NOW.expression, "ScheduleExpressionTimezone": "UTC"}
COUNTED = ScheduleFacts(expression="rate(6 hours)", end="2027-02-03T08:00:00Z")
COUNTING = {"ScheduleExpression": COUNTED.expression, "ScheduleExpressionTimezone": "UTC", "EndDate": NOW - HOUR}
NEXT = ScheduleFacts(expression="at(2027-02-04T08:00:00)")
TO_COME = {"ScheduleExpression": NEXT.expression, "ScheduleExpressionTimezone": "UTC"}
AFTER_END = {"LastModificationDate": NOW}
DISABLED = {"State": "DISABLED"}
ENDED = ScheduleFacts(**{**vars(WANTED), "end": "2027-02-01T12:00:00Z"})
LAST_TICK = "2027-02-01T01:00:00Z"
DENIED = Refused("no", "ssm:GetParametersByPath")
FREEZE = Closure("freeze", "2027-02-04T00:00:00Z", "2027-02-05T00:00:00Z")


def one(answer: Known[Any] | Refused, **changed: Any) -> WantedSchedule:  # noqa: ANN401 - fields
    """Return a schedule that is sound unless something is changed."""
    known: dict[str, Any] = {
        "target": None,
        "held": False,
        "closed": (),
        "last_good": None,
        "goes_on": False,
        "wanted": WANTED,
    }
    return WantedSchedule(name="report", answer=answer, **{**known, **changed})


def group(*schedules: WantedSchedule, **changed: Any) -> Schedules:  # noqa: ANN401 - fields
    """Return a group with these schedules."""
    known: dict[str, Any] = {"listed": Known({}), "strays": [], "unreadable": {}}
    return Schedules(group="jobs-staging", schedules=schedules, now=NOW, **{**known, **changed})


@pytest.mark.parametrize(
    ("schedule", "code"),
    [
        (one(Known(described())), "sound"),
        (one(Known(None)), "schedule-missing"),
        (one(Refused("no")), "unchecked"),
        (one(Known(described(ScheduleExpression="cron(0 3 * * ? *)"))), "schedule-changed"),
        (one(Known(described(ScheduleExpressionTimezone="UTC"))), "schedule-changed"),
        (
            one(Known(described()), wanted=ScheduleFacts(**{**vars(WANTED), "start": "2027-02-01T00:00:00Z"})),
            "sound",
        ),
        (one(Known(described(**DISABLED))), "schedule-disabled"),
        (one(Known(described(**DISABLED, EndDate=CHANGED)), wanted=ENDED, last_good=LAST_TICK), "sound"),
        (one(Known(described(**DISABLED)), held=True), "sound"),
        (one(Known(described(**DISABLED)), held=DENIED), "unchecked"),
        (one(Known(described(Description="wanted=DISABLED x", **DISABLED))), "sound"),
        (one(Known(described(Description="wanted=DISABLED x"))), "schedule-enabled"),
        (one(Known(described(Description="by another version"))), "sound"),
        (one(Known(described(**OVER)), wanted=LAST), "schedule-over"),
        (one(Known(described(**OVER)), wanted=LAST, last_good="2027-02-03T08:00:00Z"), "sound"),
        (one(Known(described(**OVER)), wanted=LAST, goes_on=True), "sound"),
        (one(Known(described(**JUST)), wanted=JUST_NOW), "sound"),
        (one(Known(described(**COUNTING)), wanted=COUNTED, last_good="2027-02-03T02:00:00Z"), "schedule-over"),
        (one(Known(described(**COUNTING)), wanted=COUNTED, last_good="2027-02-03T02:00:01Z"), "sound"),
        (one(Known(described(**COUNTING, **AFTER_END)), wanted=COUNTED, last_good="2027-02-03T07:30:00Z"), "sound"),
        (one(Known(described(**OVER, **DISABLED, Description="wanted=DISABLED x")), wanted=LAST), "sound"),
        (one(Known(described(**TO_COME)), wanted=NEXT), "sound"),
        (one(Known(described(**TO_COME)), wanted=NEXT, closed=[FREEZE]), "calendar-closed"),
        (one(Known(described()), closed=[FREEZE]), "sound"),
    ],
    ids=[
        "sound",
        "deleted",
        "refused",
        "another expression",
        "another zone",
        "a start that has passed",
        "disabled",
        "disabled until after its end",
        "held",
        "holds refused",
        "off",
        "switched on",
        "unmarked",
        "over",
        "over and done",
        "over and still running",
        "over, and perhaps not launched yet",
        "a rate that is over, before its last tick",
        "a rate that is over and done",
        "a rate that was changed after its end",
        "over and off",
        "to come",
        "only tick closed",
        "open after a freeze",
    ],
)
def test_a_schedule(schedule: WantedSchedule, code: str) -> None:
    """It has one finding, which is about its job."""
    [found] = check(group(schedule))
    assert (found.code, found.about, found.jobs) == (code, "report", ("report",))


def test_what_was_changed_is_named() -> None:
    """The text has the present and the deployed value."""
    [found] = check(group(one(Known(described(ScheduleExpression="rate(1 hour)")))))
    assert found.text.endswith(": expression is rate(1 hour), not cron(0 2 * * ? *)")


def test_a_group_that_is_gone_is_one_finding() -> None:
    """Its schedules are gone with it."""
    [found] = check(group(one(Known(None)), listed=Known(None)))
    assert (found.code, found.jobs) == ("schedule-group-gone", ("report",))


def test_what_is_around_the_schedules() -> None:
    """Strays and unreadable items are broken; without the list nobody knows of strays."""
    [stray, item] = sorted(check(group(strays=["x"], unreadable={"a": "no JSON"})), key=lambda one: -len(one.code))[
        ::-1
    ]
    assert (stray.code, stray.about, item.code, item.about) == ("schedule-stray", "x", "job-item-unreadable", "a")
    [refused] = check(group(listed=Refused("no", "scheduler:ListSchedules")))
    assert (refused.code, refused.about) == ("unchecked", "jobs-staging")
