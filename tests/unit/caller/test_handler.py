"""The function: launches go to the receiver, and callbacks to the watch."""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from botocore.exceptions import ClientError, EndpointConnectionError
from hypothesis import given
from hypothesis import strategies as st

from caller import account, exchange, handler
from caller.answer import Answer
from caller.failures import RequestFailed, RequestTimedOut
from caller.proof import Proof
from caller.settings import Address
from tests.unit.caller.test_callback import KEY, NOW, REPORT, SAID, call
from tests.unit.caller.test_request import ALIAS, ENVIRONMENT, EVENT
from tests.unit.caller.test_words import keys, spellings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

OLD = "an-older-secret-of-24-letters"
ID = "8f0e2a4c-1111-4222-8333-444455556666"
GOOD = Answer(200, "OK", "", b"done")


class Context:
    """What Lambda tells of an invocation."""

    invoked_function_arn = ALIAS
    aws_request_id = ID


@dataclass
class World:
    """A receiver and an account."""

    secrets: list[str] = field(default_factory=lambda: [KEY, OLD])
    answer: Answer = GOOD
    failure: Exception | None = None
    """What every call ends with, if it is set."""
    environment: dict[str, str] = field(default_factory=lambda: dict(ENVIRONMENT))
    sent: list[tuple[Address, Mapping[str, str], bytes, float]] = field(default_factory=list)
    told: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    reads: int = 0
    log: str = ""

    def handle(self, event: dict[str, Any]) -> dict[str, Any]:
        """Handle an event at the time `NOW`."""
        printed = io.StringIO()
        with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(printed):
            for name, value in self.environment.items():
                patch.setenv(name, value)
            patch.setattr(account.Account, "secrets", lambda _, arn: self._read(arn))
            patch.setattr(account.Account, "tell", lambda _, watch, report: self._tell(watch, report))
            patch.setattr(exchange, "send", self._send)
            try:
                with time_machine.travel(NOW, tick=False):
                    return handler.handle(event, Context())
            finally:
                self.log = printed.getvalue()

    def _read(self, arn: str) -> list[str]:
        assert arn == ENVIRONMENT["RECEIVER_SECRET"]
        self.reads += 1
        return self.secrets

    def _send(self, address: Address, headers: Mapping[str, str], body: bytes, deadline: exchange.Deadline) -> Answer:
        self.sent.append((address, headers, body, deadline.seconds))
        if self.failure:
            raise self.failure
        return self.answer

    def _tell(self, watch: str, report: Mapping[str, Any]) -> None:
        if self.failure:
            raise self.failure
        self.told.append((watch, report))


def test_a_launch() -> None:
    """The request goes to the receiver, with all that belongs to it, and its answer is logged."""
    world = World()
    assert world.handle(EVENT) == {"status": 200}
    body = json.dumps({"jobs": ["hello", "bye"], **EVENT, "run": f"{ALIAS}/{ID}"}, separators=(",", ":")).encode()
    name = "0d91ab5ac9f049b6e383a7980a210ef3"
    headers = {"Content-Type": "application/json", "Idempotency-Key": name}
    proven = Proof("signature", [KEY, OLD]).headers(name, NOW, body)
    assert world.sent == [(Address.of(ENVIRONMENT["RECEIVER_URL"]), headers | proven, body, 60)]
    assert json.loads(world.log) | {"seconds": 0} == {"answer": "200 OK: done", "seconds": 0, "id": name}


def test_two_deliveries_are_one_launch_to_the_receiver() -> None:
    """Lambda may deliver an event twice. Both have one id, and the secret is read for each."""
    world = World()
    world.handle(EVENT)
    world.handle(EVENT)
    world.handle(EVENT | {"launch": 2})
    first, second, third = (headers["webhook-id"] for _, headers, _, _ in world.sent)
    assert first == second != third
    assert world.reads == 3


def test_a_launch_with_a_token() -> None:
    """The proof is what the deployment says."""
    world = World(environment=ENVIRONMENT | {"RECEIVER_PROOF": "bearer"})
    world.handle(EVENT)
    assert world.sent[0][1]["Authorization"] == f"Bearer {KEY}"


def test_states_of_runs_that_go_on() -> None:
    """A callback is expected only if the launch has an address for it."""
    accepted = World(answer=Answer(202, "Accepted", "", b""))
    assert accepted.handle(EVENT | {"callback": "https://id.lambda-url.eu-central-1.on.aws/"}) == {"state": "accepted"}
    with pytest.raises(RequestFailed, match="nobody waits for its end"):
        accepted.handle(EVENT)
    assert World(answer=Answer(409, "Conflict", "", b"")).handle(EVENT) == {"state": "elsewhere"}


