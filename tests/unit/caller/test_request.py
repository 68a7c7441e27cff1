"""The request of a launch, and what a deployment says about it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caller import request
from caller.settings import Address, Settings

ALIAS = "arn:aws:lambda:eu-central-1:123456789012:function:jobs-job-hello:jobs-hello"
EVENT: dict[str, Any] = {
    "job": "hello",
    "schedule": "hello.night",
    "tick": "2026-11-26T15:30:00Z",
    "attempt": 1,
    "launch": 1,
}
ENVIRONMENT = {
    "RECEIVER_URL": "https://jobs.example.com/run?team=a",
    "RECEIVER_JOBS": '["hello", "bye"]',
    "RECEIVER_SECRET": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:fleet-AbCdEf",
    "RECEIVER_PROOF": "signature",
    "RECEIVER_TIMEOUT": "60",
    "SCHEDULED_JOBS_JOB": "hello",
    "SCHEDULED_JOBS_WATCH": "jobs-watch",
}


def test_the_body() -> None:
    """It has the functions, the launch and the run, and no field that the launch has not."""
    assert request.body(EVENT, f"{ALIAS}/1", ["hello", "bye"]) == (
        b'{"jobs":["hello","bye"],"job":"hello","schedule":"hello.night","tick":"2026-11-26T15:30:00Z","attempt":1,'
        b'"launch":1,"run":"' + ALIAS.encode() + b'/1"}'
    )


def test_the_body_of_an_operators_run_with_a_callback() -> None:
    """Who asked for the run, and where to tell its end, are in it too."""
    more = {"rerun": "0000aaaa", "trigger": "manual", "callback": "https://id.lambda-url.eu-central-1.on.aws/"}
    said = json.loads(request.body(EVENT | more | {"unknown": 1}, "run", ["hello"]))
    assert said == {"jobs": ["hello"], **EVENT, **more, "run": "run"}


@given(job=st.text())
def test_names_cannot_change_the_body(job: str) -> None:
    """The body is ASCII, and what is read from it is what was meant."""
    body = request.body(EVENT, "run", [job])
    assert body.isascii()
    assert json.loads(body)["jobs"] == [job]


def test_the_id_of_a_launch() -> None:
    """It is known, so that no version of the program changes it: two deliveries may be hours apart."""
    assert request.launch_id(ALIAS, EVENT) == "0d91ab5ac9f049b6e383a7980a210ef3"
    assert request.headers("1f") == {"Content-Type": "application/json", "Idempotency-Key": "1f"}


@pytest.mark.parametrize(
    "change",
    [{"schedule": "hello"}, {"tick": "2026-11-26T15:31:00Z"}, {"launch": 2}, {"rerun": "0000aaaa"}],
    ids=lambda change: next(iter(change)),
)
def test_other_launches_have_other_ids(change: dict[str, Any]) -> None:
    """A receiver that knows an id does not take it again."""
    assert request.launch_id(ALIAS, EVENT | change) != request.launch_id(ALIAS, EVENT)
    assert request.launch_id(ALIAS.replace("eu-central-1", "eu-west-1"), EVENT) != request.launch_id(ALIAS, EVENT)
    assert request.launch_id(ALIAS, EVENT | {"attempt": 9, "callback": "x"}) == request.launch_id(ALIAS, EVENT)


def test_the_settings() -> None:
    """Each comes from one variable."""
    found = Settings.of(ENVIRONMENT)
    assert found.address == Address("https", "jobs.example.com", 443, "jobs.example.com", "/run?team=a")
    assert (found.jobs, found.proof, found.timeout) == (("hello", "bye"), "signature", 60)
    assert (found.secret, found.job, found.watch) == (ENVIRONMENT["RECEIVER_SECRET"], "hello", "jobs-watch")
    for name in ENVIRONMENT:
        with pytest.raises(KeyError, match=name):
            Settings.of({key: value for key, value in ENVIRONMENT.items() if key != name})


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://h", Address("https", "h", 443, "h", "/")),
        ("http://10.0.0.7:8080/a/b?c=d&e", Address("http", "10.0.0.7", 8080, "10.0.0.7:8080", "/a/b?c=d&e")),
        ("https://[fd00::1]:444/", Address("https", "fd00::1", 444, "[fd00::1]:444", "/")),
        ("https://h?x=1", Address("https", "h", 443, "h", "/?x=1")),
    ],
)
def test_addresses(url: str, expected: Address) -> None:
    """The port is that of the scheme unless there is one."""
    assert Address.of(url) == expected


def test_an_address_in_texts_has_no_path() -> None:
    """A path may be what only the receiver should read."""
    assert str(Address.of("https://h:8443/hidden/path?token=1")) == "https://h:8443"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "jobs.example.com",
        "ftp://h/",
        "https://",
        "https:///run",
        "https://user:pass@h/",
        "https://h/a b",
        "https://h/\r\nX-Forged: 1",
        "https://h\r\nX-Forged: 1",
        "https://h/\tx",
        "https://h/ä",
        "https://h:port/",
        "https://h:99999/",
        "https://[h/",
    ],
)
def test_what_is_no_address(url: str) -> None:
    """Nothing of an address can begin a header of its own."""
    with pytest.raises(ValueError, match=r"RECEIVER_URL|Port|Invalid"):
        Address.of(url)
