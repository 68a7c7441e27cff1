"""The URLs of functions, and the requests to them."""

from __future__ import annotations

import base64
import json
import re
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from werkzeug.test import Client

from emulator.lambda_.function_urls import PATH, FunctionUrls
from emulator.provider.types.lambda_function_url import FunctionUrl
from tests.processes.emulator.world import ACCOUNT, WATCH, World, client, refusal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from werkzeug.test import TestResponse

    from emulator.provider.core.clients import Aws

CODE = """
import os, time
def handle(event, context):
    body = event.get("body") or ""
    if body.startswith("make "):
        open(body[5:], "x").close()
    if "wait" in event:
        while not os.path.exists(event["wait"]):
            time.sleep(0.01)
        return "waited"
    if body == "fail":
        raise RuntimeError("secret")
    if body == "nonsense":
        return {"statusCode": "ok"}
    if body == "large":
        return "x" * 6 * 1024**2
    return event
"""
PUBLIC: dict[str, Any] = {"FunctionUrlAuthType": "NONE", "Action": "lambda:InvokeFunctionUrl"}
BY_URL: dict[str, Any] = {"InvokedViaFunctionUrl": True, "Action": "lambda:InvokeFunction"}
ALIAS = {"FunctionName": "watch", "Qualifier": "jobs"}
TEXT = {"Content-Type": "text/plain"}


@pytest.fixture(autouse=True)
def function(world: World) -> None:
    """Deploy a function with the alias `jobs`."""
    world.deploy(CODE)
    client("lambda").create_alias(FunctionName="watch", Name="jobs", FunctionVersion="$LATEST")


def create(**given: object) -> dict[str, Any]:
    """Create the alias's URL, and return the answer."""
    made: dict[str, Any] = client("lambda").create_function_url_config(**{**ALIAS, "AuthType": "NONE", **given})
    return made


def allow(*statements: dict[str, Any]) -> None:
    """Add statements to the alias's policy."""
    for number, statement in enumerate(statements):
        client("lambda").add_permission(**ALIAS, StatementId=str(number), Principal="*", **statement)


@pytest.fixture
def ask(world: World) -> Callable[..., TestResponse]:
    """Return what sends a POST to the alias's URL."""
    url_id = re.split(r"//|[.]", create()["FunctionUrl"])[1]

    def send(body: str | bytes = "", path: str = "/", **given: Any) -> TestResponse:  # noqa: ANN401 - of a client
        place = f"{PATH}/{given.pop('id', url_id)}{path}"
        return Client(world.aws.url_requests).post(place, data=body, **{"headers": TEXT, **given})

    return send


def test_a_url(world: World) -> None:
    """It is created, read, updated and deleted with Lambda's status codes."""
    made = create()
    assert (made["ResponseMetadata"]["HTTPStatusCode"], made["FunctionArn"]) == (201, f"{WATCH}:jobs")
    assert re.fullmatch(r"https://[a-z0-9]{32}\.lambda-url\.eu-central-1\.on\.aws/", made["FunctionUrl"])
    world.advance(hours=1)
    changed = client("lambda").update_function_url_config(**ALIAS, AuthType="NONE")
    read = client("lambda").get_function_url_config(FunctionName=f"{WATCH}:jobs")
    for answer in (made, changed, read):
        del answer["ResponseMetadata"]
    assert changed == read
    assert read == {**made, "LastModifiedTime": "2027-01-04T01:00:00.000Z"}
    client("lambda").delete_function_url_config(**ALIAS)
    assert refusal(lambda: client("lambda").get_function_url_config(**ALIAS))[0] == "ResourceNotFoundException"
    assert create()["FunctionUrl"] != made["FunctionUrl"]


def test_a_url_goes_with_its_alias() -> None:
    """The function's own is another one."""
    create()
    own = client("lambda").create_function_url_config(FunctionName="watch", AuthType="NONE")
    client("lambda").delete_alias(FunctionName="watch", Name="jobs")
    client("lambda").create_alias(FunctionName="watch", Name="jobs", FunctionVersion="$LATEST")
    assert refusal(lambda: client("lambda").get_function_url_config(**ALIAS))[0] == "ResourceNotFoundException"
    left = client("lambda").get_function_url_config(FunctionName="watch")
    assert left["FunctionUrl"] == own["FunctionUrl"]


EXISTS = (
    f"Failed to create function url config for [functionArn = {WATCH}:jobs]. Error message:  FunctionUrlConfig "
    "exists for this Lambda function"
)
REFUSED: dict[str, tuple[Callable[[], object], str, str]] = {
    "twice": (lambda: (create(), create()), "ResourceConflictException", EXISTS),
    "no function": (lambda: create(FunctionName="gone"), "ResourceNotFoundException", "Function does not exist"),
    "no alias": (lambda: create(Qualifier="gone"), "ResourceNotFoundException", "Function does not exist"),
    "a version": (lambda: create(Qualifier="1"), "ValidationException", "Member must satisfy regular expression"),
    "IAM": (lambda: create(AuthType="AWS_IAM"), "InvalidParameterValueException", "supports the AuthType NONE"),
    "streams": (
        lambda: create(InvokeMode="RESPONSE_STREAM"),
        "InvalidParameterValueException",
        "supports the InvokeMode BUFFERED",
    ),
    "none to change": (
        lambda: client("lambda").update_function_url_config(**ALIAS),
        "ResourceNotFoundException",
        "The resource you requested does not exist.",
    ),
    "none to delete": (
        lambda: client("lambda").delete_function_url_config(**ALIAS),
        "ResourceNotFoundException",
        "The resource you requested does not exist.",
    ),
}


