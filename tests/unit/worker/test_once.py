"""Of all processes that ask for a tick, one does the work; when it is lost, another one with a greater token."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from queue import Queue
from typing import TYPE_CHECKING, Any

import pytest
import redis
import redis.asyncio
from botocore.exceptions import EndpointConnectionError

from scheduled_jobs_worker import DynamoDbStore, RedisStore, names, once
from scheduled_jobs_worker.ledger import Ledger
from scheduled_jobs_worker.once import HeldRun
from scheduled_jobs_worker.place import Place
from scheduled_jobs_worker.runs import Run
from tests.unit.worker.table import GROUP, TABLE, MovedClock, ToldLedger

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TICK = "2027-01-04T00:00:00Z"
WHEN = datetime(2027, 1, 4, tzinfo=UTC)
ID = names.run_id("hello", TICK, "", 1)
BEGAN = {
    "run": f"claims/{ID}",
    "schedule": "hello",
    "tick": TICK,
    "launch": 1,
    "rerun": "",
    "worker": "host",
    "state": "started",
    "at": TICK,
}


class _Store(DynamoDbStore):
    """A store that tells of each extension, and may fail."""

    def __init__(self, clock: MovedClock) -> None:
        super().__init__(GROUP, clock=clock)
        self.clock = clock
        self.ledger = self.told = ToldLedger()  # type: ignore[assignment]
        self.extended: Queue[bool] = Queue()
        self.fails = False

    def extend(self, run: Run, holder: str) -> bool:
        """Extend, and tell."""
        found = not self.fails and super().extend(run, holder)
        self.extended.put(found)
        if self.fails:
            raise OSError("not now")
        return found


@pytest.fixture
def clock() -> MovedClock:
    """Return a clock that stands still."""
    return MovedClock()


@pytest.fixture
def store(client: DynamoDBClient, clock: MovedClock) -> _Store:
    """Return a store on the table."""
    return _Store(clock)


def test_one_process_has_a_tick(store: _Store, clock: MovedClock) -> None:
    """One gets the run, the others None, also when it has ended, and the ledger hears of it once."""
    with once("hello", WHEN, store, clock=clock) as run:
        assert isinstance(run, HeldRun)
        assert (run.job, run.schedule, run.tick, run.launch, run.token) == ("hello", "hello", WHEN, 1, 1)
        assert not run.lost
        with once("hello", TICK, store, clock=clock) as other:
            assert other is None
        clock.time += 7
    with once("hello", TICK, store, clock=clock) as late:
        assert late is None
    with once("hello", "2027-01-04T00:01:00Z", store, clock=clock) as following:
        assert following is not None
        assert following.token == 2
    end = {"state": "ended", "at": "2027-01-04T00:00:07Z", "started": TICK}
    how = {"outcome": "good", "exit_code": None, "reason": ""}
    assert store.told.reports[:2] == [BEGAN, {**BEGAN, **end, **how}]


def test_schedule_of_several(store: _Store) -> None:
    """A job with several schedules names the one whose tick it is."""
    with once("hello", TICK, store, schedule="hello.night", clock=store.clock) as run:
        assert run is not None
        assert run.schedule == "hello.night"
    with once("hello", TICK, store, clock=store.clock) as other:
        assert other is not None


@pytest.mark.parametrize(
    ("error", "outcome", "reason"),
    [(ValueError("no rates"), "failed", "ValueError: no rates"), (SystemExit(0), "good", "")],
)
def test_error_in_the_block(store: _Store, error: BaseException, outcome: str, reason: str) -> None:
    """An error ends the run as failed, and goes on to the caller."""
    with pytest.raises(type(error)), once("hello", TICK, store, clock=store.clock):
        raise error
    assert (store.told.reports[1]["outcome"], store.told.reports[1]["reason"]) == (outcome, reason)
    with once("hello", TICK, store, clock=store.clock) as again:
        assert again is None


def test_long_work_keeps_its_tick(store: _Store, clock: MovedClock) -> None:
    """While a process works it extends its lease, so that nobody else gets the tick."""
    with once("hello", TICK, store, clock=clock) as run:
        assert run is not None
        for _ in range(8):
            clock.time += 15
            assert store.extended.get(timeout=20)
        with once("hello", TICK, store, clock=clock) as other:
            assert other is None
        assert not run.lost


def test_process_that_hangs_loses_its_tick(store: _Store, clock: MovedClock) -> None:
    """Another process gets the tick when the lease is over, with a greater token. The first one tells nothing."""
    store.fails = True
    with once("hello", TICK, store, clock=clock) as run:
        assert run is not None
        clock.time += 49
        before = run.lost
        clock.time += 1
        assert (before, run.lost) == (False, True)
        with once("hello", TICK, store, clock=clock) as early:
            assert early is None
        clock.time += 10
        with once("hello", TICK, store, clock=clock) as other:
            assert other is not None
            assert (run.token, other.token) == (1, 2)
    assert [report["state"] for report in store.told.reports] == ["started", "started", "ended"]
    assert store.told.reports[2]["at"] == "2027-01-04T00:01:00Z"


def test_block_that_gives_up_is_interrupted(store: _Store, clock: MovedClock, client: DynamoDBClient) -> None:
    """A block that has heard that its lease is over leaves work undone. So its end is not good.

    That holds even if nobody else has taken the tick, and the lease could be extended again.
    """
    store.fails = True
    with once("hello", TICK, store, clock=clock) as run:
        assert run is not None
        clock.time += 50
        assert run.lost
        store.fails = False
        while not store.extended.get(timeout=20):
            pass
        assert run.lost
    reason = "its lease was over before the work was done, and it was told so"
    assert (store.told.reports[1]["outcome"], store.told.reports[1]["reason"]) == ("interrupted", reason)
    item = client.get_item(TableName=TABLE, Key={"run": {"S": ID}})["Item"]
    assert (item["state"]["S"], item["outcome"]["S"]) == ("ended", "interrupted")


def test_process_that_has_lost_learns_it(store: _Store, clock: MovedClock, client: DynamoDBClient) -> None:
    """A process whose tick another one has is told so with its next extension, whatever its own clock says."""
    with once("hello", TICK, store, clock=clock) as run:
        assert run is not None
        client.update_item(
            TableName=TABLE,
            Key={"run": {"S": ID}},
            UpdateExpression="SET holder = :other",
            ExpressionAttributeValues={":other": {"S": "other"}},
        )
        clock.time += 15
        assert not store.extended.get(timeout=20)
        for thread in threading.enumerate():
            if thread.name == "lease of hello":
                thread.join()
        assert run.lost


def test_reports_that_fail_do_not_fail_the_work(store: _Store) -> None:
    """The work is done whether the watch hears of it or not."""
    store.told.client.invoke.side_effect = EndpointConnectionError(endpoint_url="https://lambda")
    with once("hello", TICK, store, clock=store.clock) as run:
        assert run is not None
    assert len(store.told.reports) == 2


def test_account_that_is_not_known_at_the_start(store: _Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A report without the run's name would be refused. The report of the end has all that the first one would have."""
    name, fails = store.told.name, [EndpointConnectionError(endpoint_url="https://sts")]

    def late(run: Run) -> str:
        if fails:
            raise fails.pop()
        return name(run)

    monkeypatch.setattr(store.told, "name", late)
    with once("hello", TICK, store, clock=store.clock) as run:
        assert run is not None
    [report] = store.told.reports
    assert (report["run"], report["state"], report["outcome"]) == (f"claims/{ID}", "ended", "good")


