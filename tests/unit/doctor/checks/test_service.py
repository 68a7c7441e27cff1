"""Tests of what is found of services whose revision jobs run."""

from __future__ import annotations

from typing import Any

import pytest

from doctor.account import Known
from doctor.checks.service import FollowedService, check
from judgements.answers import Refused

SERVICE: dict[str, Any] = {
    "status": "ACTIVE",
    "taskDefinition": "arn:aws:ecs:eu-central-1:123456789012:task-definition/web:7",
    "deployments": [{"rolloutState": "COMPLETED"}],
}


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (Known(SERVICE), [("sound", ("a", "b"))]),
        (Known({**SERVICE, "deployments": [{"rolloutState": "IN_PROGRESS"}]}), [("sound", ("a", "b"))]),
        (Known({**SERVICE, "deployments": [{"rolloutState": "FAILED"}]}), [("service-unfit", ("a", "b"))]),
        (Known({**SERVICE, "deploymentController": {"type": "CODE_DEPLOY"}}), [("service-unfit", ("a", "b"))]),
        (Known({**SERVICE, "taskDefinition": "api:1"}), [("service-other-family", ("a", "b"))]),
        (Known({**SERVICE, "status": "INACTIVE"}), [("service-gone", ("a", "b"))]),
        (Known(None), [("service-gone", ("a", "b"))]),
        (Refused("no", "ecs:DescribeServices"), [("unchecked", ("a", "b"))]),
    ],
    ids=["sound", "deploying", "failed", "other controller", "other family", "inactive", "gone", "refused"],
)
def test_a_service(answer: Known[Any] | Refused, found: list[tuple[str, tuple[str, ...]]]) -> None:
    """A deployment that goes on is no fault: the supervisor waits for its end."""
    service = FollowedService(name="web", families={"web": ["b", "a"]}, answer=answer)
    assert [(one.code, one.jobs) for one in check([service])] == found


def test_only_the_jobs_of_another_family_are_named() -> None:
    """Jobs that were deployed at different times may have different families of one service."""
    service = FollowedService(name="web", families={"web": ["a"], "old": ["b"]}, answer=Known(SERVICE))
    assert [one.jobs for one in check([service])] == [("b",)]
