"""KMS: keys."""

# ruff: noqa: D102, S105 - ResourceType documents the methods; a token names a type, it is not a secret

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from emulator.provider.core import tags
from emulator.provider.core.compare import policy_document
from emulator.provider.core.resource import ResourceType
from emulator.provider.core.spelling import present

if TYPE_CHECKING:
    from emulator.provider.core.clients import Aws
    from emulator.provider.core.properties import Properties

_PENDING = "PendingDeletion"


class Key(ResourceType):
    """A symmetric KMS key. A deletion only schedules it, and a key that waits for its deletion counts as deleted."""

    token = "aws:kms/key:Key"
    label = "KMS Key"
    inputs = frozenset({"deletionWindowInDays", "description", "policy", "tags"})
    outputs = frozenset({"arn", "keyId"})
    computed = frozenset({"description", "policy"})
    write_only = frozenset({"deletionWindowInDays"})
    json_inputs = frozenset({"policy"})
    canonical: ClassVar = {"policy": policy_document}
    gone = frozenset({"NotFoundException"})

    def create(self, aws: Aws, inputs: Properties) -> str:
        request = present(
            Description=inputs.get("description"), Policy=inputs.get("policy"), Tags=_tags(inputs.get("tags"))
        )
        return str(aws.client("kms").create_key(**request)["KeyMetadata"]["KeyId"])

    def read(self, aws: Aws, resource_id: str, known: Properties) -> Properties | None:
        del known
        client = aws.client("kms")
        found = client.describe_key(KeyId=resource_id)["KeyMetadata"]
        if found["KeyState"] == _PENDING:
            return None
        listed = client.list_resource_tags(KeyId=resource_id)["Tags"]
        return {
            "arn": found["Arn"],
            "description": found["Description"],
            "keyId": found["KeyId"],
            "policy": client.get_key_policy(KeyId=resource_id, PolicyName="default")["Policy"],
            "tags": {tag["TagKey"]: tag["TagValue"] for tag in listed},
        }

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        client = aws.client("kms")
        if old.get("description") != new.get("description"):
            client.update_key_description(KeyId=resource_id, Description=new.get("description", ""))
        if new.get("policy") and old.get("policy") != new["policy"]:
            client.put_key_policy(KeyId=resource_id, PolicyName="default", Policy=new["policy"])
        added, removed = tags.difference(old, new)
        if removed:
            client.untag_resource(KeyId=resource_id, TagKeys=removed)
        if added:
            client.tag_resource(KeyId=resource_id, Tags=_tags(added))

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        days = state.get("deletionWindowInDays")
        aws.client("kms").schedule_key_deletion(**present(KeyId=resource_id, PendingWindowInDays=days))

    def name_of(self, inputs: Properties) -> str:
        return str(inputs.get("description") or "new")


def _tags(given: Properties | None) -> list[dict[str, str]]:
    return [{"TagKey": str(key), "TagValue": str(value)} for key, value in (given or {}).items()]
