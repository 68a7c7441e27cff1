"""Cases of DynamoDB."""

# ruff: noqa: ARG005 - each function takes what every case gives it; tokens are no passwords

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tests.processes.emulator.provider.case import Case

if TYPE_CHECKING:
    from tests.processes.emulator.provider.harness import Deployed


def _table_behind(boto: Any, deployed: Deployed) -> None:  # noqa: ANN401 - a function that gives boto3 clients
    lifetime = {"AttributeName": "expires", "Enabled": False}
    boto("dynamodb").update_time_to_live(TableName=deployed.id, TimeToLiveSpecification=lifetime)
    boto("dynamodb").update_table(TableName=deployed.id, DeletionProtectionEnabled=True)


TABLES: Final = [
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
]
