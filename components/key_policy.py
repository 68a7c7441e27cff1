"""The statements that the policy of a user's own KMS key needs. The program does not write that policy. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_facts.arn import Arn
from watch.names import function_name, supervisor_name

if TYPE_CHECKING:
    from collections.abc import Sequence

_OF_A_PUBLISHER = ["kms:Decrypt", "kms:GenerateDataKey*"]
"""SNS Developer Guide, "Key management", event sources from AWS services."""
_OF_A_LOG = ["kms:Decrypt", "kms:Describe*", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
"""CloudWatch Logs User Guide, "Encrypt log data in CloudWatch Logs using AWS KMS"."""
_SUFFIXES = {"aws-cn": ".cn"}
"""What ends the name of CloudWatch Logs as a principal, in the partitions where it ends otherwise."""


def statements(  # noqa: PLR0913 - what the services that use the key depend on
    *, kms_key_arn: str, group: str, account: str, watched: bool, queues: bool, job_log: str | None = None
) -> list[dict[str, Any]]:
    """Return the statements for the services that use the key with no role of the program.

    They name the supervisor's log also for a group that has no supervisor yet, so that it can get one at any time.
    `job_log` is the log group of jobs that have an image of their own.
    Roles use the key with policies of their own, which count because a key's default policy lets IAM policies of its
    account decide. That holds for SQS and DynamoDB, which use the key for whoever calls them. `queues` says whether
    queues that get alerts are encrypted with this key too. No statement for a publisher has a condition: no page of AWS
    says what CloudWatch and EventBridge tell KMS.
    """
    rules = _statement("LetRulesPublish", "events.amazonaws.com", _OF_A_PUBLISHER)
    of_watch = [
        _statement("LetAlarmsPublish", "cloudwatch.amazonaws.com", _OF_A_PUBLISHER),
        _logs(Arn.parse(kms_key_arn), account, group, job_log),
    ]
    of_queues = [_statement("LetTopicsSendToQueues", "sns.amazonaws.com", _OF_A_PUBLISHER)]
    return [rules, *(of_watch if watched else []), *(of_queues if queues else [])]


def _statement(sid: str, service: str, actions: Sequence[str]) -> dict[str, Any]:
    """Return a statement of a key's policy, in which `*` is the key itself."""
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": list(actions),
        "Resource": "*",
    }


def _logs(key: Arn, account: str, group: str, job_log: str | None) -> dict[str, Any]:
    logs = f"arn:{key.partition}:logs:{key.region}:{account}:log-group:"
    own = [f"{logs}/aws/lambda/{name}" for name in (function_name(group), supervisor_name(group))]
    own += [f"{logs}{job_log}"] if job_log else []
    service = f"logs.{key.region}.amazonaws.com{_SUFFIXES.get(key.partition, '')}"
    condition = {"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": own}}
    return {**_statement("EncryptLogs", service, _OF_A_LOG), "Condition": condition}
