"""SNS delivers to queues, functions, this machine and a mailbox, and to nothing else."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.processes.emulator.events.test_bus import FUNCTION, TOPIC, function, permit
from tests.processes.emulator.world import DEAD, START, client, document, refusal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.processes.emulator.world import World


@pytest.fixture(autouse=True)
def topic(world: World) -> None:
    """Create the topic."""
    client("sns").create_topic(Name="alerts")


@pytest.fixture
def received() -> Iterator[list[tuple[str, dict[str, str], Any]]]:
    """Return the messages that a server on this machine receives; its address is the first path."""
    found: list[tuple[str, dict[str, str], Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            found.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(500 if self.path == "/broken" else 200)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    found.append((f"http://127.0.0.1:{server.server_port}", {}, None))
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


def subscribe(protocol: str, endpoint: str, **attributes: str) -> str:
    """Subscribe an endpoint, and return the subscription's ARN."""
    answer = client("sns").subscribe(TopicArn=TOPIC, Protocol=protocol, Endpoint=endpoint, Attributes=attributes)
    return str(answer["SubscriptionArn"])


def publish(message: str = "It failed.", **given: Any) -> None:  # noqa: ANN401 - members of a request
    """Publish a message."""
    client("sns").publish(TopicArn=TOPIC, Message=message, **given)


def attribute(value: str) -> dict[str, dict[str, str]]:
    """Return a message's attributes."""
    return {"class": {"DataType": "String", "StringValue": value}}


def allow_topic() -> None:
    """Let the topic send to the queue."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": DEAD,
        "Condition": {"ArnEquals": {"aws:SourceArn": TOPIC}},
    }
    url = client("sqs").get_queue_url(QueueName="dead")["QueueUrl"]
    client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": document(statement)})


def test_mail(world: World) -> None:
    """Mail goes to the mailbox with its subject, its attributes and its time."""
    subscribe("email", "ops@example.com")
    publish(Subject="Job failed", MessageAttributes=attribute("failed"))
    publish()
    first, second = world.aws.topics.mailbox
    assert (first.to, first.topic, first.at) == ("ops@example.com", TOPIC, START)
    assert (first.subject, first.body, first.attributes) == ("Job failed", "It failed.", {"class": "failed"})
    assert first.undelivered is None
    assert second.subject == "AWS Notification Message"


def test_message_for_each_protocol(world: World) -> None:
    """A message with several texts reaches each protocol with its own text, or with the default text."""
    subscribe("email", "ops@example.com")
    subscribe("email-json", "json@example.com")
    publish(json.dumps({"default": "short", "email": "long"}), MessageStructure="json")
    assert {mail.to: mail.body for mail in world.aws.topics.mailbox} == {
        "ops@example.com": "long",
        "json@example.com": "short",
    }


@pytest.mark.parametrize(("value", "count"), [("failed", 1), ("recovered", 0), (None, 0)], ids=["one", "other", "none"])
def test_filter_policy(world: World, value: str | None, count: int) -> None:
    """A filter policy compares the message's attributes, and a message that does not match is not delivered."""
    subscribe("email", "ops@example.com", FilterPolicy=json.dumps({"class": ["failed", "missed"]}))
    publish(MessageAttributes=attribute(value) if value else {})
    assert len(world.aws.topics.mailbox) == count


@pytest.mark.parametrize(
    ("policy", "count"),
    [
        ({"jobs": ["report"]}, 1),
        ({"jobs": ["import", "export"]}, 1),
        ({"jobs": ["rep"]}, 0),
        ({"jobs": [{"prefix": "exp"}], "class": ["failed"]}, 1),
        ({"jobs": ["report"], "class": ["missed"]}, 0),
        ({"jobs": [{"anything-but": ["report", "export"]}]}, 0),
        ({"owner": [{"exists": False}]}, 1),
    ],
    ids=json.dumps,
)
def test_filter_policy_on_an_array(world: World, policy: dict[str, Any], count: int) -> None:
    """An attribute that is an array matches by any of its whole elements."""
    subscribe("email", "ops@example.com", FilterPolicy=json.dumps(policy))
    jobs = {"DataType": "String.Array", "StringValue": json.dumps(["report", "export"])}
    publish(MessageAttributes={**attribute("failed"), "jobs": jobs})
    assert len(world.aws.topics.mailbox) == count


