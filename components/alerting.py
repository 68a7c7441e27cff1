"""The event patterns and templates of the alerts and of the alarms. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_facts import stop_codes
from watch.names import task_group

if TYPE_CHECKING:
    from collections.abc import Sequence


def event_pattern(*, cluster_arn: str, task_group: str, container: str) -> dict[str, Any]:
    """Return the pattern of stops that need a person: the job failed, was cut off, or never ran.

    Fields under `containers` match within one element, so a sidecar, which always ends with 137, does not match. But
    `exists` looks at all elements. So a container without an exit code is recognized by its reason, or when no
    container has a code. ECS may leave out the stop code too.
    """
    not_by_a_person = {"stopCode": [{"anything-but": list(stop_codes.BY_A_PERSON)}, {"exists": False}]}
    return {
        "source": ["aws.ecs"],
        "detail-type": ["ECS Task State Change"],
        "detail": {
            "clusterArn": [cluster_arn],
            "group": [task_group],
            "lastStatus": ["STOPPED"],
            "$or": [
                {"stopCode": [stop_codes.StopCode.TASK_FAILED_TO_START, *stop_codes.BY_AWS]},
                {**not_by_a_person, "containers": {"name": [container], "exitCode": [{"anything-but": 0}]}},
                {**not_by_a_person, "containers": {"name": [container], "reason": _WITHOUT_A_CODE}},
                {**not_by_a_person, "containers": {"exitCode": [{"exists": False}]}},
            ],
        },
    }


_WITHOUT_A_CODE = [{"prefix": "Cannot"}, {"prefix": "ContainerRuntime"}]
"""Reasons of containers of which ECS did not learn the exit code (ECS Developer Guide, "Stopped tasks error codes").

`OutOfMemoryError` is not among them: a container that ended well can have it too (amazon-ecs-agent, issue 2467).
"""

_WATCHED = ("PROVISIONING", "RUNNING", "STOPPED")
"""States of a task (ECS Developer Guide, "Amazon ECS task lifecycle"). Each task of Fargate is first provisioning."""

INPUT_PATHS = {
    "cluster": "$.detail.clusterArn",
    "reason": "$.detail.stoppedReason",
    "region": "$.region",
    "stopCode": "$.detail.stopCode",
    "stoppedAt": "$.detail.stoppedAt",
    "task": "$.detail.taskArn",
}
"""Fields of the event. `overrides` is left out, since it contains the environment; so are `containers`, a long list.

Some events have no reason or stop code; in a text, the place of a missing value is left empty.
"""

_DESCRIBE = "aws ecs describe-tasks --region <region> --cluster <cluster> --tasks <task>"


def input_template(*, stack: str, job: str, container: str, owner: str, runbook: str) -> str:
    """Return the alert's template: one line of quoted text, in which placeholders become values from the event."""
    parts = [
        f"{_literal(job)} of {_literal(stack)} failed, did not start or was cut off",
        "Stop code: <stopCode>",
        "AWS says: <reason>",
        "Stopped: <stoppedAt>",
        f"Container: {_literal(container)}",
        f"Owner: {_literal(owner)}" if owner else "",
        f"Runbook: {_literal(runbook)}" if runbook else "",
        f"Within an hour, this command shows the exit code: {_DESCRIBE}",
    ]
    return '"' + ". ".join(filter(None, parts)) + '"'


def watched_pattern(*, cluster_arns: Sequence[str], group: str) -> dict[str, Any]:
    """Return the pattern of the changes of state by which the watch learns that a task was launched, started or ended.

    The states between say nothing more, and each event costs an invocation. The watch decides what a change means.
    While every job is off there is no cluster, and EventBridge accepts no empty list.
    """
    clusters = {"clusterArn": sorted(set(cluster_arns))} if cluster_arns else {}
    return {
        "source": ["aws.ecs"],
        "detail-type": ["ECS Task State Change"],
        "detail": {
            **clusters,
            "group": [{"prefix": task_group(group, "")}],
            "lastStatus": list(_WATCHED),
        },
    }


def recovery_pattern(alarms: Sequence[str]) -> dict[str, Any]:
    """Return the pattern of alarms that are over. An alarm's own OK actions would also report every new alarm."""
    return {
        "source": ["aws.cloudwatch"],
        "detail-type": ["CloudWatch Alarm State Change"],
        "detail": {
            "alarmName": sorted(alarms),
            "state": {"value": ["OK"]},
            "previousState": {"value": ["ALARM"]},
        },
    }


RECOVERY_PATHS = {"alarm": "$.detail.alarmName", "description": "$.detail.configuration.description"}
RECOVERY_TEMPLATE = '"<alarm> is well again. It had reported: <description>"'


_QUOTABLE = str.maketrans('<>"\\', "()'/")


def _literal(text: str) -> str:
    """Return a user's text in one line, without the characters that have a meaning in a template."""
    return " ".join(text.translate(_QUOTABLE).split())
