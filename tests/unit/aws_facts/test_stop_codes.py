"""Tests that every reason for which ECS stops a task is known."""

from __future__ import annotations

import botocore.session
import pytest

from aws_facts import stop_codes
from aws_facts.stop_codes import StopCode

GROUPS = (stop_codes.BY_ITSELF, stop_codes.BY_A_PERSON, stop_codes.BY_AWS)


def test_every_stop_code_is_in_one_group() -> None:
    """Each stop code of AWS's own model is classified, once, and no other one is."""
    documented = botocore.session.get_session().get_service_model("ecs").shape_for("TaskStopCode").metadata["enum"]
    assert sorted(code.value for group in GROUPS for code in group) == sorted(documented)
    assert {code.value for code in StopCode} == set(documented)


@pytest.mark.parametrize(
    ("code", "reason", "by_aws"),
    [
        ("SpotInterruption", "Your Spot Task was interrupted.", True),
        ("TerminationNotice", "Host EC2 (instance i-0a) terminated.", True),
        ("InfrastructureHealth", "", True),
        ("", "Task stopped during instance draining", True),
        ("", "ECS is performing maintenance on the underlying infrastructure hosting the task", True),
        (
            "ServiceSchedulerInitiated",
            "Service web: ECS is performing maintenance on the underlying infrastructure hosting the task",
            True,
        ),
        ("UserInitiated", "Task stopped during instance draining", True),
        ("UserInitiated", "Task stopped by user", False),
        ("EssentialContainerExited", "Essential container in task exited", False),
        ("", "Host EC2 (instance i-0a) terminated.", True),
        ("TaskFailedToStart", "Host EC2 (instance i-0a) stopped.", True),
        ("UserInitiated", "Container instance deregistration forced by user", True),
        ("TaskFailedToStart", "EMPTY CAPACITY PROVIDER", False),
        ("", "", False),
    ],
)
def test_the_code_or_the_reason_tells_that_aws_did_it(code: str, reason: str, by_aws: bool) -> None:  # noqa: FBT001
    """AWS's own sentences count with any stop code, since AWS documents none for them."""
    assert stop_codes.is_by_aws(code, reason) is by_aws