def test_filter_policy_of_a_queue(world: World) -> None:
    """A queue gets only messages that match its filter policy, also with an array."""
    allow_topic()
    subscribe("sqs", DEAD, FilterPolicy=json.dumps({"jobs": [{"prefix": "exp"}]}))
    for names in (["report"], ["report", "export"]):
        publish(
            str(names),
            MessageAttributes={"jobs": {"DataType": "String.Array", "StringValue": json.dumps(names)}},
        )
    assert [json.loads(message["Body"])["Message"] for message in world.messages()] == ["['report', 'export']"]


def test_filter_policy_on_the_body(world: World) -> None:
    """A filter policy may compare the body; a message that is not a JSON object is not delivered."""
    policy = json.dumps({"detail": {"jobs": ["export"]}})
    subscribe("email", "ops@example.com", FilterPolicyScope="MessageBody", FilterPolicy=policy)
    for message in ('{"detail": {"jobs": ["report", "export"]}}', '{"detail": {"jobs": ["report"]}}', "export", "[]"):
        publish(message)
    assert [mail.body for mail in world.aws.topics.mailbox] == ['{"detail": {"jobs": ["report", "export"]}}']


def test_filter_policy_that_is_none(world: World) -> None:
    """A filter policy that SNS does not accept is refused with the reason."""
    code, message = refusal(lambda: subscribe("email", "a@example.com", FilterPolicy='{"jobs": [{"like": "x"}]}'))
    assert (code, "like" in message) == ("InvalidParameter", True)
    code, message = refusal(lambda: subscribe("email", "a@example.com", FilterPolicy='{"jobs": []}'))
    assert (code, message) == ("InvalidParameter", "Invalid parameter: FilterPolicy: Empty arrays are not allowed")


NOT_PUBLISHED: dict[str, tuple[dict[str, Any], str]] = {
    "long subject": ({"Subject": "s" * 101}, "Subject"),
    "two lines": ({"Subject": "a\nb"}, "Subject"),
    "not ASCII": ({"Subject": "Bericht für Köln"}, "Subject"),
    "no JSON": ({"Message": "x", "MessageStructure": "json"}, "failed to parse"),
    "a list": ({"Message": "[]", "MessageStructure": "json"}, "failed to parse"),
    "no default": ({"Message": '{"email": "x"}', "MessageStructure": "json"}, "No default entry"),
}


@pytest.mark.parametrize(("given", "named"), NOT_PUBLISHED.values(), ids=NOT_PUBLISHED)
def test_message_refused(world: World, given: dict[str, Any], named: str) -> None:
    """A message that SNS refuses is refused with SNS's error."""
    subscribe("email", "ops@example.com")
    code, message = refusal(lambda: client("sns").publish(TopicArn=TOPIC, **{"Message": "x", **given}))
    assert (code, named in message) == ("InvalidParameter", True)
    assert world.aws.topics.mailbox == []


def test_queue(world: World) -> None:
    """A queue receives a notification that its policy allows; otherwise the mailbox has the reason."""
    subscribe("sqs", DEAD)
    publish()
    assert world.messages() == []
    (mail,) = world.aws.topics.mailbox
    assert (mail.to, mail.body) == (DEAD, "It failed.")
    assert "the queue's policy" in (mail.undelivered or "")
    allow_topic()
    publish("Again.", Subject="S")
    (message,) = world.messages()
    body = json.loads(message["Body"])
    assert (body["Type"], body["TopicArn"], body["Message"], body["Subject"]) == ("Notification", TOPIC, "Again.", "S")
    assert len(world.aws.topics.mailbox) == 1


def test_queue_that_is_gone(world: World) -> None:
    """A deleted queue is named in the mailbox."""
    subscribe("sqs", DEAD)
    client("sqs").delete_queue(QueueUrl=client("sqs").get_queue_url(QueueName="dead")["QueueUrl"])
    publish()
    assert "does not exist" in (world.aws.topics.mailbox[0].undelivered or "")


def test_function(world: World, tmp_path: Path) -> None:
    """A function gets SNS's record; a refusal is named in the mailbox, and the others still get their message."""
    function(str(tmp_path / "found"), handler="watch.record")
    subscribe("lambda", FUNCTION)
    subscribe("email", "ops@example.com")
    publish()
    assert {mail.to: mail.undelivered is None for mail in world.aws.topics.mailbox} == {
        FUNCTION: False,
        "ops@example.com": True,
    }
    permit(TOPIC, "sns.amazonaws.com")
    publish("Again.", Subject="S")
    (event,) = map(json.loads, (tmp_path / "found").read_text().splitlines())
    (record,) = event["Records"]
    assert (record["EventSource"], record["Sns"]["TopicArn"]) == ("aws:sns", TOPIC)
    assert (record["Sns"]["Message"], record["Sns"]["Subject"]) == ("Again.", "S")


