"""Cases of DynamoDB."""

# ruff: noqa: ARG005 - each function takes what every case gives it; tokens are no passwords

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from tests.processes.emulator.provider.case import ACCOUNT, Case

if TYPE_CHECKING:
    from tests.processes.emulator.provider.harness import Deployed, Engine, Values

ITEM: Final = {
    "pk": {"S": "jobs"},
    "sk": {"N": "7"},
    "flags": {"M": {"on": {"BOOL": True}, "off": {"L": [{"NULL": True}, {"B": "AAE="}]}}},
    "sets": {"SS": ["a", "b"]},
    "bytes": {"BS": ["AAE="]},
    "owner": {"S": "data"},
}
"""An item with every type of attribute."""


def _table_behind(boto: Any, deployed: Deployed) -> None:  # noqa: ANN401 - a function that gives boto3 clients
    lifetime = {"AttributeName": "expires", "Enabled": False}
    boto("dynamodb").update_time_to_live(TableName=deployed.id, TimeToLiveSpecification=lifetime)
    boto("dynamodb").update_table(TableName=deployed.id, DeletionProtectionEnabled=True)


def a_table(engine: Engine) -> Values:
    """Create a table with a hash key and a range key."""
    inputs = {
        "name": "ledger",
        "attributes": [{"name": "pk", "type": "S"}, {"name": "sk", "type": "N"}],
        "billingMode": "PAY_PER_REQUEST",
        "hashKey": "pk",
        "rangeKey": "sk",
    }
    return {"table": engine.create("aws:dynamodb/table:Table", "t", inputs).id}


def _item_behind(boto: Any, deployed: Deployed) -> None:  # noqa: ANN401 - a function that gives boto3 clients
    boto("dynamodb").update_item(
        TableName=deployed.outputs["tableName"],
        Key={name: ITEM[name] for name in ("pk", "sk")},
        UpdateExpression="SET another = :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
    )


KEY: Final = f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/12ab"

TABLES: Final = [
    Case(
        "aws:dynamodb/table:Table",
        lambda needs: {
            "attributes": [{"name": "job", "type": "S"}],
            "billingMode": "PAY_PER_REQUEST",
            "hashKey": "job",
            "serverSideEncryption": {"enabled": True, "kmsKeyArn": KEY},
        },
        lambda needs: {"deletionProtectionEnabled": True},
        ("deletionProtectionEnabled",),
        variant="encrypted",
    ),
    Case(
        "aws:dynamodb/table:Table",
        lambda needs: {
            "attributes": [{"name": "tick", "type": "S"}, {"name": "job", "type": "S"}],
            "billingMode": "PAY_PER_REQUEST",
            "hashKey": "job",
            "rangeKey": "tick",
            "ttl": {"attributeName": "expires", "enabled": True},
            "tags": {"a": "1"},
        },
        lambda needs: {
            "attributes": [{"name": "job", "type": "S"}, {"name": "tick", "type": "S"}],
            "deletionProtectionEnabled": True,
            "pointInTimeRecovery": {"enabled": True},
            "tags": {f"t{number}": "2" for number in range(11)},
            "ttl": {"attributeName": "expires", "enabled": False},
        },
        (
            "deletionProtectionEnabled",
            "pointInTimeRecovery.enabled",
            "tags.a",
            *sorted(f"tags.t{number}" for number in range(11)),
            "ttl",
        ),
        {"name": "other", "hashKey": "other", "rangeKey": "other"},
        _table_behind,
        ("deletionProtectionEnabled", "ttl"),
    ),
    Case(
        "aws:dynamodb/tableItem:TableItem",
        lambda needs: {
            "tableName": needs["table"],
            "hashKey": "pk",
            "rangeKey": "sk",
            "item": json.dumps(ITEM, indent=1),
        },
        lambda needs: {"item": json.dumps({**ITEM, "owner": {"BOOL": False}, "more": {"B": "AAE="}})},
        ("item",),
        {"tableName": "other", "hashKey": "other", "rangeKey": "other"},
        _item_behind,
        ("item",),
        a_table,
        id=lambda it: "ledger,jobs,7",
    ),
]