@pytest.mark.parametrize(("call", "code", "message"), REFUSED.values(), ids=REFUSED)
def test_refused(call: Callable[[], object], code: str, message: str) -> None:
    """With Lambda's own codes and words, or with those of the sandbox about what it lacks."""
    found = refusal(call)
    assert found[0] == code
    assert message in found[1]


def test_a_request_invokes_the_alias(ask: Callable[..., TestResponse]) -> None:
    """Its answer is the function's, and has the invocation's id."""
    allow(PUBLIC, BY_URL)
    answer = ask(b"\xff", "/a%2Fb/?c=1", headers={"Content-Type": "image/png"})
    event = json.loads(answer.data)
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert (event["rawPath"], event["rawQueryString"], event["headers"]["content-type"]) == (
        "/a%2Fb/",
        "c=1",
        "image/png",
    )
    assert base64.b64decode(event["body"]) == b"\xff"
    assert event["requestContext"]["requestId"] == answer.headers["x-amzn-RequestId"]
    assert event["requestContext"]["time"] == "04/Jan/2027:00:00:00 +0000"


@pytest.mark.parametrize("statements", [(), (PUBLIC,), (BY_URL,)], ids=["none", "only public", "only by URL"])
def test_a_request_needs_both_permissions(
    ask: Callable[..., TestResponse], world: World, statements: tuple[dict[str, Any], ...]
) -> None:
    """Since October 2025 one of them is not enough, and permissions of the function itself are none of the alias."""
    allow(*statements)
    for statement in (PUBLIC, BY_URL):
        sid = statement["Action"].replace(":", "-")
        client("lambda").add_permission(FunctionName="watch", StatementId=sid, Principal="*", **statement)
    answer = ask()
    assert (answer.status_code, answer.headers["x-amzn-ErrorType"]) == (403, "AccessDeniedException")
    assert answer.get_json()["Message"].startswith("Forbidden. For troubleshooting Function URL authorization issues")
    assert "watch" not in str(world.aws.invocations.failures)


@pytest.mark.parametrize("body", ["fail", "nonsense", "large"])
def test_a_function_that_gives_no_response(ask: Callable[..., TestResponse], body: str) -> None:
    """The caller learns nothing of its error."""
    allow(PUBLIC, BY_URL)
    answer = ask(body)
    assert (answer.status_code, answer.text) == (502, "Internal Server Error")


@pytest.mark.parametrize("size", [6 * 1024**2 + 1, 6 * 1024**2 - 9], ids=["body", "event"])
def test_too_large(ask: Callable[..., TestResponse], size: int) -> None:
    """The whole event must fit."""
    allow(PUBLIC, BY_URL)
    assert ask("x" * size).status_code == 413


def test_throttled(ask: Callable[..., TestResponse]) -> None:
    """A function without concurrency answers at once."""
    allow(PUBLIC, BY_URL)
    client("lambda").put_function_concurrency(FunctionName="watch", ReservedConcurrentExecutions=0)
    answer = ask()
    assert (answer.status_code, answer.headers["x-amzn-ErrorType"]) == (429, "TooManyRequestsException")


def test_nobody_answers_for_an_unknown_url(ask: Callable[..., TestResponse]) -> None:
    """It says no more."""
    allow(PUBLIC, BY_URL)
    answer = ask(id="x" * 32)
    assert (answer.status_code, answer.get_json()) == (404, {"Message": None})
    client("lambda").delete_function_url_config(**ALIAS)
    assert ask().status_code == 404


def test_a_request_waits_for_no_other_invocation(
    ask: Callable[..., TestResponse], world: World, tmp_path: Path
) -> None:
    """The other one may wait for what this request causes."""
    allow(PUBLIC, BY_URL)
    file = tmp_path / "there"
    replies: list[object] = []
    event = json.dumps({"wait": str(file)})
    first = threading.Thread(target=lambda: replies.append(world.aws.functions.invoke(WATCH, event).result))
    first.start()
    assert ask(f"make {file}").status_code == 200
    first.join(20)
    assert replies == ["waited"]


def test_the_provider_makes_a_url_that_answers(world: World) -> None:
    """It adds both permissions, also where they have stayed from a URL before."""
    kind = FunctionUrl()
    aws = cast("Aws", SimpleNamespace(client=client))
    inputs = {"functionName": "watch", "qualifier": "jobs", "authorizationType": "NONE"}
    for _ in range(2):
        made = kind.create(aws, inputs)
        kind.finish(aws, made, inputs)
        state = kind.read(aws, made, {})
        assert state is not None
        assert state["functionUrl"] == f"https://{state['urlId']}.lambda-url.eu-central-1.on.aws/"
        assert Client(world.aws.url_requests).post(f"{PATH}/{state['urlId']}/").status_code == 200
        kind.delete(aws, made, state)
        assert Client(world.aws.url_requests).post(f"{PATH}/{state['urlId']}/").status_code == 404


def test_a_url_of_the_sandbox_is_below_its_address(world: World) -> None:
    """A process of the machine can reach it."""
    urls = FunctionUrls(ACCOUNT, "http://127.0.0.1:4566")
    urls.install(world.aws.gateway)
    url = create()["FunctionUrl"]
    url_id = url.rstrip("/").rpartition("/")[2]
    assert url == f"http://127.0.0.1:4566{PATH}/{url_id}/"
    state = FunctionUrl().read(cast("Aws", SimpleNamespace(client=client)), "watch/jobs", {})
    assert state is not None
    assert (state["functionUrl"], state["urlId"]) == (url, url_id)
