"""The function that reads IAM policies."""

# ruff: noqa: D102, S105 - Function documents the methods; a token names a type, it is not a secret

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from emulator.provider.core import tags
from emulator.provider.core.errors import ProviderError
from emulator.provider.core.invoke import Function

if TYPE_CHECKING:
    from emulator.provider.core.clients import Aws
    from emulator.provider.core.properties import Properties


class GetPolicy(Function):
    """aws.iam.get_policy, by ARN."""

    token = "aws:iam/getPolicy:getPolicy"
    label = "IAM Policy"
    named_by = "arn"

    def run(self, aws: Aws, args: Properties) -> Properties:
        if "arn" not in args:
            raise ProviderError(f"the sandbox's {self.label} is read by its arn only")
        client, arn = aws.client("iam"), args["arn"]
        policy = client.get_policy(PolicyArn=arn)["Policy"]
        version = client.get_policy_version(PolicyArn=arn, VersionId=policy["DefaultVersionId"])["PolicyVersion"]
        return {
            "arn": policy["Arn"],
            "attachmentCount": policy["AttachmentCount"],
            "description": policy.get("Description", ""),
            "id": policy["Arn"],
            "name": policy["PolicyName"],
            "path": policy["Path"],
            "pathPrefix": "",
            "policy": json.dumps(version["Document"]),
            "policyId": policy["PolicyId"],
            "tags": tags.from_list(policy.get("Tags")),
        }
