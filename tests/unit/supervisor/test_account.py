"""The supervisor's calls with the launch roles of jobs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError

from supervisor.account import Account
from supervisor.launch_answers import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2027, 1, 4, tzinfo=UTC)


class Client:
    """A client of boto3 whose calls are functions."""

    def __init__(self, **calls: Callable[..., Any]) -> None:
        """Answer calls with these functions."""
        vars(self).update(calls)


@pytest.fixture
def deploy(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Account]:
    """Return what makes an account, of which the clients of all services have the same calls."""

    def with_calls(made: Callable[[Client], object] = id, **calls: Callable[..., Any]) -> Account:
        def client(_: str, **_more: object) -> Client:
            one = Client(**calls)
            made(one)
            return one

        monkeypatch.setattr(boto3, "client", client)
        return Account(lambda: NOW)

    return with_calls


def test_without_a_session_nothing_was_launched(deploy: Callable[..., Account]) -> None:
    """STS did not answer, so RunTask was not called. The tick is not in doubt."""

    def assume_role(**_: str) -> dict[str, Any]:
        raise ReadTimeoutError(endpoint_url="https://sts.eu-central-1.amazonaws.com/")

    answer = deploy(assume_role=assume_role).run_task("arn:aws:iam::123456789012:role/launch", {})
    assert isinstance(answer, Refusal)
    assert (answer.unknown, answer.for_good) == (False, False)
    assert "ReadTimeoutError" in answer.reason
