"""Processes claim a tick in a real Redis server: one of them works, and the fencing token shows who has lost."""

from __future__ import annotations

import json
import signal
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import redis
from redis.crc import key_slot

from scheduled_jobs_worker import RedisStore
from scheduled_jobs_worker.redis_store import FINISHED
from scheduled_jobs_worker.runs import Run, Verdict
from tests.processes.emulator.world import ACCOUNT, REGION
from tests.processes.worker.fleet import GROUP, TABLE, Fleet, Job
from tests.redis_server import redis_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.loopback import Served

PAST = "2026-11-26T02:00:00Z"
RUN = Run("hello", "hello", datetime(2026, 11, 26, 2, tzinfo=UTC))
KEY, COUNTER = f"scheduled-jobs:{{shop/hello}}:{RUN.id}", "scheduled-jobs:{shop/hello}:token"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Served]:
    """Return a Redis server that has given the token 0, and has no other data."""
    with redis_server(tmp_path) as made:
        with redis.Redis(port=made.port) as client:
            client.set(COUNTER, 0)
        yield made


@pytest.fixture
def client(server: Served) -> Iterator[redis.Redis]:
    """Return a client of the server."""
    with redis.Redis(port=server.port, decode_responses=True) as made:
        yield made


class Contenders:
    """Processes of a service with a cron of its own."""

    def __init__(self, workers: Fleet, server: Served, store: Path) -> None:
        """Make the store to which they write."""
        self.workers = workers
        self.store = store
        settings = {"REDIS_PORT": str(server.port), "LEASE": "3", "STORE": str(store), "TICK": PAST}
        self.workers.variables |= settings
        with closing(sqlite3.connect(store, isolation_level=None)) as rates:
            rates.execute("CREATE TABLE rates (token INTEGER, writer INTEGER)")
            rates.execute("INSERT INTO rates VALUES (0, 0)")

    def start(self) -> Job:
        """Start a process, and wait until it listens."""
        self.workers.start_module("tests.processes.worker.contender")
        return self.workers.job()

    def writer(self) -> int:
        """Return who has written last."""
        with closing(sqlite3.connect(self.store)) as rates:
            (found,) = rates.execute("SELECT writer FROM rates").fetchone()
        return int(found)


@pytest.fixture
def contenders(workers: Fleet, server: Served, tmp_path: Path) -> Contenders:
    """Return a service without processes."""
    return Contenders(workers, server, tmp_path / "rates")


def asked(process: Job, order: str) -> dict[str, Any]:
    """Ask a process for something, and return its answer."""
    process.order(order)
    return dict(json.loads(process.line()))


def test_one_of_three_works(contenders: Contenders) -> None:
    """One of three has the tick, and when it has ended, nobody gets it again. The ledger hears of one run."""
    contenders.workers.variables["LEASE"] = "600"
    three = [contenders.start() for _ in range(3)]
    for process in three:
        process.order("ask")
    answers = [json.loads(process.line()) for process in three]
    assert sorted(answer["token"] or 0 for answer in answers) == [0, 0, 1]
    (holder,) = [process for process, answer in zip(three, answers, strict=True) if answer["token"]]
    others = [process for process in three if process is not holder]
    assert asked(holder, "write") == {"lost": False, "written": True}
    assert [asked(process, "ask") for process in others] == [{"token": None}] * 2
    assert asked(holder, "end") == {"ended": True}
    assert [asked(process, "ask") for process in three] == [{"token": None}] * 3
    assert contenders.workers.told == [(1, "started", ""), (1, "ended", "good")]
    table = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{TABLE}"
    assert {report["run"] for report in contenders.workers.reports} == {f"{table}/{RUN.id}"}


def test_killed_holder(contenders: Contenders) -> None:
    """When the process with the tick is killed, another one gets it after the expiry, with a greater token."""
    first, second = contenders.start(), contenders.start()
    assert asked(first, "ask") == {"token": 1}
    contenders.workers.signal(first, signal.SIGKILL)
    assert first.has_ended()
    assert asked(second, "ask until it is mine") == {"token": 2}
    assert asked(second, "end") == {"ended": True}
    assert contenders.workers.told == [(1, "started", ""), (1, "started", ""), (1, "ended", "good")]


def test_expiry_passes_while_the_holder_works(contenders: Contenders) -> None:
    """A process that was suspended has lost its tick: its token is refused, and the ledger does not hear its end."""
    first, second = contenders.start(), contenders.start()
    assert asked(first, "ask") == {"token": 1}
    assert asked(first, "write") == {"lost": False, "written": True}
    contenders.workers.signal(first, signal.SIGSTOP)
    assert asked(second, "ask until it is mine") == {"token": 2}
    assert asked(second, "write") == {"lost": False, "written": True}
    contenders.workers.signal(first, signal.SIGCONT)
    assert asked(first, "write") == {"lost": True, "written": False}
    assert asked(first, "end") == {"ended": True}
    assert contenders.writer() == second.told["pid"]
    assert asked(second, "end") == {"ended": True}
    assert contenders.workers.told == [(1, "started", ""), (1, "started", ""), (1, "ended", "good")]


def test_keys(client: redis.Redis) -> None:
    """A claim expires unless it is extended; a finished tick stays for a day; the tokens stay for ever."""
    store = RedisStore(client, GROUP)
    assert store.claim(RUN, "me") == 1
    held = Run(**{**vars(RUN), "token": 1})
    assert client.get(KEY) == "1:me"
    assert 0 < client.pttl(KEY) <= 60_000
    client.pexpire(KEY, 10_000)
    assert store.extend(held, "me")
    assert client.pttl(KEY) > 10_000
    assert store.claim(RUN, "me") == 1, "an answer that was lost"
    assert store.claim(RUN, "other") is None
    assert not store.extend(held, "other")
    assert not store.end(held, "other", Verdict("good"))
    assert store.end(held, "me", Verdict("good"))
    assert (client.get(KEY), client.get(COUNTER)) == ("ended", "1")
    assert 60_000 < client.pttl(KEY) <= FINISHED * 1000
    assert client.pttl(COUNTER) == -1
    assert not store.extend(held, "me")
    assert store.claim(RUN, "me") is None


def test_tokens_after_a_loss_of_data(client: redis.Redis) -> None:
    """A store that has seen the tokens from before takes those that follow: the first one is the time."""
    client.flushall()
    before = time.time()
    first = RedisStore(client, GROUP).claim(RUN, "me")
    assert first is not None
    assert int(before) < first <= time.time() + 1
    client.delete(KEY)
    assert RedisStore(client, GROUP).claim(RUN, "other") == first + 1


def test_end_after_the_expiry(client: redis.Redis) -> None:
    """A process that ends its work after the expiry, before anybody else has the tick, has done it for all."""
    store = RedisStore(client, GROUP)
    assert store.claim(RUN, "me") == 1
    client.delete(KEY)
    held = Run(**{**vars(RUN), "token": 1})
    assert not store.extend(held, "me")
    assert store.end(held, "me", Verdict("good"))
    assert store.claim(RUN, "other") is None


def test_keys_of_a_cluster() -> None:
    """The keys of a job are in one slot, as the scripts need it."""
    assert key_slot(KEY.encode()) == key_slot(COUNTER.encode())
