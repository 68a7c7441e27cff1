"""The function that reads what is known of secrets in Secrets Manager. It reads no value."""

# ruff: noqa: D102, S105 - Function documents the methods; a token names a type, it is not a secret

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from emulator.provider.core import tags
from emulator.provider.core.errors import ProviderError, error_code
from emulator.provider.core.invoke import Function
from emulator.provider.core.spelling import rfc3339

if TYPE_CHECKING:
    from typing import Any

    from emulator.provider.core.clients import Aws
    from emulator.provider.core.properties import Properties


class GetSecret(Function):
    """aws.secretsmanager.get_secret, by ARN or name: the description of a secret and its policy.

    One that is scheduled for deletion counts as deleted, as it does for the real provider.
    """

    token = "aws:secretsmanager/getSecret:getSecret"
    label = "Secrets Manager Secret"
    named_by = "arn"

    def run(self, aws: Aws, args: Properties) -> Properties:
        client = aws.client("secretsmanager")
        name = args.get("arn") or args["name"]
        found = _described(client, name)
        if found is None or "DeletedDate" in found:
            raise ProviderError(f"reading {self.label} ({name}): couldn't find resource")
        return {
            "arn": found["ARN"],
            "createdDate": rfc3339(found["CreatedDate"]),
            "description": found.get("Description", ""),
            "id": found["ARN"],
            "kmsKeyId": found.get("KmsKeyId", ""),
            "lastChangedDate": rfc3339(found["LastChangedDate"]),
            "name": found["Name"],
            "policy": client.get_resource_policy(SecretId=found["ARN"]).get("ResourcePolicy", ""),
            "region": aws.region,
            "tags": tags.from_list(found.get("Tags")),
            "type": found.get("Type", ""),
        }


def _described(client: Any, name: str) -> dict[str, Any] | None:  # noqa: ANN401 - boto3's clients have no types
    try:
        described: dict[str, Any] = client.describe_secret(SecretId=name)
    except ClientError as error:
        if error_code(error) != "ResourceNotFoundException":
            raise
        return None
    return described
