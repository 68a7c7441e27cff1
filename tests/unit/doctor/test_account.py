"""Tests of questions to an account."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from doctor.account import Account, Known
from judgements.answers import Refused

DENIED = "User: arn:aws:iam::123456789012:user/me is not authorized to perform: ecs:DescribeClusters on resource: *"


class Fake:
    """A client whose only operation answers with its parameters, or raises an error."""

    def __init__(self, error: Exception | None = None) -> None:
        """Count the calls."""
        self.calls = 0
        self._error = error

    def can_paginate(self, _operation: str) -> bool:
        """Return that there are no pages."""
        return False

    def describe(self, **params: object) -> dict[str, object]:
        """Answer."""
        self.calls += 1
        if self._error:
            raise self._error
        return params


def refused(code: str, message: str) -> ClientError:
    """Return an error of AWS."""
    return ClientError({"Error": {"Code": code, "Message": message}}, "DescribeClusters")


def test_an_equal_question_is_asked_once() -> None:
    """Also by several threads at the same time."""
    fake = Fake()
    account = Account(lambda _service, _region: fake)
    together = threading.Barrier(4)

    def question(_: int) -> Known[Any] | Refused:
        together.wait(10)
        return account.ask("ecs", "describe", name="a")

    assert account.each(range(4), question) == dict.fromkeys(range(4), Known({"name": "a"}))
    assert fake.calls == 1
    account.ask("ecs", "describe", name="b")
    account.ask("ecs", "describe", name="a", region="eu-west-1")
    assert fake.calls == 3  # another question, and the same one in another region


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (refused("AccessDeniedException", DENIED), ("ecs:DescribeClusters", f"{DENIED} (AccessDeniedException)")),
        (refused("AccessDenied", "No"), ("DescribeClusters", "No (AccessDenied)")),
        (refused("Throttling", "Slow\ndown"), (None, "Slow down (Throttling)")),
    ],
    ids=["a permission", "no permission", "another reason"],
)
def test_a_refusal_keeps_its_reason(error: ClientError, answer: tuple[str | None, str]) -> None:
    """It names the permission that is missing, if that is the reason."""
    found = Account(lambda _service, _region: Fake(error)).ask("ecs", "describe")
    assert isinstance(found, Refused)
    assert (found.permission, str(found)) == (answer[0], f"DescribeClusters: {answer[1]}")


def test_what_does_not_exist_is_known_to_be_absent() -> None:
    """Only for the codes that the question names."""
    account = Account(lambda _service, _region: Fake(refused("NotFound", "Gone")))
    assert account.ask("ecs", "describe", absent=("NotFound",)) == Known(None)
    assert isinstance(account.ask("ecs", "describe", name="b"), Refused)


def test_a_service_that_does_not_answer_is_a_refusal() -> None:
    """The reason is botocore's."""
    account = Account(lambda _service, _region: Fake(EndpointConnectionError(endpoint_url="https://x")))
    found = account.ask("ecs", "describe")
    assert isinstance(found, Refused)
    assert found.permission is None
    assert "https://x" in str(found)