@pytest.mark.parametrize(
    ("failure", "text"),
    [
        (RequestFailed("answered 500", "a\nb"), "answered 500: a b"),
        (RequestTimedOut("no answer within 60 seconds"), "no answer within 60 seconds"),
    ],
)
def test_failures_keep_their_class(failure: Exception, text: str) -> None:
    """Lambda puts its name into the record, by which the watch knows a time limit."""
    with pytest.raises(type(failure)) as error:
        World(failure=failure).handle(EVENT)
    assert str(error.value) == text
    assert (error.value.__cause__, error.value.__suppress_context__) == (None, True)


@given(
    own=keys,
    spell=spellings,
    at=st.sampled_from(["phrase", "location", "body", "why", "quote", "text"]),
    status=st.sampled_from([200, 202, 302, 401, 409, 500]),
)
def test_the_secret_leaves_the_function_in_no_way(own: str, spell: Callable[[str], str], at: str, status: int) -> None:
    """A receiver may repeat a request in its answer, and a failure may repeat what came."""
    said = spell(own)
    answer = Answer(status, "", "", b"")
    if at == "location":
        answer = Answer(status, "", f"https://{said}", b"")
    elif at in ("phrase", "body"):
        answer = Answer(status, said if at == "phrase" else "", "", said.encode() if at == "body" else b"")
    failure = RequestFailed(said) if at == "why" else RequestTimedOut("late", said) if at == "quote" else None
    world = World(secrets=[own], answer=answer, failure=failure, environment=ENVIRONMENT | {"RECEIVER_PROOF": "bearer"})
    try:
        outcome = str(world.handle(EVENT))
    except (RequestFailed, RequestTimedOut) as error:
        outcome = str(error)
    assert world.sent
    logged = [str(value) for line in world.log.splitlines() for value in json.loads(line).values()]
    for text in (outcome, *logged):
        assert own not in text
        assert said not in text


@pytest.mark.parametrize("kind", ["signature", "bearer"])
def test_a_callback(kind: str) -> None:
    """It is told to the watch, and the receiver learns that it was."""
    world = World(environment=ENVIRONMENT | {"RECEIVER_PROOF": kind})
    assert world.handle(call(kind=kind)) == {"statusCode": 204}
    assert world.told == [("jobs-watch", REPORT)]
    assert not world.sent


@pytest.mark.parametrize("kind", ["signature", "bearer"])
def test_a_callback_amid_a_rotation(kind: str) -> None:
    """The receiver may still have the secret before."""
    world = World(secrets=["the-new-secret-of-24-letters", KEY], environment=ENVIRONMENT | {"RECEIVER_PROOF": kind})
    assert world.handle(call(kind=kind)) == {"statusCode": 204}
    world.secrets = ["the-new-secret-of-24-letters"]
    assert world.handle(call(kind=kind))["statusCode"] == 401


def test_refused_callbacks() -> None:
    """The watch hears nothing of them. Without a form that could be good, nobody asks for the secret."""
    world = World()
    assert world.handle(call(SAID | {"schedule": "other"}))["statusCode"] == 400
    assert world.handle(call() | {"body": "e30="})["statusCode"] == 401
    assert world.reads == 2
    answers = [
        world.handle(call() | {"headers": {}}),
        world.handle(call(method="GET")),
        world.handle(call() | {"body": "!"}),
        world.handle(call(body=b"x" * 70000)),
    ]
    assert [answer["statusCode"] for answer in answers] == [401, 405, 400, 413]
    assert answers[0]["headers"] == {"Content-Type": "application/json"}
    assert json.loads(answers[0]["body"]) == {"error": "the proof is missing, wrong, or too old"}
    assert (world.told, world.reads) == ([], 2)


@pytest.mark.parametrize(
    "failure",
    [
        ClientError({"Error": {"Code": "TooManyRequestsException", "Message": "x"}}, "Invoke"),
        EndpointConnectionError(endpoint_url="https://lambda"),
        RequestFailed("the secret cannot be read: ThrottlingException", "x"),
    ],
)
def test_callbacks_that_cannot_be_handed_on(failure: Exception) -> None:
    """The receiver sends them again, and the log says why."""
    world = World(failure=failure)
    answer = world.handle(call())
    assert (answer["statusCode"], json.loads(answer["body"])) == (
        503,
        {"error": "this cannot be taken now; send it again"},
    )
    assert str(failure) in json.loads(world.log.splitlines()[0])["callback"]


def test_a_launch_cannot_come_through_the_url() -> None:
    """Whatever the body says, what has a request context is a callback."""
    world = World()
    assert world.handle(call() | EVENT | {"headers": {}})["statusCode"] == 401
    assert not world.sent
