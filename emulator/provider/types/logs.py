"""CloudWatch Logs: log groups."""

# ruff: noqa: D102, S105 - ResourceType documents the methods; a token names a type, it is not a secret

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from emulator.provider.core import tags
from emulator.provider.core.naming import AutoName
from emulator.provider.core.resource import ResourceType
from emulator.provider.core.spelling import present

if TYPE_CHECKING:
    from emulator.provider.core.clients import Aws, Client
    from emulator.provider.core.properties import Properties


class LogGroup(ResourceType):
    """A log group; with 0 days of retention it keeps its events for ever."""

    token = "aws:cloudwatch/logGroup:LogGroup"
    label = "CloudWatch Logs Log Group"
    inputs = frozenset({"kmsKeyId", "logGroupClass", "name", "retentionInDays", "skipDestroy", "tags"})
    outputs = frozenset({"arn"})
    replace_on = frozenset({"logGroupClass"})
    auto_name = AutoName(512)
    defaults: ClassVar = {"retentionInDays": 0, "skipDestroy": False}
    computed = frozenset({"logGroupClass"})
    write_only = frozenset({"skipDestroy"})

    def create(self, aws: Aws, inputs: Properties) -> str:
        request = present(
            logGroupName=inputs["name"],
            kmsKeyId=inputs.get("kmsKeyId"),
            logGroupClass=inputs.get("logGroupClass"),
            tags=inputs.get("tags"),
        )
        aws.client("logs").create_log_group(**request)
        return str(inputs["name"])

    def finish(self, aws: Aws, resource_id: str, inputs: Properties) -> None:
        _set_retention(aws.client("logs"), resource_id, 0, inputs["retentionInDays"])

    def read(self, aws: Aws, resource_id: str, known: Properties) -> Properties | None:
        client = aws.client("logs")
        groups = client.describe_log_groups(logGroupNamePrefix=resource_id)["logGroups"]
        group = next((group for group in groups if group["logGroupName"] == resource_id), None)
        if group is None:
            return None
        arn = group["arn"].removesuffix(":*")
        return {
            "arn": arn,
            "kmsKeyId": group.get("kmsKeyId", ""),
            "logGroupClass": group.get("logGroupClass") or known.get("logGroupClass") or "STANDARD",
            "name": group["logGroupName"],
            "retentionInDays": group.get("retentionInDays", 0),
            "tags": client.list_tags_for_resource(resourceArn=arn)["tags"],
        }

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        client = aws.client("logs")
        _set_retention(client, resource_id, old.get("retentionInDays", 0), new.get("retentionInDays", 0))
        key = new.get("kmsKeyId")
        if key and key != old.get("kmsKeyId"):
            client.associate_kms_key(logGroupName=resource_id, kmsKeyId=key)
        if old.get("kmsKeyId") and not key:
            client.disassociate_kms_key(logGroupName=resource_id)
        added, removed = tags.difference(old, new)
        if added or removed:
            groups = client.describe_log_groups(logGroupNamePrefix=resource_id)["logGroups"]
            arn = next(group["arn"] for group in groups if group["logGroupName"] == resource_id).removesuffix(":*")
            if removed:
                client.untag_resource(resourceArn=arn, tagKeys=removed)
            if added:
                client.tag_resource(resourceArn=arn, tags=added)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        if not state.get("skipDestroy"):
            aws.client("logs").delete_log_group(logGroupName=resource_id)


def _set_retention(client: Client, name: str, old: int, new: int) -> None:
    if new and new != old:
        client.put_retention_policy(logGroupName=name, retentionInDays=new)
    if old and not new:
        client.delete_retention_policy(logGroupName=name)
