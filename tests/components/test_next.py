"""Tests of `python -m ops next` with a deployed program."""

from __future__ import annotations

import json

import pytest

from emulator.iam.policy_evaluation import evaluate
from tests import permissions
from tests.components.embedded import ACCOUNT, REGION, EmbeddedCloud
from tests.components.operators import Operator, allowed, without
from tests.components.test_list import GROUP, NOW, USUAL, WHERE, deploy, program
from tests.components.watching import FUNCTION

READS = (*USUAL[:-1], "dynamodb:BatchGetItem")
"""The calls: the watch, items and records, the schedules, and the watch's last check."""


@pytest.fixture
def operator(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Operator:
    """Return an operator who types `next`."""
    return Operator(cloud, monkeypatch, capsys, "next", NOW)


def test_shows_the_ticks_to_come(cloud: EmbeddedCloud, operator: Operator) -> None:
    """All enabled schedules are in one order; a job or schedule limits it to its own."""
    deploy(cloud, program(jobs=("cleanup", "nightly-report")))
    code, out, err = operator.runs(*WHERE)
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "WHEN                      UTC        SCHEDULE        OWNER",
        "Thu 2027-02-04 02:00 CET  Thu 01:00  cleanup         data",
        "Thu 2027-02-04 02:00 CET  Thu 01:00  nightly-report  data",
        "2 ticks of 2 schedules until Thu 2027-02-04 09:00 UTC.",
    ]
    assert operator.called() == READS
    code, out, err = operator.runs("cleanup", *WHERE, "--for", "48h", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out) == {
        "group": GROUP,
        "region": REGION,
        "now": "2027-02-03T09:00:00Z",
        "until": "2027-02-05T09:00:00Z",
        "coming": [
            {
                "at": f"2027-02-0{day}T01:00:00Z",
                "timezone": "Europe/Berlin",
                "schedule": "cleanup",
                "job": "cleanup",
                "owner": "data",
                "ticks": 1,
                "note": "",
            }
            for day in (4, 5)
        ],
    }


def test_a_disabled_schedule_has_no_tick(cloud: EmbeddedCloud, operator: Operator) -> None:
    """It is no error, and the last line says that nothing comes."""
    deploy(cloud, program())
    scheduler = cloud.client("scheduler")
    described = scheduler.get_schedule(GroupName=GROUP, Name="nightly-report")
    kept = ("GroupName", "Name", "ScheduleExpression", "ScheduleExpressionTimezone", "FlexibleTimeWindow", "Target")
    scheduler.update_schedule(**{name: described[name] for name in kept}, State="DISABLED")
    assert operator.runs(*WHERE) == (0, "No tick until Thu 2027-02-04 09:00 UTC.\n", "")


def test_a_misspelt_job_or_span_is_one_line(cloud: EmbeddedCloud, operator: Operator) -> None:
    """The message has what was received and what is accepted."""
    deploy(cloud, program())
    assert operator.fails("nightly", *WHERE) == (
        "no enabled schedule belongs to nightly; did you mean 'nightly-report'?"
    )
    assert operator.fails("--for", "0d", *WHERE, wanted=2) == "--for '0d': must be more than 0 and at most 31d"
    assert operator.called() == ()


def test_who_looks_may_look_ahead(cloud: EmbeddedCloud, operator: Operator) -> None:
    """The policy in docs/permissions.md allows every call. Without any action of them, one is refused."""
    deploy(cloud, program())
    assert operator.runs(*WHERE)[0] == 0
    policy = permissions.policy(permissions.LOOK, group=GROUP, account=ACCOUNT, region=REGION, watch=FUNCTION)
    asked = operator.asked()
    assert [str(evaluate(each, [policy]).reason) for each in asked if not evaluate(each, [policy]).allowed] == []
    for action in {each.action for each in asked}:
        assert not allowed(asked, without(policy, action)), action
