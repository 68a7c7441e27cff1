from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ops import aws_time

OWN = datetime(2030, 1, 1, tzinfo=UTC)


def answer(**headers: str) -> dict[str, Any]:
    """Return an answer of boto3 with these headers, whose names are in lower case."""
    return {"ResponseMetadata": {"HTTPHeaders": headers}}


def test_the_time_is_that_of_aws() -> None:
    """The header wins over this machine's clock, which may be wrong."""
    told = answer(date="Thu, 26 Nov 2026 01:00:12 GMT")
    assert aws_time.of(told, OWN) == datetime(2026, 11, 26, 1, 0, 12, tzinfo=UTC)


@pytest.mark.parametrize("without", [{}, answer(), answer(date=""), answer(date="soon")])
def test_without_a_date_the_own_clock_counts(without: dict[str, Any]) -> None:
    """An answer without a readable date has this machine's time."""
    assert aws_time.of(without, OWN) == OWN
