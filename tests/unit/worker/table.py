"""A table of claims in moto, a clock that a test moves, and a watch that keeps what it is told."""

from __future__ import annotations

import json
import select
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import boto3
import pytest
from botocore.client import BaseClient
from moto import mock_aws

from scheduled_jobs_worker.place import Place
from scheduled_jobs_worker.reports import Reporter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from scheduled_jobs_worker.runs import Run

GROUP, TABLE = "shop", "shop-claims"
REGION = "eu-central-1"
NOW = 1799020800.0
"""2027-01-04T00:00:00Z"""


class MovedClock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        """Begin at NOW."""
        self.time = NOW

    def now(self) -> float:
        """Return the time."""
        return self.time

    def steady(self) -> float:
        """Return the time."""
        return self.time

    def wait(self, files: Sequence[int], seconds: float) -> None:
        """Wait for a file, or for the clock."""
        end = self.time + seconds
        while self.time < end and not select.select(files, [], [], 0.005)[0]:
            pass


@dataclass
class ToldLedger:
    """A ledger that keeps the reports."""

    group: str = GROUP
    place: Place = field(default_factory=lambda: Place("host", ""))
    client: Mock = field(default_factory=Mock)

    @property
    def reporter(self) -> Reporter:
        """What sends the reports."""
        return Reporter(self.client, self.group, self.place.worker)

    def name(self, run: Run) -> str:
        """Return a short name."""
        return f"claims/{run.id}"

    @property
    def reports(self) -> list[dict[str, Any]]:
        """What the watch was told."""
        return [json.loads(call.kwargs["Payload"]) for call in self.client.invoke.call_args_list]


@contextmanager
def claims_table() -> Iterator[DynamoDBClient]:
    """Yield a client, with a table of claims, which has given the token 0."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        patch.setattr(BaseClient, "_make_api_call", _one_after_another(BaseClient._make_api_call))  # type: ignore[attr-defined]
        client = boto3.client("dynamodb", region_name=REGION)
        client.create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "run", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "run", "AttributeType": "S"}],
        )
        client.put_item(TableName=TABLE, Item={"run": {"S": "token#hello"}, "token": {"N": "0"}})
        yield client


def _one_after_another(call: Callable[..., Any]) -> Callable[..., Any]:
    """Return a call that waits for those of other threads. DynamoDB does so for each item, and moto does not."""
    lock = threading.Lock()

    def locked(*given: Any) -> Any:  # noqa: ANN401 - those of any call
        with lock:
            return call(*given)

    return locked
