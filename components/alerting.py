"""The event patterns, templates and topic policies of the alerts. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aws_facts import stop_codes
from components.launch_policy import POLICY_VERSION
from watch.names import task_group

if TYPE_CHECKING:
    from collections.abc import Sequence


def event_pattern(*, cluster_arn: str, task_group: str, container: str) -> dict[str, Any]:
    """Return the pattern of stops that need a person: the job's own container failed, or the task never ran it.

    Fields under `containers` match within one element, so a sidecar, which always ends with 137, does not match.
    A container that never ran has no exit code, so the stop code identifies it.
    """
    return {
        "source": ["aws.ecs"],
        "detail-type": ["ECS Task State Change"],
        "detail": {
            "clusterArn": [cluster_arn],
            "group": [task_group],
            "lastStatus": ["STOPPED"],
            "$or": [
                {
                    "stopCode": [{"anything-but": list(stop_codes.BY_A_PERSON)}],
                    "containers": {"name": [container], "exitCode": [{"anything-but": 0}]},
                },
                {"stopCode": [stop_codes.StopCode.TASK_FAILED_TO_START]},
            ],
        },
    }


INPUT_PATHS = {
    "containers": "$.detail.containers",
    "reason": "$.detail.stoppedReason",
    "stopCode": "$.detail.stopCode",
    "stoppedAt": "$.detail.stoppedAt",
    "taskArn": "$.detail.taskArn",
}
"""Fields that every STOPPED event has. `overrides` is left out, since it contains the environment."""


def input_template(*, stack: str, job: str, container: str, owner: str, runbook: str) -> str:
    """Return the alert's template: a JSON object in which a bare placeholder becomes the value from the event."""
    known = {"stack": stack, "job": job, "container": container, "owner": owner, "runbook": runbook}
    summary = f"{job} of {stack} failed or did not start"
    fixed = [
        f"{json.dumps(k)}: {json.dumps(_literal(v), ensure_ascii=False)}"
        for k, v in {"summary": summary, **known}.items()
        if v
    ]
    taken = [f"{json.dumps(name)}: <{name}>" for name in INPUT_PATHS]
    return "{" + ", ".join(fixed + taken) + "}"


def watched_pattern(*, cluster_arns: Sequence[str], group: str) -> dict[str, Any]:
    """Return the pattern of every change of state of the group's tasks. The watch decides what a change means."""
    return {
        "source": ["aws.ecs"],
        "detail-type": ["ECS Task State Change"],
        "detail": {"clusterArn": sorted(set(cluster_arns)), "group": [{"prefix": task_group(group, "")}]},
    }


def topic_policy(*, topic_arn: str, account: str) -> dict[str, Any]:
    """Return the policy that lets EventBridge rules of this account publish. The watch publishes with its own role."""
    return _publishers("PublishAlerts", "events.amazonaws.com", topic_arn, account)


def problems_policy(*, topic_arn: str, account: str) -> dict[str, Any]:
    """Return the policy that lets CloudWatch alarms of this account publish. Lambda publishes with the watch's role."""
    return _publishers("PublishAlarms", "cloudwatch.amazonaws.com", topic_arn, account)


def _publishers(sid: str, service: str, topic_arn: str, account: str) -> dict[str, Any]:
    return {
        "Version": POLICY_VERSION,
        "Statement": [
            {
                "Sid": sid,
                "Effect": "Allow",
                "Principal": {"Service": service},
                "Action": "sns:Publish",
                "Resource": topic_arn,
                "Condition": {"StringEquals": {"aws:SourceAccount": account}},
            }
        ],
    }


def _literal(text: str) -> str:
    """Return a user's text in a form that cannot be read as a placeholder."""
    return text.replace("<", "(").replace(">", ")")
