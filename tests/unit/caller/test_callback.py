"""The callback of a receiver: what is believed, and what it becomes."""

from __future__ import annotations

import base64
import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caller import callback
from caller.callback import LARGEST, Message, RefusedError
from caller.proof import Proof
from tests.unit.caller.test_request import ALIAS
from watch import untrusted

KEY = "k" * 24
NOW = 1_800_000_000
SAID: dict[str, Any] = {
    "run": f"{ALIAS}/8f0e2a4c-1111-4222-8333-444455556666",
    "schedule": "hello.night",
    "tick": "2026-11-26T15:30:00Z",
    "launch": 2,
    "outcome": "failed",
    "reason": "no rates today",
}
REPORT = SAID | {"rerun": "", "state": "ended", "at": "2027-01-15T08:00:00Z", "exit_code": None, "worker": ""}


def call(
    said: object = SAID, *, body: bytes | None = None, kind: str = "signature", method: str = "POST"
) -> dict[str, Any]:
    """Return the event of a proven callback, as Lambda makes it (payload format 2.0)."""
    raw = json.dumps(said).encode() if body is None else body
    headers = {name.lower(): value for name, value in Proof(kind, [KEY]).headers("1f", NOW, raw).items()}
    http = {"method": method, "path": "/", "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7", "userAgent": "x"}
    return {
        "version": "2.0",
        "headers": headers,
        "requestContext": {"http": http},
        "body": base64.b64encode(raw).decode(),
        "isBase64Encoded": True,
    }


def taken(event: dict[str, Any], kind: str = "signature", now: float = NOW) -> dict[str, Any]:
    """Return the report of a callback, checked as the handler does."""
    found = callback.message(event)
    callback.check_form(found, kind, now)
    callback.check_proof(found, Proof(kind, ["another secret of 24 letters", KEY]))
    return callback.report(found.body, alias=ALIAS, job="hello", now=now)


def refused(event: dict[str, Any], kind: str = "signature", now: float = NOW) -> RefusedError:
    """Return why a callback is refused."""
    with pytest.raises(RefusedError) as error:
        taken(event, kind, now)
    return error.value


@pytest.mark.parametrize("kind", ["signature", "bearer"])
def test_the_report(kind: str) -> None:
    """It has what the watch needs, and the time of the function. Two are equal, so a doubled one changes nothing."""
    assert taken(call(kind=kind), kind) == REPORT
    assert taken(call(SAID | {"rerun": "0000aaaa", "outcome": "good"}, kind=kind), kind) == REPORT | {
        "rerun": "0000aaaa",
        "outcome": "good",
    }
    assert taken(call({name: SAID[name] for name in SAID if name != "reason"}))["reason"] == ""
    assert untrusted.run_name(REPORT["run"])
    assert untrusted.instant(REPORT["at"])


def test_a_body_may_come_as_text() -> None:
    """Lambda codes a body only if its content type is none of text."""
    raw = json.dumps(SAID)
    assert taken(call() | {"body": raw, "isBase64Encoded": False}) == REPORT
    assert refused(call() | {"body": "!", "isBase64Encoded": True}).status == 400


def test_only_launches_have_no_request_context() -> None:
    """What comes through the URL is a callback, whatever it says, and never a launch."""
    assert callback.is_call(call())
    assert not callback.is_call({"job": "hello", "schedule": "hello", "tick": SAID["tick"], "attempt": 1, "launch": 1})


def test_headers_count_by_their_names_in_small_letters() -> None:
    """Lambda writes them so, and its page does not promise it."""
    event = call()
    assert taken(event | {"headers": {name.upper(): value for name, value in event["headers"].items()}}) == REPORT


@pytest.mark.parametrize(("late", "status"), [(301, 401), (-301, 401), (3600, 401)])
def test_old_and_future_callbacks(late: int, status: int) -> None:
    """A message that somebody has read cannot be sent again later."""
    assert refused(call(), now=NOW + late).status == status


def test_callbacks_without_a_proof() -> None:
    """All look the same from outside, and say nothing of the job."""
    event = call()
    empty = dict.fromkeys(event["headers"], "")
    for headers in ({}, None, empty, {"authorization": f"Bearer {KEY}"}, event["headers"] | {"webhook-id": "2f"}):
        error = refused(event | {"headers": headers})
        assert (error.status, error.why) == (401, "the proof is missing, wrong, or too old")
    assert refused(event, "bearer").status == 401
    assert refused(event | {"body": base64.b64encode(json.dumps(SAID | {"outcome": "good"}).encode())}).status == 401
    assert refused(event | {"body": None}).status == 401


