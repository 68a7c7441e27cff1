"""The table of claims: of all processes that could do a run, one has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_aws import dynamodb

from watch.claims_table import EXPIRES, KEY
from watch.names import claims_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pulumi


def create(
    group: str,
    *,
    kms_key_arn: pulumi.Input[str] | None,
    restorable: bool,
    tags: Mapping[str, str],
    opts: pulumi.ResourceOptions,
) -> dynamodb.Table:
    """Create the table of a group. Its name is fixed, because the processes know the group and not the stack.

    `restorable` is whether it can be restored to any second of the last 35 days, as a ledger that is kept can be. It is
    not kept itself: a stack that is made anew could not make it again.
    """
    return dynamodb.Table(
        claims_name(group),
        name=claims_name(group),
        billing_mode="PAY_PER_REQUEST",
        hash_key=KEY,
        attributes=[{"name": KEY, "type": "S"}],
        ttl={"attribute_name": EXPIRES, "enabled": True},
        point_in_time_recovery={"enabled": True} if restorable else None,
        server_side_encryption=None if kms_key_arn is None else {"enabled": True, "kms_key_arn": kms_key_arn},
        tags=tags,
        opts=opts,
    )
