"""Tests that the watch may read exactly the logs of the jobs."""

from __future__ import annotations

from components.watch_policy import watch_policy

PLACE = "eu-central-1:123456789012"
ELSEWHERE = "arn:aws:logs:eu-west-1:123456789012:log-group:/ecs/batch"


def test_may_read_logs_in_other_regions() -> None:
    """A log group by its name is in the stack's region, and one by its ARN is where the ARN says."""
    policy = watch_policy(
        schedule_group_arn=f"arn:aws:scheduler:{PLACE}:schedule-group/jobs-staging",
        table_arn="table",
        topic_arn="topic",
        dead_letter_arn="queue",
        given_up_arn="given-up",
        own_log_group_arn="log",
        cluster_arns=[],
        log_groups=["/ecs/web", ELSEWHERE, "/ecs/web"],
    )
    [reading] = [statement for statement in policy["Statement"] if statement["Sid"] == "ReadLogs"]
    assert reading == {
        "Sid": "ReadLogs",
        "Effect": "Allow",
        "Action": "logs:GetLogEvents",
        "Resource": [f"arn:aws:logs:{PLACE}:log-group:/ecs/web:log-stream:*", f"{ELSEWHERE}:log-stream:*"],
    }
