"""Tests of what is found of the group's rules."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from components.alerting import watched_pattern
from doctor.account import Known
from doctor.checks.rules import Rule, check
from judgements.answers import Refused

PLACE = "eu-central-1:123456789012"
ARN = f"arn:aws:events:{PLACE}:rule/jobs-staging-runs"
WATCH = f"arn:aws:lambda:{PLACE}:function:jobs-staging-watch"
CLUSTERS = [f"arn:aws:ecs:{PLACE}:cluster/{name}" for name in ("batch", "staging")]


def described(pattern: dict[str, Any], **changed: str) -> Known[Any]:
    """Return DescribeRule's answer."""
    return Known({"Arn": ARN, "State": "ENABLED", "EventPattern": json.dumps(pattern), **changed})


def pattern(*clusters: str, **changed: Any) -> dict[str, Any]:  # noqa: ANN401 - parts of an event pattern
    """Return the pattern of the runs on these clusters."""
    whole = watched_pattern(cluster_arns=clusters, group="jobs-staging")
    return {**whole, "detail": {**whole["detail"], **changed}}


def permission(source: str) -> Known[Any]:
    """Return GetPolicy's answer of a function that a rule may invoke."""
    statement = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "lambda:InvokeFunction"}
    condition = {"ArnLike": {"AWS:SourceArn": source}}
    return Known({"Policy": json.dumps({"Statement": [{**statement, "Resource": WATCH, "Condition": condition}]})})


def targets(*given: dict[str, str]) -> Known[Any]:
    """Return ListTargetsByRule's answer."""
    return Known({"Targets": list(given)})


SOUND = Rule(
    name="jobs-staging-runs",
    consequence="the ends of runs are found late",
    schedule="",
    pattern=pattern(),
    clusters={CLUSTERS[1]: ["cleanup", "nightly-report"]},
    target=WATCH,
    input_path="$.detail",
    answer=described(pattern(*CLUSTERS)),
    targets=targets({"Arn": WATCH, "InputPath": "$.detail"}),
    policy=permission(ARN),
)
LOOK = replace(
    SOUND,
    schedule="rate(5 minutes)",
    clusters={},
    input_path="",
    answer=Known({"Arn": ARN, "State": "ENABLED", "ScheduleExpression": "rate(5 minutes)"}),
    targets=targets({"Arn": WATCH}),
)


@pytest.mark.parametrize(
    ("changed", "codes"),
    [
        ({}, ["sound"]),
        ({"answer": described(pattern())}, ["sound"]),
        ({"answer": described(pattern(CLUSTERS[0]))}, ["cluster-unwatched"]),
        ({"answer": described(pattern(*CLUSTERS, lastStatus=["STOPPED"]))}, ["rule-changed"]),
        ({"answer": described(pattern(*CLUSTERS, group=[{"prefix": "jobs-production:"}]))}, ["rule-changed"]),
        ({"answer": described({**pattern(*CLUSTERS), "source": ["aws.batch"]})}, ["rule-changed"]),
        ({"answer": described(pattern(*CLUSTERS), State="DISABLED")}, ["rule-disabled"]),
        ({"answer": described(pattern(*CLUSTERS), State="ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS")}, ["sound"]),
        ({"answer": Known(None)}, ["rule-missing"]),
        ({"targets": targets()}, ["rule-not-aimed"]),
        ({"targets": targets({"Arn": f"{WATCH}-old", "InputPath": "$.detail"})}, ["rule-not-aimed"]),
        ({"targets": targets({"Arn": WATCH})}, ["rule-not-aimed"]),
        ({"policy": Known(None)}, ["rule-not-permitted"]),
        ({"policy": permission(f"{ARN}-old")}, ["rule-not-permitted"]),
        ({"policy": None}, ["sound"]),
        ({"answer": Refused("no", "events:DescribeRule")}, ["unchecked"]),
        ({"targets": Refused("no", "events:ListTargetsByRule")}, ["unchecked"]),
        ({"policy": Refused("no", "lambda:GetPolicy")}, ["unchecked"]),
    ],
)
def test_a_rule_of_events(changed: dict[str, Any], codes: list[str]) -> None:
    """It must pass on what runs on the jobs' clusters, in the form that the watch knows."""
    assert [one.code for one in check([replace(SOUND, **changed)])] == codes


def test_a_cluster_that_is_not_watched_names_its_jobs() -> None:
    """Jobs on other clusters are not concerned."""
    [one] = check([replace(SOUND, answer=described(pattern(CLUSTERS[0])))])
    assert one.jobs == ("cleanup", "nightly-report")


@pytest.mark.parametrize(
    ("expression", "code"), [("rate(5 minutes)", "sound"), ("rate(1 hour)", "rule-changed"), (None, "rule-changed")]
)
def test_a_rule_of_times(expression: str | None, code: str) -> None:
    """It must invoke the watch as often as it was deployed."""
    answer: Known[Any] = Known({"Arn": ARN, "State": "ENABLED", "ScheduleExpression": expression})
    assert [one.code for one in check([replace(LOOK, answer=answer)])] == [code]


def test_a_rule_whose_text_is_made_needs_no_path() -> None:
    """Its target gets a text, whatever part of the event is in it."""
    assert [one.code for one in check([replace(SOUND, input_path=None, targets=targets({"Arn": WATCH}))])] == ["sound"]
