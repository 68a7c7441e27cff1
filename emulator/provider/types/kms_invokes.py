"""The function that reads KMS keys."""

# ruff: noqa: D102, S105 - Function documents the methods; a token names a type, it is not a secret

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.provider.core.invoke import Function
from emulator.provider.core.spelling import rfc3339

if TYPE_CHECKING:
    from emulator.provider.core.clients import Aws
    from emulator.provider.core.properties import Properties


class GetKey(Function):
    """aws.kms.get_key, by ARN or id."""

    token = "aws:kms/getKey:getKey"
    label = "KMS Key"
    named_by = "keyId"

    def run(self, aws: Aws, args: Properties) -> Properties:
        found = aws.client("kms").describe_key(KeyId=args["keyId"])["KeyMetadata"]
        return {
            "arn": found["Arn"],
            "awsAccountId": found["AWSAccountId"],
            "cloudHsmClusterId": "",
            "creationDate": rfc3339(found["CreationDate"]),
            "customKeyStoreId": "",
            "customerMasterKeySpec": found["CustomerMasterKeySpec"],
            "deletionDate": rfc3339(found.get("DeletionDate")) or "",
            "description": found["Description"],
            "enabled": found["Enabled"],
            "expirationModel": "",
            "grantTokens": args.get("grantTokens", []),
            "id": found["KeyId"],
            "keyId": args["keyId"],
            "keyManager": found["KeyManager"],
            "keySpec": found["KeySpec"],
            "keyState": found["KeyState"],
            "keyUsage": found.get("KeyUsage", "ENCRYPT_DECRYPT"),  # moto leaves the default out
            "multiRegion": found.get("MultiRegion", False),
            "multiRegionConfigurations": [],
            "origin": found["Origin"],
            "pendingDeletionWindowInDays": 0,
            "region": aws.region,
            "validTo": "",
            "xksKeyConfigurations": [],
        }
