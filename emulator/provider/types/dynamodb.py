"""DynamoDB: tables with on-demand billing (PAY_PER_REQUEST)."""

# ruff: noqa: D102, S105 - ResourceType documents the methods; a token names a type, it is not a secret

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from emulator.provider.core import tags
from emulator.provider.core.compare import unordered
from emulator.provider.core.naming import AutoName
from emulator.provider.core.properties import is_unknown
from emulator.provider.core.resource import ResourceType
from emulator.provider.core.spelling import present

if TYPE_CHECKING:
    from emulator.provider.core.clients import Aws, Client
    from emulator.provider.core.properties import Json, Properties

_BY_REQUEST: Final = "PAY_PER_REQUEST"
_ON: Final = frozenset({"ENABLED", "ENABLING"})
_RECOVERY_DAYS: Final = 35
"""AWS's default (DynamoDB API reference, PointInTimeRecoverySpecification)."""


def time_to_live(value: Json) -> Json:
    """Return the canonical form of a time to live: None when it is off, with any attribute."""
    return value if isinstance(value, dict) and value.get("enabled") else None


class Table(ResourceType):
    """A table; its id is its name. AWS deletes it only when its deletion protection is off."""

    token = "aws:dynamodb/table:Table"
    label = "DynamoDB Table"
    inputs = frozenset(
        {
            "attributes",
            "billingMode",
            "deletionProtectionEnabled",
            "hashKey",
            "name",
            "pointInTimeRecovery",
            "rangeKey",
            "serverSideEncryption",
            "tags",
            "ttl",
        }
    )
    outputs = frozenset({"arn", "streamArn", "streamLabel"})
    required = frozenset({"attributes", "hashKey"})
    replace_on = frozenset({"hashKey", "rangeKey"})
    auto_name = AutoName(255)
    defaults: ClassVar = {"billingMode": "PROVISIONED", "ttl.enabled": False}
    ambient: ClassVar = {"pointInTimeRecovery.recoveryPeriodInDays": _RECOVERY_DAYS}
    computed = frozenset({"pointInTimeRecovery", "serverSideEncryption", "ttl"})
    canonical: ClassVar = {"attributes": unordered, "ttl": time_to_live}

    def check(self, inputs: Properties) -> list[tuple[str, str]]:
        mode = inputs["billingMode"]
        if is_unknown(mode) or mode == _BY_REQUEST:
            return []
        return [("billingMode", f"must be {_BY_REQUEST} in the sandbox, not {mode}")]

    def create(self, aws: Aws, inputs: Properties) -> str:
        keys = [("HASH", inputs["hashKey"]), *([("RANGE", inputs["rangeKey"])] if inputs.get("rangeKey") else [])]
        request = present(
            AttributeDefinitions=_definitions(inputs),
            BillingMode=inputs["billingMode"],
            DeletionProtectionEnabled=inputs.get("deletionProtectionEnabled"),
            KeySchema=[{"AttributeName": name, "KeyType": kind} for kind, name in keys],
            SSESpecification=_encryption(inputs.get("serverSideEncryption")),
            TableName=inputs["name"],
            Tags=tags.to_list(inputs.get("tags")),
        )
        return str(aws.client("dynamodb").create_table(**request)["TableDescription"]["TableName"])

    def finish(self, aws: Aws, resource_id: str, inputs: Properties) -> None:
        _match_lifetimes(aws.client("dynamodb"), resource_id, {}, inputs)

    def read(self, aws: Aws, resource_id: str, known: Properties) -> Properties | None:
        del known
        client = aws.client("dynamodb")
        table = client.describe_table(TableName=resource_id)["Table"]
        keys = {key["KeyType"]: key["AttributeName"] for key in table["KeySchema"]}
        attributes = [
            {"name": each["AttributeName"], "type": each["AttributeType"]} for each in table["AttributeDefinitions"]
        ]
        return {
            "arn": table["TableArn"],
            "attributes": attributes,
            "billingMode": table["BillingModeSummary"]["BillingMode"],
            "deletionProtectionEnabled": table.get("DeletionProtectionEnabled", False),
            "hashKey": keys["HASH"],
            "name": table["TableName"],
            "pointInTimeRecovery": _recovery(client, resource_id),
            "rangeKey": keys.get("RANGE"),
            "serverSideEncryption": _key(table.get("SSEDescription")),
            "streamArn": table.get("LatestStreamArn", ""),
            "streamLabel": table.get("LatestStreamLabel", ""),
            "tags": _tags(client, table["TableArn"]),
            "ttl": _time_to_live(client, resource_id),
        }

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        client = aws.client("dynamodb")
        changed: dict[str, Json] = {}
        if bool(old.get("deletionProtectionEnabled")) != bool(new.get("deletionProtectionEnabled")):
            changed["DeletionProtectionEnabled"] = bool(new.get("deletionProtectionEnabled"))
        if unordered(old.get("attributes")) != unordered(new["attributes"]):
            changed["AttributeDefinitions"] = _definitions(new)
        if old.get("serverSideEncryption") != new.get("serverSideEncryption"):
            changed["SSESpecification"] = _encryption(new.get("serverSideEncryption")) or {"Enabled": False}
        if changed:
            client.update_table(TableName=resource_id, **changed)
        _match_lifetimes(client, resource_id, old, new)
        added, removed = tags.difference(old, new)
        if removed:
            client.untag_resource(ResourceArn=old["arn"], TagKeys=removed)
        if added:
            client.tag_resource(ResourceArn=old["arn"], Tags=tags.to_list(added))

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        del state
        aws.client("dynamodb").delete_table(TableName=resource_id)


