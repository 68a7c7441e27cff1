"""A table of claims, new for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.worker.table import claims_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture
def client() -> Iterator[DynamoDBClient]:
    """Return a client of DynamoDB, with a table of claims."""
    with claims_table() as made:
        yield made