@pytest.mark.parametrize(
    ("job", "tick", "schedule", "wrong"),
    [
        ("", TICK, "", "'' is not a name like"),
        ("Hello", TICK, "", "'Hello' is not a name like"),
        ("hello\n", TICK, "", r"'hello\\n' is not a name like"),
        (None, TICK, "", "None is not a name like"),
        ("hello", TICK, "other", "'other' is not a name like .*; pass the name of a schedule of the job 'hello'$"),
        ("hello", TICK, "hello.Night", "'hello.Night' is not a name like"),
        ("hello", TICK, 7, "7 is not a name like"),
        ("hello", None, "", "tick: None; must be an instant such as this_minute"),
        ("hello", 1799020800, "", "tick: 1799020800; must be an instant"),
        ("hello", WHEN.date(), "", "tick: datetime.date"),
        ("hello", "2027-01-04", "", "'2027-01-04' is not an instant such as"),
        (
            "hello",
            "2027-01-04T00:05:01Z",
            "",
            "tick: 2027-01-04T00:05:01Z is still to come: it is 2027-01-04T00:00:00Z",
        ),
        ("hello", "2027-02-30T00:00:00Z", "", "'2027-02-30T00:00:00Z' is not an instant such as"),
    ],
)
def test_what_cannot_be_a_tick(store: _Store, job: Any, tick: Any, schedule: Any, wrong: str) -> None:  # noqa: ANN401 - mistakes
    """The watch would not take the reports, so the work would be done and nobody would know."""
    with pytest.raises(ValueError, match=f"^{wrong}"), once(job, tick, store, schedule=schedule, clock=store.clock):
        raise AssertionError
    assert store.told.reports == []


@pytest.mark.parametrize("lease", [0, -1, 5.9, "60", None, float("nan"), float("inf"), 86401])
def test_leases_that_keep_nobody_away(lease: Any) -> None:  # noqa: ANN401 - a mistake
    """A lease that the table rounds down to less than its process believes in gives a tick to two."""
    with pytest.raises(ValueError, match=f"^lease: {lease!r}; must be a number of seconds from 6 to 86400$"):
        DynamoDbStore(GROUP, lease=lease)
    with pytest.raises(ValueError, match=r"^lease: 0.5; must be a number of seconds from 1 to 86400$"):
        RedisStore(redis.Redis(), GROUP, lease=0.5)


@pytest.mark.parametrize("client", [None, "redis://localhost", redis.asyncio.Redis()])
def test_clients_that_are_none(client: object) -> None:
    """The mistake is told when the store is made, not when the first tick comes."""
    with pytest.raises(TypeError, match=r"must be a client of Redis that waits, such as redis\.Redis"):
        RedisStore(client, GROUP)


def test_many_at_once(store: _Store, clock: MovedClock) -> None:
    """However many ask at the same moment, one works."""
    began: Queue[int] = Queue()
    ready = threading.Barrier(8)

    def ask() -> None:
        ready.wait()
        with once("hello", TICK, store, clock=clock) as run:
            if run is not None:
                began.put(run.token)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert began.qsize() == 1


def test_name_of_a_run(monkeypatch: pytest.MonkeyPatch, client: DynamoDBClient) -> None:
    """The ledger knows a run by the ARN of the table; the account is that of the task, or AWS is asked."""
    run = Run("hello", "hello", WHEN)
    table = "arn:aws:dynamodb:eu-central-1:{}:table/shop-claims/" + ID
    assert Ledger(GROUP).name(run) == table.format("123456789012")
    here = Place("arn:aws:ecs:eu-central-1:210987654321:task/web/0a", "210987654321")
    monkeypatch.setattr(Place, "here", lambda: here)
    assert Ledger(GROUP).name(run) == table.format("210987654321")
