"""Benchmark of `python -m ops list`; run it with `python -m bench.bench_list [JOBS ...]`, by default 100 and 1000 jobs.

It types the command against the embedded AWS, on a stack of that many jobs, each with a schedule and a latest tick. It
deploys one job, and copies what AWS and the ledger have of it. It fails when the command takes too long, or makes more
calls than the answers have pages.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import TYPE_CHECKING, Any

from components.watch_args import WatchArgs
from sandbox.environment import aws_environment, process_environment
from sandbox.session import CHECKOUT
from tests.components import stacks, watching
from tests.components.embedded import PROJECT, REGION, STACK, make_network, make_platform, serving
from tests.credentials import SESSION
from watch import instants
from watch.function_variables import LEDGER
from watch.ledger import Ledger
from watch.records import JobRecord, ScheduleRecord, Tick
from watch.table import BODY, DEPLOYED, KEY, SORT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.components.embedded import EmbeddedCloud

RUNS = 3
"""The fastest one counts, which other processes disturbed least."""
MOST_SECONDS = 3.0
"""Wall time of the command on an idle machine, whatever the number of jobs."""
FIXED_CALLS = 7
"""Calls for one job: function, items, records, schedules, holds, latest ticks, last check."""
PAGE = 100
"""Schedules in an answer of ListSchedules, and items in one of BatchGetItem (their API references)."""
QUERIED = 1024 * 1024
"""Bytes in an answer of Query (DynamoDB API reference). A job has an item and a record."""
MOST_BYTES = 4096
"""Of an item and a record of a job, together."""
GROUP = f"{PROJECT}-{STACK}"
FIRST = "job-0000"


@dataclass(frozen=True)
class Listed:
    """What the command needed."""

    seconds: float
    calls: Counter[str]
    """Calls by operation."""


class Jobs:
    """A stack of jobs that are alike."""

    def __init__(self, cloud: EmbeddedCloud) -> None:
        """Deploy the first job."""
        cloud.run(_program)
        found = cloud.client("lambda").get_function_configuration(FunctionName=watching.FUNCTION)
        self._cloud = cloud
        self._table = found["Environment"]["Variables"][LEDGER]
        self._schedule = cloud.client("scheduler").get_schedule(GroupName=GROUP, Name=FIRST)
        key = {KEY: {"S": DEPLOYED}, SORT: {"S": FIRST}}
        self._item = cloud.client("dynamodb").get_item(TableName=self._table, Key=key)["Item"]
        self._ledger = Ledger(cloud.client("dynamodb"), self._table, 90)
        self._ledger.note_check(datetime.now(UTC), supervises=False)
        self._note_tick(FIRST)
        self._count = 1

    def grow(self, count: int) -> None:
        """Have so many jobs."""
        for number in range(self._count, count):
            self._copy(f"job-{number:04}")
        self._count = count

    def _copy(self, name: str) -> None:
        kept = ("GroupName", "ScheduleExpression", "ScheduleExpressionTimezone", "FlexibleTimeWindow", "Target")
        self._cloud.client("scheduler").create_schedule(Name=name, **{one: self._schedule[one] for one in kept})
        facts = self._item[BODY]["S"].replace(FIRST, name)
        item = {**self._item, SORT: {"S": name}, BODY: {"S": facts}}
        self._cloud.client("dynamodb").put_item(TableName=self._table, Item=item)
        self._note_tick(name)

    def _note_tick(self, name: str) -> None:
        now = datetime.now(UTC)
        tick = instants.text(now.replace(minute=0, second=0) - timedelta(hours=1))
        record = JobRecord(name, schedules={name: ScheduleRecord(checked=tick, seen=[tick])})
        self._ledger.save(record, [Tick(name, name, tick, "good")], now)

    def list(self) -> Listed:
        """Type the command."""
        calls = self._cloud.embedded.gateway.calls
        calls.clear()
        begin = perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "ops", "list", "--group", GROUP, "--region", REGION, "--json"],
            cwd=CHECKOUT,
            env={**process_environment(), **aws_environment(self._cloud.clients.endpoint_url, REGION, SESSION)},
            stdout=subprocess.PIPE,
            check=True,
        )
        seconds = perf_counter() - begin
        rows: list[dict[str, Any]] = json.loads(done.stdout)["schedules"]
        if [row["lastOutcome"] for row in rows] != ["good"] * self._count:
            raise SystemExit(f"the command lists {len(rows)} schedules, or no latest ticks")
        return Listed(seconds, Counter(f"{call.service}:{call.operation}" for call in calls))


def _program() -> None:
    declared = stacks.group(watch=WatchArgs(placements=[watching.WATCHED_PLACEMENT]))
    stacks.job(declared, name=FIRST, log_groups=watching.LOG_GROUPS)


def most_calls(jobs: int) -> int:
    """Return the calls that the pages of the answers need at most."""
    return FIXED_CALLS + 2 * (math.ceil(jobs / PAGE) - 1) + jobs * MOST_BYTES // QUERIED


def measure(cloud: EmbeddedCloud, counts: Sequence[int]) -> dict[int, Listed]:
    """List a stack of each of these numbers of jobs, which rise."""
    jobs = Jobs(cloud)
    found = {}
    for count in counts:
        jobs.grow(count)
        found[count] = min((jobs.list() for _ in range(RUNS)), key=lambda listed: listed.seconds)
    return found


def main() -> int:
    """Print the results; return 0 when they are within their bounds, otherwise 1."""
    with serving() as cloud:
        make_network(cloud)
        make_platform(cloud)
        measured = measure(cloud, [int(text) for text in sys.argv[1:]] or [100, 1000])
    sound = True
    for count, listed in measured.items():
        calls, most = listed.calls.total(), most_calls(count)
        print(f"{count:5} jobs: {listed.seconds:.1f} s (at most {MOST_SECONDS}), {calls} calls (at most {most})")
        sound &= listed.seconds <= MOST_SECONDS and calls <= most
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
