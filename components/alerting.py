"""Which stops of a job's tasks need a person, and what that person reads. Pure."""

from __future__ import annotations

import json
from typing import Any

from aws import stop_codes
from components.launch_policy import POLICY_VERSION
from watch.task import EVENT_PATHS


def event_pattern(*, cluster_arn: str, task_group: str, container: str) -> dict[str, Any]:
    """Match a stop that needs a person: the job's own container failed, or the task never ran it.

    Fields under `containers` match within one element, so a sidecar, which always ends with 137, matches nothing.
    A container that never ran has no exit code: the stop code tells.
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
"""Fields that every STOPPED event has. `overrides` is not among them: it holds the environment."""


def input_template(*, stack: str, job: str, container: str, owner: str, runbook: str) -> str:
    """Write the alert's template: a JSON object in which a bare placeholder becomes the event's own value."""
    known = {"stack": stack, "job": job, "container": container, "owner": owner, "runbook": runbook}
    summary = f"{job} of {stack} failed or did not start"
    fixed = [
        f"{json.dumps(k)}: {json.dumps(_literal(v), ensure_ascii=False)}"
        for k, v in {"summary": summary, **known}.items()
        if v
    ]
    taken = [f"{json.dumps(name)}: <{name}>" for name in INPUT_PATHS]
    return "{" + ", ".join(fixed + taken) + "}"


def watched_pattern(*, cluster_arn: str, task_group: str) -> dict[str, Any]:
    """Match every change of state of the job's tasks: the watch decides what it means."""
    return {
        "source": ["aws.ecs"],
        "detail-type": ["ECS Task State Change"],
        "detail": {"clusterArn": [cluster_arn], "group": [task_group]},
    }


def watched_template() -> str:
    """Write the template of what the watch is given: an object in which a bare placeholder becomes the event's value.

    What an event does not have becomes an empty text; `overrides` never leaves EventBridge.
    """
    return "{" + ", ".join(f"{json.dumps(name)}: <{name}>" for name in EVENT_PATHS) + "}"


def topic_policy(*, topic_arn: str, account: str) -> dict[str, Any]:
    """Let EventBridge rules of this account publish. The watch may by its own role; nobody else may."""
    return _publishers("PublishAlerts", "events.amazonaws.com", topic_arn, account)


def problems_policy(*, topic_arn: str, account: str) -> dict[str, Any]:
    """Let CloudWatch alarms of this account publish. Lambda does so with the watch's role; nobody else may."""
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
    """Keep text that somebody wrote from being read as a placeholder."""
    return text.replace("<", "(").replace(">", ")")
