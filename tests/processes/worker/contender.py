"""A process with a cron of its own, which claims a tick in Redis when the test says so.

What it does, it writes to a store that refuses a smaller token than the greatest that it has seen.
"""

from __future__ import annotations

import json
import os
import socket
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, TextIO

import redis

from scheduled_jobs_worker import HeldRun, RedisStore, once

if TYPE_CHECKING:
    from collections.abc import Callable

WRITE = "UPDATE rates SET token = :token, writer = :writer WHERE token <= :token"


def main() -> None:
    """Do what the test asks, and answer each order with a line."""
    client = redis.Redis(port=int(os.environ["REDIS_PORT"]))
    store = RedisStore(client, lease=float(os.environ["LEASE"]))
    with socket.create_connection(("127.0.0.1", int(os.environ["TEST_PORT"]))) as test, test.makefile("r") as orders:

        def tell(**said: object) -> None:
            test.sendall(json.dumps(said).encode() + b"\n")

        tell(pid=os.getpid())
        for order in orders:
            held = False
            while not held:
                with once("hello", os.environ["TICK"], store) as run:
                    held = run is not None
                    if run is not None:
                        _work(run, orders, tell)
                if order == "ask\n":
                    break
            tell(ended=True) if held else tell(token=None)


def _work(run: HeldRun, orders: TextIO, tell: Callable[..., None]) -> None:
    tell(token=run.token)
    for order in orders:
        match order.strip():
            case "write":
                with closing(sqlite3.connect(os.environ["STORE"], isolation_level=None)) as rates:
                    found = rates.execute(WRITE, {"token": run.token, "writer": os.getpid()})
                    tell(lost=run.lost, written=found.rowcount == 1)
            case "end":
                return


if __name__ == "__main__":
    main()
