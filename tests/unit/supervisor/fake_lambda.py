"""A Lambda in memory, at its least convenient: answers are lost, and each invocation ends as the test says."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, ReadTimeoutError

from supervisor import launch_answers
from tests.unit.watch.world import GROUP, PLACE
from watch import instants

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from supervisor.launch_answers import Refusal

GRANTED, THROTTLED, BROKEN, SILENT = "granted", "throttled", "broken", "invoked, but broken"
"""What Invoke may answer."""

_CODES = {
    THROTTLED: ("TooManyRequestsException", "Rate Exceeded.", 429),
    BROKEN: ("ServiceException", "try again", 500),
}


def alias(job: str) -> str:
    """Return the ARN of the alias of a job's function."""
    return f"arn:aws:lambda:{PLACE}:function:{job}:{GROUP}-{job}"


@dataclass(frozen=True)
class End:
    """How an invocation ends."""

    after: int = 5
    """Seconds."""
    condition: str = "Success"
    error: tuple[str, str] | None = None
    """Type and message."""
    answer: dict[str, Any] | None = None
    """What the function returns."""


GOOD = End()
FAILS = End(condition="RetriesExhausted", error=("ValueError", "no rates today"))
HANGS = End(30, "RetriesExhausted", ("Sandbox.Timedout", "RequestId: x Error: Task timed out after 30.00 seconds"))
STARVES = End(300, "EventAgeExceeded")


def record(alias_arn: str, name: str, event: Mapping[str, Any], end: End, at: datetime) -> dict[str, Any]:
    """Return the record of an invocation (Lambda Developer Guide, "Capturing records of asynchronous invocations")."""
    failed = {"functionError": "Unhandled"} if end.error else {}
    said = {"errorType": end.error[0], "errorMessage": end.error[1]} if end.error else end.answer
    ran = end.condition != "EventAgeExceeded"
    return {
        "version": "1.0",
        "timestamp": instants.text(at).replace("Z", ".123Z"),
        "requestContext": {
            "requestId": name,
            "functionArn": alias_arn,
            "condition": end.condition,
            "approximateInvokeCount": int(ran),
        },
        "requestPayload": dict(event),
        **({"responseContext": {"statusCode": 200, "executedVersion": "$LATEST", **failed}} if ran else {}),
        **({"responsePayload": said} if ran else {}),
    }


class FakeLambda:
    """The functions of the account."""

    def __init__(
        self,
        second: Callable[[], int],
        later: Callable[[int, Callable[[], object]], None],
        step: Callable[[str], None],
    ) -> None:
        """Let `second` tell the time, `later` do things in some seconds, and call `step` before and after each call."""
        self._second, self._later, self._step = second, later, step
        self.answers: list[str] = []
        """What the next calls are answered."""
        self.ends: list[End] = []
        """How the next invocations end."""
        self.usual = GOOD
        self.events: list[dict[str, Any]] = []
        """The events of all invocations."""
        self.called: list[dict[str, Any]] = []
        """The events of all calls."""
        self.running, self.most = 0, 0
        """How many invocations go on, and did at most."""
        self.on_end: Callable[[Mapping[str, Any]], None] = lambda _: None

    def invoke(self, role: str, alias_arn: str, event: Mapping[str, Any]) -> str | Refusal:
        """Invoke a function; return the id of the request, or what the refusal means."""
        job = event["job"]
        assert (role, alias_arn) == (f"arn:aws:iam::123456789012:role/{job}/launch", alias(job))
        self._step("Invoke function")
        try:
            name = self._invoke(alias_arn, json.loads(json.dumps(event)))
        except (ClientError, ReadTimeoutError) as failure:
            return launch_answers.of_error(failure)
        self._step("Invoke function made")
        return name

    def _invoke(self, alias_arn: str, event: dict[str, Any]) -> str:
        answer = self.answers.pop(0) if self.answers else GRANTED
        self.called.append(event)
        if answer in _CODES:
            code, text, status = _CODES[answer]
            said: Any = {"Error": {"Code": code, "Message": text}, "ResponseMetadata": {"HTTPStatusCode": status}}
            raise ClientError(said, "Invoke")
        self.events.append(event)
        self.running += 1
        self.most = max(self.most, self.running)
        name, end = f"{len(self.events):08x}-0000-4000-8000-000000000000", self.ends.pop(0) if self.ends else self.usual
        self._later(end.after, lambda: self._end(alias_arn, name, event, end))
        if answer == SILENT:
            raise ReadTimeoutError(endpoint_url="https://lambda")
        return name

    def _end(self, alias_arn: str, name: str, event: Mapping[str, Any], end: End) -> None:
        self.running -= 1
        self.on_end(record(alias_arn, name, event, end, datetime.fromtimestamp(self._second(), UTC)))
