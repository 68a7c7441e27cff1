"""What ECS and a job that has an image of its own may do with the roles that are made for the job. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aws_facts import ecr_image, value_from
from aws_facts.arn import Arn
from components.statements import POLICY_VERSION, allow

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


def trust_policy(cluster_arn: str) -> dict[str, Any]:
    """Return the policy that lets ECS assume a role for tasks of this account and region only.

    The conditions prevent a confused deputy (ECS Developer Guide, "Amazon ECS task IAM role").
    """
    cluster = Arn.parse(cluster_arn)
    return {
        "Version": POLICY_VERSION,
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "ecs-tasks.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Condition": {
                    "StringEquals": {"aws:SourceAccount": cluster.account},
                    "ArnLike": {"aws:SourceArn": cluster.sibling("ecs", "*")},
                },
            }
        ],
    }


def execution_policy(
    *, images: Iterable[str], log_group_arn: str, secrets: Iterable[str], secret_keys: Iterable[str]
) -> dict[str, Any]:
    """Return what ECS itself must do before the containers start: pull the images, open the log, read the secrets.

    `log_group_arn` ends without `:*`. `secret_keys` are the ARNs of KMS keys of your own that encrypt secrets.
    """
    log = Arn.parse(log_group_arn)
    statements: list[dict[str, Any]] = [
        allow("WriteLog", ["logs:CreateLogStream", "logs:PutLogEvents"], f"{log_group_arn}:*"),
        *_pull(images, log.partition),
        *_read(log, secrets, secret_keys),
    ]
    return {"Version": POLICY_VERSION, "Statement": statements}


def task_policy(statements: Sequence[Mapping[str, Any]]) -> str:
    """Return the policy of the job's own role."""
    return json.dumps({"Version": POLICY_VERSION, "Statement": [dict(one) for one in statements]})


def _pull(images: Iterable[str], partition: str) -> list[dict[str, Any]]:
    known = (ecr_image.parse(image) for image in images)
    repositories = sorted({one.repository_arn(partition) for one in known if one is not None})
    if not repositories:
        return []
    return [
        # GetAuthorizationToken has no resource (Service Authorization Reference, Amazon ECR).
        allow("LogIn", "ecr:GetAuthorizationToken", "*"),
        allow(
            "PullImage",
            ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            repositories if len(repositories) > 1 else repositories[0],
        ),
    ]


def _read(here: Arn, secrets: Iterable[str], keys: Iterable[str]) -> list[dict[str, Any]]:
    """Return the statements for exactly these secrets and parameters."""
    arns = sorted({_of_source(source, here) for source in secrets})
    managed = [arn for arn in arns if Arn.parse(arn).service == "secretsmanager"]
    parameters = [arn for arn in arns if Arn.parse(arn).service == "ssm"]
    statements: list[dict[str, Any]] = []
    if managed:
        statements.append(allow("ReadSecrets", "secretsmanager:GetSecretValue", managed))
    if parameters:
        statements.append(allow("ReadParameters", "ssm:GetParameters", parameters))
    used = sorted(set(keys))
    if used and arns:
        through = [
            f"{service}.{region}.amazonaws.com"
            for service, names in (("secretsmanager", managed), ("ssm", parameters))
            for region in sorted({Arn.parse(arn).region for arn in names})
        ]
        condition = {"StringEquals": {"kms:ViaService": through}}
        statements.append({**allow("DecryptSecrets", "kms:Decrypt", used), "Condition": condition})
    return statements


def _of_source(source: str, here: Arn) -> str:
    """Return the ARN of the secret or the parameter that a container's secret names; a name is a parameter's."""
    found = value_from.parse(source, here)
    if found is not None and found.service == value_from.SECRETS_MANAGER:
        return found.name
    return source if source.startswith("arn:") else here.sibling("ssm", f"parameter/{source.removeprefix('/')}")
