"""Tests of the watch's policy: the logs that it may read, and the key that it may use."""

from __future__ import annotations

from typing import Any

from components.watch_policy import watch_policy

PLACE = "eu-central-1:123456789012"
ELSEWHERE = "arn:aws:logs:eu-west-1:123456789012:log-group:/ecs/batch"
KEY = f"arn:aws:kms:{PLACE}:key/12ab"


def policy(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - arguments of the policy
    """Return a watch's policy."""
    known: dict[str, Any] = {
        "project": "jobs",
        "schedule_group_arn": f"arn:aws:scheduler:{PLACE}:schedule-group/jobs-staging",
        "table_arn": "table",
        "topic_arn": "topic",
        "dead_letter_arn": "queue",
        "given_up_arn": "given-up",
        "own_log_group_arn": "log",
        "cluster_arns": [],
        "log_groups": [],
    }
    return watch_policy(**{**known, **changes})


def test_may_read_logs_in_other_regions() -> None:
    """A log group by its name is in the stack's region, and one by its ARN is where the ARN says."""
    statements = policy(log_groups=["/ecs/web", ELSEWHERE, "/ecs/web"])["Statement"]
    [reading] = [statement for statement in statements if statement["Sid"] == "ReadLogs"]
    assert reading == {
        "Sid": "ReadLogs",
        "Effect": "Allow",
        "Action": "logs:GetLogEvents",
        "Resource": [f"arn:aws:logs:{PLACE}:log-group:/ecs/web:log-stream:*", f"{ELSEWHERE}:log-stream:*"],
    }


def test_settles_claims() -> None:
    """Where processes claim runs, the watch also reads claims, and writes whose holder is lost."""
    assert policy(claims_arn="claims")["Statement"] == [
        *policy()["Statement"],
        {
            "Sid": "SettleClaims",
            "Effect": "Allow",
            "Action": ["dynamodb:GetItem", "dynamodb:UpdateItem"],
            "Resource": "claims",
        },
    ]


def test_uses_the_key() -> None:
    """With a key, the policy also allows what the services ask of it for the watch, and only through them."""
    services = [f"{service}.eu-central-1.amazonaws.com*" for service in ("dynamodb", "sns", "sqs")]
    assert policy(kms_key_arn=KEY)["Statement"] == [
        *policy()["Statement"],
        {
            "Sid": "ReadWithKey",
            "Effect": "Allow",
            "Action": "kms:Decrypt",
            "Resource": KEY,
            "Condition": {"StringLike": {"kms:ViaService": services}},
        },
        {
            "Sid": "SendWithKey",
            "Effect": "Allow",
            "Action": "kms:GenerateDataKey",
            "Resource": KEY,
            "Condition": {"StringLike": {"kms:ViaService": services[1:]}},
        },
    ]


def test_finds_the_runs_of_functions_in_their_logs() -> None:
    """A run's lines are found by its id. Without functions nothing is added."""
    statements = policy(function_logs=["/aws/lambda/rates", "/aws/lambda/rates"])["Statement"]
    assert statements == [
        *policy()["Statement"],
        {
            "Sid": "ReadFunctionLogs",
            "Effect": "Allow",
            "Action": ["logs:FilterLogEvents", "logs:GetLogEvents"],
            "Resource": [f"arn:aws:logs:{PLACE}:log-group:/aws/lambda/rates:log-stream:*"],
        },
    ]
