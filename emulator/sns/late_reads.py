"""Subscriptions that were deleted a moment ago: SNS still tells their attributes, as it is eventually consistent.

Whoever must know whether a subscription exists looks at the topic's list (terraform-provider-aws, pull request 42093).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from moto.sns.models import sns_backends

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.gateway.gateway import Call, Gateway

_LATE = timedelta(minutes=1)
"""How long, by the sandbox's clock, SNS still knows the attributes of a deleted subscription. AWS names no time."""


class LateReads:
    """What is still told about deleted subscriptions."""

    def __init__(self) -> None:
        """Start without any deletion."""
        self._deleted: dict[str, tuple[datetime, Mapping[str, Any]]] = {}

    def install(self, gateway: Gateway) -> None:
        """Remember what is deleted, and tell it for a while."""
        gateway.check("sns", "Unsubscribe", self._remember)
        gateway.answer("sns", "GetSubscriptionAttributes", self._tell)

    def _remember(self, call: Call) -> None:
        arn = call.params["SubscriptionArn"]
        backend = sns_backends[call.account][call.region]
        if arn in backend.subscriptions:
            self._deleted[arn] = datetime.now(UTC) + _LATE, backend.get_subscription_attributes(arn)

    def _tell(self, call: Call) -> Mapping[str, Any]:
        arn = call.params["SubscriptionArn"]
        backend = sns_backends[call.account][call.region]
        until, attributes = self._deleted.get(arn, (None, {}))
        if arn not in backend.subscriptions and until is not None and datetime.now(UTC) < until:
            return {"Attributes": attributes}
        return {"Attributes": backend.get_subscription_attributes(arn)}
