"""The supervisor's calls with the launch roles of jobs."""

from __future__ import annotations

import weakref
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ReadTimeoutError
from botocore.httpsession import URLLib3Session

from supervisor.account import Account
from supervisor.launch_answers import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2027, 1, 4, tzinfo=UTC)


class Raw:
    """The body of an answer."""

    def __init__(self, body: bytes) -> None:
        """Answer with this body."""
        self._body = body

    def stream(self, **_: object) -> list[bytes]:
        """Return the body in one part."""
        return [self._body]


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


def session(**_: object) -> dict[str, Any]:
    """Return what STS answers."""
    keys = dict.fromkeys(("AccessKeyId", "SecretAccessKey", "SessionToken"), "x")
    return {"Credentials": {**keys, "Expiration": NOW + timedelta(minutes=15)}}


def test_without_a_session_nothing_was_launched(deploy: Callable[..., Account]) -> None:
    """STS did not answer, so RunTask was not called. The tick is not in doubt."""

    def assume_role(**_: str) -> dict[str, Any]:
        raise ReadTimeoutError(endpoint_url="https://sts.eu-central-1.amazonaws.com/")

    answer = deploy(assume_role=assume_role).run_task("arn:aws:iam::123456789012:role/launch", {})
    assert isinstance(answer, Refusal)
    assert (answer.unknown, answer.for_good) == (False, False)
    assert "ReadTimeoutError" in answer.reason


def test_work_is_sent_with_the_launch_role(deploy: Callable[..., Account]) -> None:
    """The message goes to the queue once, and the answer says whether it may have come there."""
    sent: list[dict[str, str]] = []
    one = deploy(assume_role=session, send_message=lambda **given: sent.append(given))
    assert one.send_work("arn:aws:iam::123456789012:role/launch", "https://q.test/work", "{}") is None
    assert sent == [{"QueueUrl": "https://q.test/work", "MessageBody": "{}"}]


def test_work_that_may_have_been_sent(deploy: Callable[..., Account]) -> None:
    """Only the answer to SendMessage is missed, not that to the call before it."""

    def silent(**_: str) -> dict[str, Any]:
        raise ReadTimeoutError(endpoint_url="https://sqs.eu-central-1.amazonaws.com/")

    for calls, unknown in (({"assume_role": session, "send_message": silent}, True), ({"assume_role": silent}, False)):
        answer = deploy(**calls).send_work("arn:aws:iam::123456789012:role/launch", "https://q.test/work", "{}")
        assert isinstance(answer, Refusal)
        assert answer.unknown is unknown


def test_the_sessions_of_many_jobs_fit_into_memory(deploy: Callable[..., Account]) -> None:
    """A stack may have hundreds of supervised jobs, and the function lives for hours."""
    alive: weakref.WeakSet[Client] = weakref.WeakSet()
    asked: list[str] = []

    def assume_role(**given: str) -> dict[str, Any]:
        asked.append(given["RoleArn"])
        return session()

    calls = {"assume_role": assume_role, "describe_services": lambda **_: {"services": []}}
    one = deploy(alive.add, **calls)
    roles = [f"arn:aws:iam::123456789012:role/{number}" for number in range(120)]
    for role in roles:
        one.revision(role, "production", "web")
    assert len(alive) <= 51, "those of the latest sessions, and the client of STS"
    one.revision(roles[-1], "production", "web")
    assert asked == roles
    one.revision(roles[0], "production", "web")
    assert asked == [*roles, roles[0]]


def test_an_invocation_begins_a_chain_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lambda ends a chain of requests that comes back to a function too often, as the ticks of a job would."""
    for name, value in (
        ("AWS_LAMBDA_FUNCTION_NAME", "supervisor"),
        ("_X_AMZN_TRACE_ID", "Root=1-0;Lineage=0:0:0"),
        ("AWS_DEFAULT_REGION", "eu-central-1"),
    ):
        monkeypatch.setenv(name, value)
    sent: list[Any] = []

    def send(request: Any, **_: object) -> AWSResponse:  # noqa: ANN401 - botocore has no types
        sent.append(request)
        if "lambda" not in request.url:
            keys = "".join(f"<{name}>x</{name}>" for name in ("AccessKeyId", "SecretAccessKey", "SessionToken"))
            until = f"<Expiration>{NOW + timedelta(minutes=15):%Y-%m-%dT%H:%M:%SZ}</Expiration>"
            body = f"<R><AssumeRoleResult><Credentials>{keys}{until}</Credentials></AssumeRoleResult></R>"
            return AWSResponse(request.url, 200, HTTPHeaders(), Raw(body.encode()))
        headers = HTTPHeaders()
        headers["x-amzn-RequestId"] = "8f0e"
        return AWSResponse(request.url, 202, headers, Raw(b""))

    monkeypatch.setattr(URLLib3Session, "send", lambda _, request: send(request))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    alias = "arn:aws:lambda:eu-central-1:123456789012:function:rates:jobs-rates"
    assert Account(lambda: NOW).invoke("arn:aws:iam::123456789012:role/launch", alias, {"tick": "x"}) == "8f0e"
    [asked, invoked] = sent
    assert "X-Amzn-Trace-Id" in asked.headers
    assert "X-Amzn-Trace-Id" not in invoked.headers
    assert (invoked.headers["X-Amz-Invocation-Type"], invoked.body) == (b"Event", b'{"tick": "x"}')
