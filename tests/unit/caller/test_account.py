"""The calls to the account: the secret at each call, and the report."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError
from moto import mock_aws

from caller.account import Account
from caller.failures import RequestFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

FIRST, SECOND, THIRD = "first-secret-of-24-letters", "second-secret-of-24-letters", "third-secret-of-24-letters"
STORE: str = "secretsmanager"


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return the client of an empty Secrets Manager."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with mock_aws():
        yield boto3.client(STORE)  # type: ignore[call-overload]


def test_the_secrets_of_a_rotation(store: Any) -> None:  # noqa: ANN401 - boto3's clients have no type in common
    """Each call reads them anew. The one before counts until the next rotation, and only the last one does."""
    account, arn = Account(), store.create_secret(Name="fleet", SecretString=FIRST + "\n")["ARN"]
    assert account.secrets(arn) == [FIRST]
    store.put_secret_value(SecretId=arn, SecretString=SECOND)
    assert account.secrets(arn) == [SECOND, FIRST]
    store.put_secret_value(SecretId=arn, SecretString=SECOND + "\n")
    assert account.secrets(arn) == [SECOND]
    store.put_secret_value(SecretId=arn, SecretString=THIRD)
    assert account.secrets(arn) == [THIRD, SECOND]


def test_a_rotation_is_the_way_out_of_a_wrong_secret(store: Any) -> None:  # noqa: ANN401
    """The wrong one is refused while it is the current one, and then left out."""
    account, arn = Account(), store.create_secret(Name="fleet", SecretString='{"token": "short"}')["ARN"]
    with pytest.raises(RequestFailed, match="the secret cannot be used: its value is JSON"):
        account.secrets(arn)
    store.put_secret_value(SecretId=arn, SecretString=SECOND)
    assert account.secrets(arn) == [SECOND]


def test_a_binary_secret(store: Any) -> None:  # noqa: ANN401
    """It is refused, because its value in a receiver's environment would be anybody's guess."""
    arn = store.create_secret(Name="fleet", SecretBinary=b"k" * 32)["ARN"]
    with pytest.raises(RequestFailed, match="the secret cannot be used: it is binary"):
        Account().secrets(arn)


@pytest.mark.usefixtures("store")
def test_a_secret_that_is_not_there() -> None:
    """Only the one before may be missing."""
    with pytest.raises(RequestFailed, match="the secret cannot be read: ResourceNotFoundException"):
        Account().secrets("arn:aws:secretsmanager:eu-central-1:123456789012:secret:gone-AbCdEf")


class Store:
    """A Secrets Manager that has the current secret, and fails for the one before."""

    def __init__(self, error: Exception, *, good: int) -> None:
        self.error, self.good = error, good

    def get_secret_value(self, **_: str) -> dict[str, Any]:
        """Answer, or fail."""
        self.good -= 1
        if self.good < 0:
            raise self.error
        return {"SecretString": FIRST}


def refusal(code: str) -> ClientError:
    """Return an error of AWS."""
    return ClientError({"Error": {"Code": code, "Message": "the key is disabled"}}, "GetSecretValue")


@pytest.mark.parametrize("good", [0, 1])
@pytest.mark.parametrize(
    ("error", "why", "quote"),
    [
        (refusal("AccessDeniedException"), "AccessDeniedException", "the key is disabled"),
        (refusal("DecryptionFailure"), "DecryptionFailure", "the key is disabled"),
        (
            EndpointConnectionError(endpoint_url="https://x"),
            "no answer; from a VPC, there must be a route",
            "https://x",
        ),
        (ConnectTimeoutError(endpoint_url="https://x"), "no answer; from a VPC, there must be a route", "https://x"),
    ],
)
def test_errors_of_secrets_manager(good: int, error: Exception, why: str, quote: str) -> None:
    """They are failures, also those about the one before: without it, a receiver might refuse the request."""
    account: Any = Account()
    account._secrets_manager = Store(error, good=good)
    with pytest.raises(RequestFailed, match=f"the secret cannot be read: {why}") as failure:
        account.secrets("arn")
    assert quote in failure.value.quote


def test_the_report_is_sent_without_waiting_for_the_watch() -> None:
    """Lambda keeps it, and repeats it if the watch fails."""
    calls = []

    class Functions:
        def invoke(self, **request: object) -> None:
            calls.append(request)

    account: Any = Account()
    account._lambda = Functions()
    account.tell("jobs-watch", {"run": "x"})
    assert calls == [
        {"FunctionName": "jobs-watch", "InvocationType": "Event", "Payload": json.dumps({"run": "x"}).encode()}
    ]
