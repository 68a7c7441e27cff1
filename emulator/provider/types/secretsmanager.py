"""Secrets Manager: secrets, without their values."""

# ruff: noqa: D102, S105 - ResourceType documents the methods; a token names a type, it is not a secret

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from emulator.provider.core import tags
from emulator.provider.core.naming import AutoName
from emulator.provider.core.resource import ResourceType
from emulator.provider.core.spelling import present

if TYPE_CHECKING:
    from emulator.provider.core.clients import Aws
    from emulator.provider.core.properties import Properties


class Secret(ResourceType):
    """A secret. A deletion only schedules it, unless the recovery window has 0 days."""

    token = "aws:secretsmanager/secret:Secret"
    label = "Secrets Manager Secret"
    inputs = frozenset({"description", "name", "recoveryWindowInDays", "tags"})
    outputs = frozenset({"arn"})
    auto_name = AutoName(512)
    defaults: ClassVar = {"recoveryWindowInDays": 30}
    write_only = frozenset({"recoveryWindowInDays"})

    def create(self, aws: Aws, inputs: Properties) -> str:
        request = present(
            Name=inputs["name"], Description=inputs.get("description"), Tags=tags.to_list(inputs.get("tags"))
        )
        return str(aws.client("secretsmanager").create_secret(**request)["ARN"])

    def read(self, aws: Aws, resource_id: str, known: Properties) -> Properties | None:
        del known
        found = aws.client("secretsmanager").describe_secret(SecretId=resource_id)
        if "DeletedDate" in found:
            return None
        return {
            "arn": found["ARN"],
            "description": found.get("Description", ""),
            "name": found["Name"],
            "tags": tags.from_list(found.get("Tags")),
        }

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        client = aws.client("secretsmanager")
        if old.get("description") != new.get("description"):
            client.update_secret(SecretId=resource_id, Description=new.get("description", ""))
        added, removed = tags.difference(old, new)
        if removed:
            client.untag_resource(SecretId=resource_id, TagKeys=removed)
        if added:
            client.tag_resource(SecretId=resource_id, Tags=tags.to_list(added))

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        days = state.get("recoveryWindowInDays")
        window = {"RecoveryWindowInDays": days} if days else {"ForceDeleteWithoutRecovery": True}
        aws.client("secretsmanager").delete_secret(SecretId=resource_id, **window)