def test_loopback(world: World, received: list[tuple[str, dict[str, str], Any]]) -> None:
    """An address on this machine is called in the same way as by SNS."""
    address = received.pop()[0]
    subscribe("http", address + "/hook")
    publish(Subject="Job failed", MessageAttributes=attribute("failed"))
    ((path, headers, body),) = received
    assert path == "/hook"
    assert headers["x-amz-sns-message-type"] == "Notification"
    assert headers["content-type"] == "text/plain; charset=UTF-8"
    assert (body["Type"], body["TopicArn"]) == ("Notification", TOPIC)
    assert (body["Message"], body["Subject"]) == ("It failed.", "Job failed")
    assert body["MessageAttributes"]["class"] == {"Type": "String", "Value": "failed"}
    assert world.aws.topics.mailbox == []


def test_loopback_that_fails(world: World, received: list[tuple[str, dict[str, str], Any]]) -> None:
    """An endpoint that answers with an error, or not at all, is named in the mailbox."""
    address = received.pop()[0]
    subscribe("http", address + "/broken")
    subscribe("http", "http://127.0.0.1:1/nobody")
    publish()
    broken, nobody = (mail.undelivered or "" for mail in world.aws.topics.mailbox)
    assert "500" in broken
    assert "ConnectError" in nobody


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://hooks.example.com/x",
        "http://10.0.0.1/",
        "http://127.0.0.1.example.com/",
        "http://localhost.example.com/",
        "http://127.0.0.1@example.com/",
        "http://[2001:db8::1]/",
        "http://0.0.0.0/",
        "http://2130706433/",
    ],
)
def test_nothing_else_is_called(world: World, monkeypatch: pytest.MonkeyPatch, endpoint: str) -> None:
    """An address that is not on loopback is never resolved or called; the mailbox has its message."""

    def never(*args: object, **given: object) -> None:
        raise AssertionError(f"{args} was called")

    monkeypatch.setattr(httpx, "post", never)
    monkeypatch.setattr("socket.getaddrinfo", never)
    subscribe(endpoint.partition(":")[0], endpoint)
    publish()
    (mail,) = world.aws.topics.mailbox
    assert (mail.to, mail.body) == (endpoint, "It failed.")
    assert mail.undelivered == "the sandbox calls loopback addresses only"


@pytest.mark.parametrize("endpoint", ["http://localhost:1/", "http://[::1]:1/", "http://127.9.9.9:1/"])
def test_other_names_of_loopback(world: World, endpoint: str) -> None:
    """Every loopback address is called."""
    subscribe("http", endpoint)
    publish()
    assert "ConnectError" in (world.aws.topics.mailbox[0].undelivered or "")


def test_unknown_protocol(world: World) -> None:
    """A protocol that the sandbox does not support is refused by its name."""
    code, message = refusal(lambda: subscribe("sms", "+491700000000"))
    assert code == "InvalidParameter"
    assert "sms" in message


def test_unsubscribed(world: World) -> None:
    """An endpoint that is no longer subscribed gets no messages."""
    arn = subscribe("email", "ops@example.com")
    client("sns").unsubscribe(SubscriptionArn=arn)
    publish()
    assert world.aws.topics.mailbox == []


def test_tells_a_deleted_subscription_for_a_while(world: World) -> None:
    """Its attributes are told for a minute, as SNS is eventually consistent; the topic's list is right at once."""
    arn = subscribe("email", "ops@example.com")
    told = attributes_of(arn)
    client("sns").unsubscribe(SubscriptionArn=arn)
    assert client("sns").list_subscriptions_by_topic(TopicArn=TOPIC)["Subscriptions"] == []
    assert attributes_of(arn) == told
    world.advance(minutes=1)
    assert refusal(lambda: attributes_of(arn)) == ("NotFound", "Subscription does not exist")


def attributes_of(arn: str) -> dict[str, str]:
    """Return the attributes of a subscription."""
    attributes: dict[str, str] = client("sns").get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    return attributes
