"""A table in moto, for tests of what requests say about its keys."""

from __future__ import annotations

from typing import Final

from moto.dynamodb.models import dynamodb_backends

ACCOUNT: Final = "123456789012"
REGION: Final = "cn-north-1"


def create() -> None:
    """Create the table `t` with the keys `pk` and `sk`, and an index `i` on `owner`."""
    index = {"IndexName": "i", "KeySchema": _keys("owner", "pk"), "Projection": {"ProjectionType": "ALL"}}
    dynamodb_backends[ACCOUNT][REGION].create_table(
        "t",
        schema=_keys("pk", "sk"),
        throughput=None,
        attr=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "owner")],
        global_indexes=[index],
        indexes=[],
        streams=None,
        billing_mode="PAY_PER_REQUEST",
        sse_specification=None,
        tags=[],
        deletion_protection_enabled=False,
        warm_throughput=None,
    )


def _keys(partition: str, sort: str) -> list[dict[str, str]]:
    return [{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}]
