"""What a worker makes of a message, by the claim that it finds. The process of the job is played."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import pytest
from botocore.exceptions import ReadTimeoutError

from scheduled_jobs_worker import handling
from scheduled_jobs_worker.claims import Claims
from scheduled_jobs_worker.handling import Handler, Queue
from scheduled_jobs_worker.reports import Reporter
from scheduled_jobs_worker.runs import Run, Verdict
from scheduled_jobs_worker.signals import Signals
from tests.unit.worker.table import GROUP, NOW, TABLE, MovedClock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from scheduled_jobs_worker.attending import Attended

RUN = Run("hello", "hello", datetime(2027, 1, 4, 2, tzinfo=UTC))
BODY = {
    "job": "hello",
    "task": "hello",
    "schedule": "hello",
    "tick": "2027-01-04T02:00:00Z",
    "attempt": 1,
    "launch": 1,
    "run": f"arn:aws:sqs:eu-central-1:123456789012:shop-work-web/{RUN.id}",
    "timeout": None,
}
MESSAGE = {"ReceiptHandle": "receipt", "Body": json.dumps(BODY)}
REPORT = {
    "run": f"arn:aws:sqs:eu-central-1:123456789012:shop-work-web/{RUN.id}",
    "schedule": "hello",
    "tick": "2027-01-04T02:00:00Z",
    "launch": 1,
    "rerun": "",
    "worker": "host",
    "state": "ended",
}


class Played:
    """A handler with clients that tell of their calls."""

    def __init__(self, client: DynamoDBClient, monkeypatch: pytest.MonkeyPatch) -> None:
        """Play that each job ends well at once."""
        self.clock = MovedClock()
        self.signals = Mock(Signals)
        self.signals.grace_end.return_value = None
        self.sqs, self.lambda_ = Mock(), Mock()
        self.ran: list[int] = []
        self.claims = Claims(client, GROUP, "me")
        self.handler = Handler(
            tasks={"hello": lambda run: self.ran.append(run.token)},
            claims=self.claims,
            reporter=Reporter(self.lambda_, GROUP, "host"),
            clock=self.clock,
            signals=self.signals,
            grace=20,
        )
        monkeypatch.setattr(handling, "attend", self._attend)

    @staticmethod
    def _attend(run: Attended, _clock: object, _signals: object) -> Verdict:
        run.work()
        return Verdict("good", 0)

    def take(self) -> bool:
        """Take the message, and return whether it was deleted."""
        self.sqs.reset_mock()
        self.lambda_.reset_mock()
        self.handler.take(Queue(self.sqs, "url"), MESSAGE)
        return bool(self.sqs.delete_message.called)

    @property
    def reports(self) -> list[dict[str, Any]]:
        """The reports of the last message."""
        return [json.loads(call.kwargs["Payload"]) for call in self.lambda_.invoke.call_args_list]


@pytest.fixture
def played(client: DynamoDBClient, monkeypatch: pytest.MonkeyPatch) -> Played:
    """Return a handler."""
    return Played(client, monkeypatch)


def test_claim_that_was_written_without_an_answer(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker whose claim was written although AWS did not say so has the run when its message comes again."""
    begin = Claims.begin

    def unanswered(*given: Any) -> bool:  # noqa: ANN401 - those of begin
        begin(*given)
        raise ReadTimeoutError(endpoint_url="https://dynamodb")

    with monkeypatch.context() as patch:
        patch.setattr(Claims, "begin", unanswered)
        with pytest.raises(ReadTimeoutError):
            played.take()
    assert played.ran == []
    assert played.take()
    assert played.ran == [1]
    assert [report["state"] for report in played.reports] == ["started", "ended"]


def test_that_claim_was_given_up(played: Played) -> None:
    """If somebody has given it up by then, the worker does not begin."""
    played.claims.begin(replace(RUN, token=1), NOW, NOW + 60)
    found = played.claims.find(RUN.id)
    assert found is not None
    played.claims.lose(RUN.id, found, NOW + 61)
    assert played.take()
    assert played.ran == []


