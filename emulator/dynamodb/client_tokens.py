"""TransactWriteItems' client request tokens: a transaction that is sent twice is carried out once.

Follows the parameter ClientRequestToken of the DynamoDB API reference. SDKs send a token with each transaction, and the
same one with each retry.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from moto.dynamodb.responses import DynamoHandler

from emulator.gateway.gateway import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moto.core.responses import ActionResult

_TOKEN = "ClientRequestToken"  # noqa: S105 - the name of a parameter
_LIFE = timedelta(minutes=10)
"""A token is valid for ten minutes after the first request that used it."""
_MISMATCH = (
    "DynamoDB rejected the request because you retried a request with a different payload but with an idempotent token "
    "that was already used."
)
"""The description of the exception in the API reference. No recorded answer was found."""

Key = tuple[str, str, str]
"""Account, region and token."""


@dataclass(frozen=True)
class _Used:
    """A token that a transaction has used."""

    request: str
    result: ActionResult
    until: datetime


class ClientTokens:
    """The tokens that DynamoDB knows. It forgets those of transactions that were cancelled, as these had no effect."""

    def __init__(self) -> None:
        """Start without tokens."""
        self._used: dict[Key, _Used] = {}

    @contextmanager
    def honoured(self) -> Iterator[None]:
        """Carry out no transaction a second time. The requests to DynamoDB must wait for each other."""
        carry_out = DynamoHandler.transact_write_items

        def once(handler: DynamoHandler) -> ActionResult:
            token = handler.body.get(_TOKEN)
            if token is None:
                return carry_out(handler)
            key, now = (handler.current_account, handler.region, token), datetime.now(UTC)
            request = json.dumps(handler.body, sort_keys=True, default=repr)
            self._forget(now)
            earlier = self._used.get(key)
            if earlier is None:
                result = carry_out(handler)
                self._used[key] = _Used(request, result, now + _LIFE)
                return result
            if earlier.request != request:
                raise AwsError("IdempotentParameterMismatchException", _MISMATCH)
            return earlier.result

        setattr(DynamoHandler, carry_out.__name__, once)
        try:
            yield
        finally:
            setattr(DynamoHandler, carry_out.__name__, carry_out)

    def _forget(self, now: datetime) -> None:
        """Forget the tokens that are no longer valid. The tokens are in the order of their use."""
        while self._used and (oldest := next(iter(self._used.items())))[1].until <= now:
            del self._used[oldest[0]]
