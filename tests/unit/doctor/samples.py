"""A sound schedule as GetSchedule describes it, for tests of checks."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from aws_facts.universal_target import SCHEDULED_TIME
from watch.facts import JobFacts, ScheduleFacts, Supervised

PLACE = "eu-central-1:123456789012"
CLUSTER = f"arn:aws:ecs:{PLACE}:cluster/staging"
QUEUE = f"arn:aws:sqs:{PLACE}:jobs-staging-dead-letters"
ROLE = "arn:aws:iam::123456789012:role/launch"
CHANGED = datetime(2027, 2, 1, 12, tzinfo=UTC)
NOW = datetime(2027, 2, 3, 9, tzinfo=UTC)
REQUEST: dict[str, Any] = {
    "Cluster": CLUSTER,
    "TaskDefinition": "web",
    "Group": "jobs-staging:report",
    "LaunchType": "FARGATE",
    "Overrides": {"ContainerOverrides": [{"Name": "app", "Command": ["build", "report"]}]},
}
WANTED = ScheduleFacts(expression="cron(0 2 * * ? *)", timezone="Europe/Berlin")
FACTS = JobFacts(cluster=CLUSTER, task_definition="web", container="app", schedules={"report": WANTED})
SUPERVISED = JobFacts(
    cluster=CLUSTER,
    task_definition="web",
    container="app",
    schedules={"report": WANTED},
    supervised=Supervised(role=ROLE, requests={"report": REQUEST}),
)


def described(**changed: Any) -> dict[str, Any]:  # noqa: ANN401 - members of GetSchedule's answer
    """Return the schedule `report`, of a job that Scheduler launches."""
    known = {
        "Name": "report",
        "GroupName": "jobs-staging",
        "State": "ENABLED",
        "Description": "wanted=ENABLED Sum up orders",
        "ScheduleExpression": WANTED.expression,
        "ScheduleExpressionTimezone": WANTED.timezone,
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "CreationDate": CHANGED,
        "LastModificationDate": CHANGED,
        "Target": launching(REQUEST),
    }
    return {**known, **changed}


def launching(request: object) -> dict[str, Any]:
    """Return a target that calls RunTask."""
    return _target("ecs:runTask", request if isinstance(request, str) else json.dumps(request))


def sending(schedule: str = "report") -> dict[str, Any]:
    """Return a target that tells the supervisor of a tick."""
    body = json.dumps({"schedule": schedule, "tick": SCHEDULED_TIME})
    return _target("sqs:sendMessage", json.dumps({"QueueUrl": "https://queue", "MessageBody": body}))


def _target(call: str, given: str) -> dict[str, Any]:
    arn = f"arn:aws:scheduler:::aws-sdk:{call}"
    return {"Arn": arn, "RoleArn": ROLE, "Input": given, "DeadLetterConfig": {"Arn": QUEUE}}