def _definitions(inputs: Properties) -> list[dict[str, str]]:
    return [{"AttributeName": each["name"], "AttributeType": each["type"]} for each in inputs["attributes"]]


def _encryption(wanted: Properties | None) -> Properties | None:
    """Return the specification of a key of KMS; None for AWS's own key, which a new table has anyway."""
    if not wanted or not wanted.get("enabled"):
        return None
    return {"Enabled": True, "SSEType": "KMS", **present(KMSMasterKeyId=wanted.get("kmsKeyArn"))}


def _key(described: Properties | None) -> Properties | None:
    on = described is not None and described["Status"] in _ON
    return {"enabled": True, "kmsKeyArn": described["KMSMasterKeyArn"]} if described and on else None


def _match_lifetimes(client: Client, name: str, old: Properties, new: Properties) -> None:
    """Update the time to live of items, and the recovery period of backups."""
    before, after = (side.get("ttl") or {} for side in (old, new))
    if before != after and (before.get("enabled") or after.get("enabled")):
        attribute = after.get("attributeName") or before["attributeName"]
        specification = {"AttributeName": attribute, "Enabled": after.get("enabled", False)}
        client.update_time_to_live(TableName=name, TimeToLiveSpecification=specification)
    before, after = (side.get("pointInTimeRecovery") or {} for side in (old, new))
    if before != after and (before.get("enabled") or after.get("enabled")):
        days = after.get("recoveryPeriodInDays") if after.get("enabled") else None
        wanted = present(PointInTimeRecoveryEnabled=after.get("enabled", False), RecoveryPeriodInDays=days)
        client.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=wanted)


def _time_to_live(client: Client, name: str) -> Properties:
    found = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    on = found["TimeToLiveStatus"] in _ON
    return {"attributeName": found.get("AttributeName", "") if on else "", "enabled": on}


def _recovery(client: Client, name: str) -> Properties:
    backups = client.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    found = backups["PointInTimeRecoveryDescription"]
    on = found["PointInTimeRecoveryStatus"] in _ON
    return {"enabled": on, **present(recoveryPeriodInDays=found.get("RecoveryPeriodInDays"))}


def _tags(client: Client, arn: str) -> dict[str, str]:
    pages = client.get_paginator("list_tags_of_resource").paginate(ResourceArn=arn)
    return tags.from_list(tag for page in pages for tag in page["Tags"])