@pytest.mark.parametrize("state", ["claimed", "stopping"])
def test_claim_of_another_worker(played: Played, client: DynamoDBClient, state: str) -> None:
    """A run that another worker has is left until its lease is over. Then its end is told, and nothing is run."""
    Claims(client, GROUP, "other").begin(replace(RUN, token=1), NOW, NOW + 60)
    _mark(client, state)
    played.clock.time += 59
    assert not played.take()
    assert played.reports == []
    played.clock.time += 1
    assert played.take()
    reason = "its worker has not extended its lease, which ended at 2027-01-04T00:01:00Z"
    how = {"outcome": "interrupted", "exit_code": None, "reason": reason}
    at = "2027-01-04T00:01:00Z"
    assert played.reports == [{**REPORT, "worker": "other", "started": "2027-01-04T00:00:00Z", "at": at, **how}]
    assert played.take(), "and once more, if the message was not deleted"
    assert len(played.reports) == 1
    assert played.ran == []


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("exit_code", {"N": "1.5"}, {"exit_code": None}),
        ("exit_code", {"N": "1E+50"}, {"exit_code": None}),
        ("exit_code", {"S": "3"}, {"exit_code": None}),
        ("outcome", {"S": "excellent"}, {"outcome": "interrupted"}),
        ("outcome", {"L": []}, {"outcome": "interrupted"}),
        ("token", {"N": "1.5"}, {}),
        ("lease", {"N": "-1E+120"}, {}),
        ("reason", {"NULL": True}, {"reason": ""}),
    ],
)
def test_claim_of_another_program(
    played: Played, client: DynamoDBClient, name: str, value: dict[str, Any], told: dict[str, Any]
) -> None:
    """Whatever stands in a claim, no worker ends by it, and the end is told as far as it is known."""
    Claims(client, GROUP, "other").begin(replace(RUN, token=1), NOW, NOW + 60)
    client.update_item(
        TableName=TABLE,
        Key={"run": {"S": RUN.id}},
        UpdateExpression="SET #name = :value",
        ExpressionAttributeNames={"#name": name},
        ExpressionAttributeValues={":value": value},
    )
    played.clock.time += 60
    assert played.take()
    assert played.reports[0].items() >= told.items()
    assert played.ran == []


def test_lost_while_it_was_stopped(played: Played, client: DynamoDBClient) -> None:
    """The end of a run whose worker died while it was to stop it is what the supervisor has written."""
    Claims(client, GROUP, "other").begin(replace(RUN, token=1), NOW, NOW + 60)
    _mark(client, "stopping", outcome="timed-out", reason="timed out after 5 minutes")
    played.clock.time += 60
    assert played.take()
    assert (played.reports[0]["outcome"], played.reports[0]["reason"]) == ("timed-out", "timed out after 5 minutes")


def test_somebody_else_was_faster(played: Played, client: DynamoDBClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """A claim that another worker made between reading and writing is left to it."""
    find = Claims.find
    other = Claims(client, GROUP, "other")

    def late(claims: Claims, run: str) -> object:
        found = find(claims, run)
        other.begin(replace(RUN, token=1), NOW, NOW + 60)
        return found

    monkeypatch.setattr(Claims, "find", late)
    assert not played.take()
    assert played.ran == []


def test_its_holder_went_on(played: Played, client: DynamoDBClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run whose holder extended the lease at the last moment is left to it."""
    other, run, lose = Claims(client, GROUP, "other"), replace(RUN, token=1), Claims.lose
    other.begin(run, NOW, NOW + 60)
    played.clock.time += 61

    def late(claims: Claims, *given: Any) -> bool:  # noqa: ANN401 - those of lose
        other.extend(run, NOW + 120)
        return lose(claims, *given)

    monkeypatch.setattr(Claims, "lose", late)
    assert not played.take()
    assert played.reports == []


def test_claim_that_the_worker_itself_has_lost(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that was given up while it worked is not reported; its message goes."""

    def lost(run: Attended, _clock: object, _signals: object) -> Verdict:
        run.work()
        found = played.claims.find(RUN.id)
        assert found is not None
        played.claims.lose(RUN.id, found, NOW)
        return Verdict("good", 0)

    monkeypatch.setattr(handling, "attend", lost)
    assert played.take()
    assert [report["state"] for report in played.reports] == ["started"]


def test_end_that_was_written_without_an_answer(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    """An end that AWS wrote but did not confirm is reported all the same."""
    end, calls = Claims.end, []

    def unanswered(*given: Any) -> bool:  # noqa: ANN401 - those of end
        calls.append(given)
        done = end(*given)
        if len(calls) == 1:
            played.clock.time += 1
            raise ReadTimeoutError(endpoint_url="https://dynamodb")
        return done

    monkeypatch.setattr(Claims, "end", unanswered)
    monkeypatch.setattr(played.clock, "wait", lambda *_: None)
    assert played.take()
    assert [report.get("outcome") for report in played.reports] == [None, "good"]


def test_gives_up_in_the_end(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that cannot write an end for a quarter of an hour goes on with other work, and runs the launch once."""

    def unanswered(*_: object) -> bool:
        raise ReadTimeoutError(endpoint_url="https://dynamodb")

    def wait(_files: object, seconds: float) -> None:
        played.clock.time += seconds

    with monkeypatch.context() as patch:
        patch.setattr(Claims, "end", unanswered)
        patch.setattr(played.clock, "wait", wait)
        with pytest.raises(ReadTimeoutError):
            played.take()
    assert 900 < played.clock.time - NOW < 1000
    assert played.take()
    assert (played.ran, [report["outcome"] for report in played.reports]) == ([1], ["interrupted"])


def _mark(client: DynamoDBClient, state: str, **said: str) -> None:
    values = {"state": state, **said}
    client.update_item(
        TableName=TABLE,
        Key={"run": {"S": RUN.id}},
        UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in values),
        ExpressionAttributeNames={f"#{name}": name for name in values},
        ExpressionAttributeValues={f":{name}": {"S": value} for name, value in values.items()},
    )
