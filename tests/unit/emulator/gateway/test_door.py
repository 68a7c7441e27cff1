"""Only the sandbox's own processes pass its door; web pages and guessed keys do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError
from werkzeug.test import Client, TestResponse
from werkzeug.wrappers import Response

from emulator.gateway.door import Door
from emulator.iam.credentials import Credentials
from emulator.iam.identities import Identities
from tests.credentials import SESSION
from tests.wsgi_client import CBOR, wsgi_client

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment

HOST = "127.0.0.1:4566"
ROLE = "arn:aws:iam::123456789012:role/task"
SCOPE = "20261126/eu-central-1/ecs/aws4_request"


class Behind:
    """An application behind the door; it records its requests, and answers like moto, open to every origin."""

    def __init__(self) -> None:
        """Start without requests."""
        self.reached: list[tuple[str, str]] = []

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        self.reached.append((environ["SCRIPT_NAME"], environ["PATH_INFO"]))
        return Response("{}", headers={"Access-Control-Allow-Origin": "*"})(environ, start_response)


class World:
    """A door with an application behind it."""

    def __init__(self) -> None:
        """Put the door in front of two applications."""
        self.aws, self.control, self.open = Behind(), Behind(), Behind()
        self.identities = Identities(SESSION)
        self.door = Door(
            self.aws,
            self.control,
            {"/open": self.open},
            control_path="/_sandbox",
            host=HOST,
            token=SESSION.token,
            knows=self.identities.knows,
        )

    def ask(self, path: str = "/", method: str = "POST", query: str = "", **headers: str) -> TestResponse:
        """Send a request; `Host` is the sandbox's own unless it is set."""
        sent = {"Host": HOST, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return Client(self.door).open(path, method=method, headers=sent, query_string=query)

    @property
    def untouched(self) -> bool:
        """Whether no request has passed the door."""
        return not self.aws.reached and not self.control.reached and not self.open.reached


@pytest.fixture
def world() -> World:
    """Return a closed door."""
    return World()


def signed(who: Credentials, service: str = "ecs") -> dict[str, str]:
    """Return the headers of a request that these credentials signed."""
    scope = f"{who.access_key}/20261126/eu-central-1/{service}/aws4_request"
    return {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=00",
        "X_Amz_Security_Token": who.token,
    }


def bearing(token: str) -> dict[str, str]:
    """Return the header of a command of the sandbox."""
    return {"Authorization": f"Bearer {token}"}


def test_own_processes_pass(world: World) -> None:
    """Keys of the session and of a role reach AWS, and the session's token reaches the sandbox's own requests."""
    assert world.ask(**signed(SESSION)).status_code == 200
    assert world.ask("/queue", "GET", **signed(world.identities.credentials(ROLE))).status_code == 200
    assert world.ask("/_sandbox/status", "GET", **bearing(SESSION.token)).status_code == 200
    assert world.aws.reached == [("", "/"), ("", "/queue")]
    assert world.control.reached == [("/_sandbox", "/status")]


def test_what_is_open_to_all_needs_no_key(world: World) -> None:
    """But only below its path, and not for web pages."""
    assert world.ask("/open/a%2Fb").status_code == 200
    assert world.open.reached == [("", "/open/a/b")]
    assert [world.ask(path).status_code for path in ("/open", "/opened/a")] == [403, 403]
    assert [world.ask("/open/a", **{name: "evil.example.com"}).status_code for name in ("Host", "Origin")] == [403, 403]
    assert len(world.open.reached) == 1
    assert not world.aws.reached


def test_presigned_addresses_pass(world: World) -> None:
    """Keys and token may be in the URL, as S3's clients write them."""
    query = f"X-Amz-Credential={SESSION.access_key}/{SCOPE}&X-Amz-Security-Token={SESSION.token}"
    assert world.ask("/bucket/key", "GET", query).status_code == 200
    assert world.ask("/bucket/key", "GET", query.replace("token", "other")).status_code == 403


@pytest.mark.parametrize("path", ["/", "/_sandbox/status", "/moto-api/reset"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example.com:4566"},
        {"Host": "localhost.evil.example.com:4566"},
        {"Host": "localhost:4566"},
        {"Host": "127.0.0.1"},
        {"Host": "127.0.0.1:4567"},
        {"Origin": "https://evil.example.com"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:4566"},
    ],
    ids=lambda headers: "-".join(map(str, headers.values())),
)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_web_pages_are_refused(world: World, path: str, headers: dict[str, str], method: str) -> None:
    """A foreign Host or any Origin is refused before anything reads the request, even if the request has the keys."""
    for keys in ({}, signed(SESSION), bearing(SESSION.token)):
        answer = world.ask(path, method, **{**keys, **headers})
        assert answer.status_code == 403
        assert not [name for name, _ in answer.headers if name.lower().startswith("access-control-")]
    assert world.untouched


def test_preflight_is_refused(world: World) -> None:
    """A browser's preflight request is refused for every page."""
    answer = world.ask(
        "/", "OPTIONS", Access_Control_Request_Method="POST", Access_Control_Request_Headers="x-amz-target"
    )
    assert answer.status_code == 403
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert world.untouched


def test_no_answer_is_open_to_other_origins(world: World) -> None:
    """The headers by which moto lets every page read its responses are removed."""
    assert "Access-Control-Allow-Origin" not in world.ask(**signed(SESSION)).headers


@pytest.mark.parametrize(
    "who",
    [
        Credentials("test", "test", "test"),
        Credentials(SESSION.access_key, SESSION.secret_key, ""),
        Credentials(SESSION.access_key, SESSION.secret_key, "guessed"),
        Credentials("ASIA0000000000000000", SESSION.secret_key, SESSION.token),
        Credentials("", "", SESSION.token),
    ],
    ids=["usual", "no token", "guessed token", "another key", "no key"],
)
def test_unknown_keys_are_refused(world: World, who: Credentials) -> None:
    """Only a key with its own token passes."""
    assert world.ask(**signed(who)).status_code == 403
    assert world.untouched


def test_keys_of_a_role_are_its_own(world: World) -> None:
    """A role's key passes neither with the session's token nor with another role's, and its token runs no command."""
    one, other = world.identities.credentials(ROLE), world.identities.credentials(f"{ROLE}-other")
    assert world.identities.credentials(ROLE) == one
    for token in (SESSION.token, other.token):
        assert world.ask(**signed(Credentials(one.access_key, "", token))).status_code == 403
    assert world.ask("/_sandbox/status", "GET", **bearing(one.token)).status_code == 401
    assert world.untouched


@pytest.mark.parametrize(
    "headers", [{}, bearing(""), bearing("guessed"), {"Authorization": SESSION.token}, signed(SESSION)]
)
@pytest.mark.parametrize("path", ["/_sandbox", "/_sandbox/", "/_sandbox/status", "/_sandbox/advance"])
def test_commands_need_the_token(world: World, path: str, headers: dict[str, str]) -> None:
    """A request for a command without the session's token gets 401."""
    assert world.ask(path, "POST", **headers).status_code == 401
    assert world.untouched


def test_moto_has_no_door_of_its_own(world: World) -> None:
    """The door refuses moto's own requests outside AWS, such as a reset."""
    for path in ("/latest/meta-data/", "/favicon.ico", "/_sandboxes", "//_sandbox/status", "/_sandbox%2fstatus"):
        assert world.ask(path).status_code in (401, 403)
    for path in ("/moto-api/reset", "/moto-api/data.json", "/moto-api"):
        assert world.ask(path, **signed(SESSION)).status_code == 404
    assert world.untouched


@pytest.mark.parametrize(
    "header",
    [
        "AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=AKIAAAAAAAAAAAAAAAAA/, Signature=00",
        "AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=00, Credential=AKIAAAAAAAAAAAAAAAAA/",
        "AWS4-HMAC-SHA256 Credential=AKIAAAAAAAAAAAAAAAAA/1/a/ecs/aws4_request, Credential={scope}, Signature=00",
        "AWS AKIAAAAAAAAAAAAAAAAA:00 Credential={scope}",
        "Credential={scope}",
    ],
)
def test_one_key_a_request(world: World, header: str) -> None:
    """A header in which moto could read another key than the checked one is refused."""
    who = world.identities.credentials(ROLE)
    scope = f"{who.access_key}/20261126/eu-central-1/ssm/aws4_request"
    headers = {"Authorization": header.format(scope=scope), "X_Amz_Security_Token": who.token}
    assert world.ask(**headers).status_code == 403
    assert world.untouched


@pytest.mark.parametrize(
    ("service", "operation", "code", "protocol"),
    [
        ("ecs", "list_clusters", "UnrecognizedClientException", None),
        ("dynamodb", "list_tables", "UnrecognizedClientException", None),
        ("scheduler", "list_schedules", "UnrecognizedClientException", None),
        ("lambda", "list_functions", "UnrecognizedClientException", None),
        ("sqs", "list_queues", "UnrecognizedClientException", None),
        ("cloudwatch", "list_dashboards", "UnrecognizedClientException", CBOR),
        ("iam", "list_roles", "InvalidClientTokenId", None),
        ("sns", "list_topics", "InvalidClientTokenId", None),
        ("ec2", "describe_subnets", "AuthFailure", None),
        ("s3", "list_buckets", "InvalidAccessKeyId", None),
    ],
)
def test_unknown_key_in_each_protocol(
    world: World, service: str, operation: str, code: str, protocol: str | None
) -> None:
    """AWS's own SDK reads the refusal in the same way as AWS's refusal of an unknown key."""
    guessed = Credentials("AKIA0000000000000000", "guessed", "")
    client = wsgi_client(world.door, HOST, service, guessed, protocol)
    with pytest.raises(ClientError) as refused:
        getattr(client, operation)()
    assert refused.value.response["Error"]["Code"] == code
    assert world.untouched


def test_credentials_are_random_and_hidden() -> None:
    """Two sessions have no credentials in common, and a printed one shows no secret."""
    one, other = Credentials.random(), Credentials.random()
    assert len({*one.environment().values(), *other.environment().values()}) == 6
    assert one.access_key.startswith("ASIA")
    assert len(one.access_key) == 20
    assert one.secret_key not in repr(one)
    assert one.token not in repr(one)
