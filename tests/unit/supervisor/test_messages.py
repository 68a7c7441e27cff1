"""The messages of the launch queue, and when the supervisor is woken."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervision.limits import Limits
from supervision.locks import Lock, Waiter
from tests.unit.supervision.flying import T, running, with_limits
from tests.unit.watch.world import START
from watch import launches, supervising, wakes
from watch.due import Deployed
from watch.facts import ScheduleFacts
from watch.launches import Message
from watch.records import JobRecord, ScheduleRecord
from watch.wakes import Wake, Wakes

NOW = datetime.fromtimestamp(T, UTC)
MESSAGES = st.builds(
    lambda job, rerun, insists: Message(
        job=job, schedule=job, tick="2027-01-04T02:00:00Z", rerun=rerun, insists=insists and bool(rerun)
    ),
    st.sampled_from(("web", "nightly-report")),
    st.sampled_from(("", "0123abcd")),
    st.booleans(),
)


@given(MESSAGES)
def test_a_message_survives_the_queue(message: Message) -> None:
    """What is written is read, also from a dead letter of Scheduler, and of the queue itself."""
    body = launches.written(message)
    assert launches.read(body) == message
    assert launches.read_letter({"QueueUrl": "q", "MessageBody": body}) == message
    assert launches.read_letter(json.loads(body)) == message


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "null",
        "{}",
        '{"job": "../web"}',
        '{"schedule": "web"}',
        '{"schedule": "web", "tick": "soon"}',
        '{"schedule": "web/x", "tick": "2027-01-04T02:00:00Z"}',
        '{"schedule": "web", "tick": "2027-01-04T02:00:00Z", "rerun": "0123"}',
        '{"schedule": 7, "tick": "2027-01-04T02:00:00Z"}',
    ],
)
def test_any_other_text_is_refused(body: str) -> None:
    """Whoever may write to the queue chooses a tick and nothing else."""
    with pytest.raises(ValueError, match="this is no message of the launch queue"):
        launches.read(body)


def test_letters_of_direct_jobs_are_none() -> None:
    """Scheduler's letter has the request of RunTask."""
    assert launches.read_letter({"Cluster": "c", "Overrides": {}}) is None
    assert launches.read_letter({"job": "web"}) == Message(job="web")


@dataclass
class Queue:
    """A queue that keeps what is sent, or refuses it."""

    sent: list[tuple[str, int]] = field(default_factory=list)
    refuses: bool = False

    def send_message(self, *, QueueUrl: str, MessageBody: str, DelaySeconds: int) -> None:  # noqa: N803 - as boto3
        """Keep a message."""
        assert QueueUrl == "launches"
        if self.refuses:
            raise OSError("no network")
        self.sent.append((MessageBody, DelaySeconds))


def test_only_the_near_future_is_sent() -> None:
    """SQS delays for 15 minutes at most. What comes later, the looks send."""
    queue = Queue()
    sender = Wakes("launches", lambda: queue, lambda: NOW)
    sender.send([Wake("web", T - 5), Wake("web", T + 900), Wake("web", T + 901)])
    sender.send([Wake("mail", T + 600), Wake("mail", T + 601)], within=wakes.AHEAD)
    assert queue.sent == [('{"job": "web"}', 0), ('{"job": "web"}', 900), ('{"job": "mail"}', 600)]


def test_a_wake_up_that_cannot_be_sent_costs_time_only(capsys: pytest.CaptureFixture[str]) -> None:
    """The change is saved, and the next look sends it again. A message that must come again is not lost."""
    sender = Wakes("launches", lambda: Queue(refuses=True), lambda: NOW)
    sender.send([Wake("web", T)])
    assert "web: the supervisor was not woken: no network" in capsys.readouterr().out
    with pytest.raises(OSError, match="no network"):
        sender.again(Message(job="web", schedule="web", tick="2027-01-04T02:00:00Z"), 60)


@pytest.mark.parametrize(("awake", "jobs"), [(True, ["mail", "web"]), (False, ["web", "mail", "web"])])
def test_the_supervisor_is_not_woken_for_what_it_does(jobs: list[str], *, awake: bool) -> None:
    """It goes on with the job that it changes, and wakes itself for other jobs and for later."""
    queue = Queue()
    sender = Wakes("launches", lambda: queue, lambda: NOW, awake=awake)
    sender.send_added("web", [Wake("web", T), Wake("mail", T), Wake("web", T + 30)])
    assert [json.loads(body)["job"] for body, _ in queue.sent] == jobs


def test_a_free_lock_wakes_the_job_of_its_first_waiter() -> None:
    """The job that frees it cannot change the other's record."""
    record = JobRecord("web")
    record.traffic.flights = [running(limits=with_limits(timeout=60))]
    waiters = [Waiter("mail/2", "mail", "2", T + 60), Waiter("push/1", "push", "1", T + 60)]
    record.traffic.locks = {"books": Lock("books", waiters=waiters), "stock": Lock("stock", holder="x/1", job="x")}
    assert wakes.needed(record, NOW) == [Wake("web", T + 70), Wake("push", T)]
    assert wakes.needed(JobRecord("web"), NOW) == []
    assert wakes.added([Wake("web", 1)], [Wake("web", 1), Wake("web", 2)]) == [Wake("web", 2)]


ABSENT: dict[str, Any] = {
    "facts": ScheduleFacts(expression="cron(0/10 * * * ? *)"),
    "limits": Limits(start_deadline=1500),
    "record": ScheduleRecord(),
    "found": Deployed(enabled=True, changed=START - timedelta(days=1)),
    "since": START - timedelta(hours=1),
    "now": START + timedelta(minutes=22),
}


@pytest.mark.parametrize(
    ("changed", "minutes"),
    [
        ({}, [0, 10, 20]),
        ({"now": START + timedelta(minutes=21)}, [0, 10]),
        ({"facts": ScheduleFacts(expression="cron(0/10 * * * ? *)", window=5)}, [0, 10]),
        ({"limits": Limits(start_deadline=300)}, [20]),
        ({"record": ScheduleRecord(checked="2027-01-04T00:00:00Z")}, [10, 20]),
        ({"record": ScheduleRecord(seen=["2027-01-04T00:10:00Z"])}, [0, 20]),
        ({"since": START + timedelta(minutes=5)}, [10, 20]),
        ({"found": Deployed(enabled=True, changed=START + timedelta(minutes=9, seconds=30))}, [20]),
        ({"found": Deployed(enabled=False, changed=START - timedelta(days=1))}, []),
        ({"facts": ScheduleFacts(expression="rate(10 minutes)")}, []),
    ],
)
def test_ticks_whose_messages_did_not_come(changed: dict[str, Any], minutes: list[int]) -> None:
    """Those that are due for two minutes, are not known, and may still begin."""
    wanted = [f"2027-01-04T00:{minute:02}:00Z" for minute in minutes]
    assert supervising.absent(**{**ABSENT, **changed}) == wanted
