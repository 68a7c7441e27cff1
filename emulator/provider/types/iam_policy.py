"""IAM: managed policies."""

# ruff: noqa: D102, S105 - ResourceType documents the methods; a token names a type, it is not a secret

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar, Final

from emulator.provider.core import tags
from emulator.provider.core.compare import policy_document
from emulator.provider.core.naming import AutoName
from emulator.provider.core.resource import ResourceType
from emulator.provider.core.spelling import present
from emulator.provider.types.iam import GONE

if TYPE_CHECKING:
    from emulator.provider.core.clients import Aws, Client
    from emulator.provider.core.properties import Json, Properties

POLICY_VERSIONS: Final = 5
"""The number of versions that IAM stores of a managed policy (IAM and STS quotas)."""


class Policy(ResourceType):
    """A managed policy. A change of its document creates a new default version."""

    token = "aws:iam/policy:Policy"
    label = "IAM Policy"
    inputs = frozenset({"description", "name", "path", "policy", "tags"})
    outputs = frozenset({"arn", "attachmentCount", "policyId"})
    required = frozenset({"policy"})
    replace_on = frozenset({"description", "path"})
    auto_name = AutoName(128)
    defaults: ClassVar = {"path": "/"}
    volatile = frozenset({"attachmentCount"})
    json_inputs = frozenset({"policy"})
    canonical: ClassVar = {"policy": policy_document}
    gone = GONE
    regional = False

    def create(self, aws: Aws, inputs: Properties) -> str:
        request = present(
            PolicyName=inputs["name"],
            PolicyDocument=inputs["policy"],
            Path=inputs.get("path"),
            Description=inputs.get("description"),
            Tags=tags.to_list(inputs.get("tags")),
        )
        return str(aws.client("iam").create_policy(**request)["Policy"]["Arn"])

    def read(self, aws: Aws, resource_id: str, known: Properties) -> Properties | None:
        del known
        client = aws.client("iam")
        found = client.get_policy(PolicyArn=resource_id)["Policy"]
        version = client.get_policy_version(PolicyArn=resource_id, VersionId=found["DefaultVersionId"])["PolicyVersion"]
        return {
            "arn": found["Arn"],
            "attachmentCount": found.get("AttachmentCount", 0),
            "description": found.get("Description", ""),
            "name": found["PolicyName"],
            "path": found["Path"],
            "policy": json.dumps(version["Document"]),
            "policyId": found["PolicyId"],
            "tags": tags.from_list(found.get("Tags")),
        }

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        client = aws.client("iam")
        if old.get("policy") != new["policy"]:
            versions = _versions(client, resource_id)
            if len(versions) == POLICY_VERSIONS:
                client.delete_policy_version(PolicyArn=resource_id, VersionId=versions[0]["VersionId"])
            client.create_policy_version(PolicyArn=resource_id, PolicyDocument=new["policy"], SetAsDefault=True)
        added, removed = tags.difference(old, new)
        if removed:
            client.untag_policy(PolicyArn=resource_id, TagKeys=removed)
        if added:
            client.tag_policy(PolicyArn=resource_id, Tags=tags.to_list(added))

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        del state
        client = aws.client("iam")
        for version in _versions(client, resource_id):
            if not version["IsDefaultVersion"]:
                client.delete_policy_version(PolicyArn=resource_id, VersionId=version["VersionId"])
        client.delete_policy(PolicyArn=resource_id)


def _versions(client: Client, arn: str) -> list[dict[str, Json]]:
    """Return the versions of a managed policy in the order of their deletion: oldest first, the default one last."""
    versions = client.list_policy_versions(PolicyArn=arn)["Versions"]
    return sorted(versions, key=lambda version: (version["IsDefaultVersion"], version["CreateDate"]))
