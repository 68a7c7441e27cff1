"""The callback by which a receiver tells the end of work that it has accepted. Pure.

It comes to the function's URL from the Internet, so it is believed only if the receiver's secret proves it.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from caller import proof

if TYPE_CHECKING:
    from collections.abc import Mapping

    from caller.proof import Proof

LARGEST = 64 * 1024
"""Bytes of the largest callback."""
_LONGEST_REASON = 1000
"""Characters of a reason. The watch keeps no more."""
_REQUEST_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
_SCHEDULE = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.-]{0,63}")
_TICK = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_RERUN = re.compile(r"([0-9a-f]{8})?")
_OUTCOMES = ("good", "failed")
_MOST_LAUNCHES = 10_000


@dataclass(frozen=True)
class Message:
    """What came to the function's URL."""

    method: str
    headers: Mapping[str, str]
    """By their names in small letters."""
    body: bytes


class RefusedError(Exception):
    """A callback that is not taken."""

    def __init__(self, status: HTTPStatus, why: str) -> None:
        """Take the status and the reason that the answer has."""
        super().__init__(why)
        self.status, self.why = status, why


def is_call(event: Mapping[str, Any]) -> bool:
    """Return whether an event came through the function's URL. The event of a launch has no such field."""
    return "requestContext" in event


def message(event: Mapping[str, Any]) -> Message:
    """Return what came to the URL (Lambda Developer Guide, "Invoking Lambda function URLs", payload format 2.0)."""
    headers = {str(name).lower(): str(value) for name, value in (event.get("headers") or {}).items()}
    text = event.get("body") or ""
    try:
        body = (
            base64.b64decode(text, validate=True) if event.get("isBase64Encoded") else text.encode("utf-8", "replace")
        )
    except binascii.Error:
        raise RefusedError(HTTPStatus.BAD_REQUEST, "the body is not Base64") from None
    return Message(str(event["requestContext"]["http"]["method"]), headers, body)


def check_form(call: Message, kind: str, now: float) -> None:
    """Refuse what can be refused without the secret. `kind` is the kind of proof, `now` epoch seconds."""
    if call.method != "POST":
        raise RefusedError(HTTPStatus.METHOD_NOT_ALLOWED, "only POST is taken here")
    if len(call.body) > LARGEST:
        raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body has more than {LARGEST} bytes")
    if not proof.may_hold(kind, call.headers, now):
        raise _not_proven()


def check_proof(call: Message, own: Proof) -> None:
    """Refuse what no secret proves. The form of the callback has been checked."""
    if not own.holds(call.headers, call.body):
        raise _not_proven()


def report(body: bytes, *, alias: str, job: str, now: float) -> dict[str, Any]:
    """Return the report for the watch that a proven callback makes; RefusedError for one that is not this job's.

    `alias` is the ARN of the alias whose URL was called.
    """
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise _wrong("the body is not JSON") from None
    if not isinstance(said, dict):
        raise _wrong("the body is not a JSON object")
    _check(said, alias, job)
    return {
        "run": said["run"],
        "schedule": said["schedule"],
        "tick": said["tick"],
        "launch": said["launch"],
        "rerun": said.get("rerun", ""),
        "state": "ended",
        "at": datetime.fromtimestamp(int(now), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "outcome": said["outcome"],
        "exit_code": None,
        "reason": said.get("reason", "")[:_LONGEST_REASON],
        "worker": "",
    }


def _check(said: Mapping[str, Any], alias: str, job: str) -> None:
    run, schedule, tick, launch = (said.get(name) for name in ("run", "schedule", "tick", "launch"))
    own, _, request_id = run.rpartition("/") if isinstance(run, str) else ("", "", "")
    if own != alias or not _is(_REQUEST_ID, request_id):
        raise _wrong("`run` is none of this job; send back what the request had")
    if not _is(_SCHEDULE, schedule) or str(schedule).partition(".")[0] != job:
        raise _wrong("`schedule` is none of this job; send back what the request had")
    if not _is(_TICK, tick) or not _is_time(str(tick)):
        raise _wrong("`tick` is no time such as 2026-11-26T15:30:00Z; send back what the request had")
    if type(launch) is not int or not 0 < launch < _MOST_LAUNCHES:
        raise _wrong("`launch` is no whole number from 1; send back what the request had")
    if not _is(_RERUN, said.get("rerun", "")):
        raise _wrong("`rerun` has not eight hexadecimal digits; send back what the request had")
    if said.get("outcome") not in _OUTCOMES:
        raise _wrong('`outcome` is neither "good" nor "failed"')
    if not isinstance(said.get("reason", ""), str):
        raise _wrong("`reason` is no text")


def _is(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _is_time(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _not_proven() -> RefusedError:
    return RefusedError(HTTPStatus.UNAUTHORIZED, "the proof is missing, wrong, or too old")


def _wrong(why: str) -> RefusedError:
    return RefusedError(HTTPStatus.BAD_REQUEST, why)