@pytest.mark.parametrize("method", ["GET", "PUT", "HEAD", "post"])
def test_other_methods(method: str) -> None:
    """Only a POST tells something."""
    assert refused(call(method=method)).status == 405


def test_the_size() -> None:
    """It is judged before the proof, whose making takes the longer the more there is."""
    assert taken(call(body=json.dumps(SAID).encode().ljust(LARGEST))) == REPORT
    event = call(body=json.dumps(SAID).encode().ljust(LARGEST + 1))
    assert refused(event).status == 413
    assert refused(event | {"headers": {}}).status == 413


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"run": SAID["run"].replace("hello", "other")}, "`run`"),
        ({"run": ALIAS}, "`run`"),
        ({"run": f"{ALIAS}/"}, "`run`"),
        ({"run": f"{SAID['run']}\n"}, "`run`"),
        ({"run": f"{ALIAS}/x/{SAID['run']}"}, "`run`"),
        ({"run": 1}, "`run`"),
        ({"schedule": "other"}, "`schedule`"),
        ({"schedule": "hello2.night"}, "`schedule`"),
        ({"schedule": ["hello"]}, "`schedule`"),
        ({"schedule": "hello.\n"}, "`schedule`"),
        ({"tick": "2026-11-26"}, "`tick`"),
        ({"tick": "2026-02-30T15:30:00Z"}, "`tick`"),
        ({"tick": f"{SAID['tick']}\n"}, "`tick`"),
        ({"tick": "٢026-11-26T15:30:00Z"}, "`tick`"),
        ({"tick": 1}, "`tick`"),
        ({"launch": 0}, "`launch`"),
        ({"launch": 10_000}, "`launch`"),
        ({"launch": "2"}, "`launch`"),
        ({"launch": True}, "`launch`"),
        ({"launch": 1.5}, "`launch`"),
        ({"rerun": "xyz"}, "`rerun`"),
        ({"rerun": None}, "`rerun`"),
        ({"outcome": "Good"}, "`outcome`"),
        ({"outcome": ["good"]}, "`outcome`"),
        ({"reason": {"a": 1}}, "`reason`"),
        *(({name: None}, f"`{name}`") for name in SAID),
    ],
)
def test_callbacks_about_something_else(change: dict[str, Any], why: str) -> None:
    """Whoever knows the secret of one job cannot tell of another one's run, and is told what is wrong."""
    error = refused(call(SAID | change))
    assert error.status == 400
    assert error.why.startswith(why)


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b'"x"', b"{", b"\xff\xfe", b"[" * 60000, b'{"launch": ' + b"9" * 5000 + b"}", b"{}"]
)
def test_proven_bodies_that_say_nothing(body: bytes) -> None:
    """They are refused as wrong, and are no error of the program."""
    assert refused(call(body=body)).status == 400


def test_a_long_reason_is_cut() -> None:
    """The watch keeps a thousand characters, and Lambda takes only so much for an event."""
    assert taken(call(SAID | {"reason": "r" * 60000}))["reason"] == "r" * 1000


@given(
    said=st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats()
        | st.text(max_size=5)
        | st.sampled_from([*SAID.values()]),
        lambda inner: (
            st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from([*SAID, "rerun"]), inner, max_size=8)
        ),
        max_leaves=12,
    )
)
def test_whatever_is_said_is_a_report_or_refused(said: object) -> None:
    """Each report is one that the watch can read."""
    body = json.dumps(said).encode()
    with contextlib.suppress(RefusedError):
        report = callback.report(body, alias=ALIAS, job="hello", now=NOW)
        assert report.keys() == REPORT.keys()
        untrusted.run_name(report["run"])
        untrusted.checked_schedule(report["schedule"])


@given(headers=st.dictionaries(st.sampled_from([*call()["headers"], "authorization"]), st.text(max_size=20)))
@pytest.mark.parametrize("kind", ["signature", "bearer"])
def test_whatever_the_headers_are(kind: str, headers: dict[str, str]) -> None:
    """Nobody gets in, and none of it is an error of the program."""
    event = call(kind=kind) | {"headers": headers}
    with pytest.raises(RefusedError) as error:
        taken(event, kind)
    assert error.value.status == 401


def test_the_message() -> None:
    """A body that is no text is no error either."""
    event = call() | {"body": "a\udcff", "isBase64Encoded": False, "headers": {"X-A": "b"}}
    assert callback.message(event) == Message("POST", {"x-a": "b"}, b"a?")
