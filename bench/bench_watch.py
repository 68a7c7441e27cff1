"""Benchmark of the watch's sweep; run it with `python -m bench.bench_watch`.

The benchmark prints wall time but checks only growth. Four times the ticks must cost about four times as much. The
number of records read must grow with the ticks since the last sweep, not with the history in the ledger.
"""

from __future__ import annotations

import copy
import io
import sys
from contextlib import redirect_stdout
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import TYPE_CHECKING, Any, cast

from aws_facts.arn import Arn
from watch import instants
from watch.due import Deployed
from watch.facts import Facts, JobFacts, ScheduleFacts
from watch.records import JobRecord, ScheduleRecord, Tick
from watch.sweep import Sweep
from watch.watcher import Watcher

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from watch.ledger import TickKey

NOW = datetime(2027, 1, 4, 12, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=400)
TICKS_EACH = 10
"""Ticks per schedule between two sweeps: the schedule is due every minute, and the watch runs late."""
TOPIC = "arn:aws:sns:eu-central-1:123456789012:alerts"
MOST_FOR_GROWTH = 2.0
MOST_SECONDS = 1.0
"""Expected duration of a sweep over 10,000 ticks on an idle core; printed next to the measured duration."""


class CountingLedger:
    """A ledger in memory that counts the records read and written."""

    def __init__(self, records: dict[str, JobRecord], ticks: dict[TickKey, Tick]) -> None:
        """Store the records and the ticks."""
        self._records, self._ticks = records, ticks
        self.reads = self.writes = 0

    def since(self, now: datetime) -> datetime:
        """Return a time long ago, so that the watch is not new."""
        del now
        return LONG_AGO

    def jobs(self, unreadable: object) -> Mapping[str, JobRecord]:
        """Return the record of every job."""
        del unreadable
        self.reads += len(self._records)
        return self._records

    def load(self, job: str, ticks: Sequence[TickKey] = ()) -> tuple[JobRecord, dict[TickKey, Tick]]:
        """Return the record of a job, and some of its ticks."""
        self.reads += 1 + len(ticks)
        return copy.deepcopy(self._records[job]), {key: copy.deepcopy(self._ticks[key]) for key in ticks}

    def save(self, record: JobRecord, ticks: Sequence[Tick], now: datetime) -> bool:
        """Store the record, and count the ticks."""
        del now
        self.writes += 1 + len(ticks)
        self._records[record.job] = record
        return True


class QuietAccount:
    """An account in which every schedule is enabled and nothing is wrong."""

    def __init__(self, names: Sequence[str]) -> None:
        """Deploy these schedules."""
        self._listed = {name: Deployed(enabled=True, changed=LONG_AGO) for name in names}

    def schedules(self, _group: str) -> Mapping[str, Deployed]:
        """Return the deployed schedules, by name."""
        return self._listed


def look(schedules: int, history: int) -> tuple[float, CountingLedger]:
    """Return the seconds of one sweep, and its ledger.

    Each schedule has ten ticks since the last sweep, and `history` ticks before it.
    """
    names = [f"job-{number}" for number in range(schedules)]
    every = ScheduleFacts(expression="cron(* * * * ? *)")
    facts = Facts(
        project="p", stack="s", group="g", rerun="", jobs={name: JobFacts(schedules={name: every}) for name in names}
    )
    horizon = NOW - timedelta(minutes=16)
    seen = [instants.text(horizon - timedelta(minutes=back)) for back in reversed(range(TICKS_EACH))]
    checked = instants.text(horizon - timedelta(minutes=TICKS_EACH))
    records = {
        name: JobRecord(name, schedules={name: ScheduleRecord(checked, list(seen))}, version=1) for name in names
    }
    old = [instants.text(horizon - timedelta(minutes=TICKS_EACH + back)) for back in range(history)]
    ledger = CountingLedger(records, {(name, tick): Tick(name, name, tick) for name in names for tick in old})
    account = cast("Any", QuietAccount(names))
    watch = Watcher(facts, account, cast("Any", ledger), TOPIC, where=Arn.parse(TOPIC), clock=lambda: NOW)
    begin = perf_counter()
    with redirect_stdout(io.StringIO()):
        Sweep(watch).take()
    return perf_counter() - begin, ledger


def best(schedules: int) -> float:
    """Return the seconds of the fastest of three sweeps, which other processes disturbed least."""
    return min(look(schedules, history=0)[0] for _ in range(3))


def main() -> int:
    """Print the results; return 0 when growth is within its bounds, otherwise 1."""
    few, many = best(250), best(1000)
    growth = many / few / 4
    print(f"sweep over {1000 * TICKS_EACH:,} ticks of 1000 schedules: {many:.2f} s (expected: below {MOST_SECONDS} s)")
    print(f"growth from a quarter of the ticks, 1 is linear: {growth:.2f} (at most {MOST_FOR_GROWTH})")
    young, aged = look(50, history=10)[1], look(50, history=1000)[1]
    print(f"records read after a short and a long history: {young.reads}, {aged.reads} (must be equal)")
    print(f"records written: {young.writes}, {aged.writes} (must be equal)")
    sound = growth <= MOST_FOR_GROWTH and (young.reads, young.writes) == (aged.reads, aged.writes)
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
