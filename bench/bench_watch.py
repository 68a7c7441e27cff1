"""Benchmark of the watch's sweep; run it with `python -m bench.bench_watch [SCHEDULES]`, by default 1000 schedules.

The benchmark prints wall time but checks only growth. Four times the ticks must cost about four times as much. The
number of records read must grow with the ticks since the last sweep, not with the history in the ledger. Account and
ledger are those of the watch's tests, in memory.
"""

from __future__ import annotations

import io
import sys
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import perf_counter

from tests.unit.watch import world
from watch import instants
from watch.facts import JobFacts, ScheduleFacts
from watch.records import JobRecord, ScheduleRecord, Tick

NOW = datetime(2027, 1, 4, 12, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=400)
TICKS_EACH = 10
"""Ticks per schedule between two sweeps: the schedule is due every minute, and the watch runs late."""
FEW_SCHEDULES = 50
"""Schedules of the sweeps whose records are counted."""
MOST_FOR_GROWTH = 2.0
MOST_SECONDS = 1.0
"""Expected duration of a sweep over 10,000 ticks on an idle core; printed next to the measured duration."""


@dataclass(frozen=True)
class Swept:
    """What a sweep needed."""

    seconds: float
    reads: int
    """Records read."""
    writes: int
    """Records written."""


def sweep(schedules: int, history: int) -> Swept:
    """Take one sweep. Each schedule has ten ticks since the last sweep, and `history` ticks before it."""
    names = [f"job-{number}" for number in range(schedules)]
    every = ScheduleFacts(expression="cron(* * * * ? *)")
    stack = world.World(world.facts(jobs={name: JobFacts(schedules={name: every}) for name in names}))
    stack.now = NOW
    horizon = NOW - timedelta(minutes=16)
    last_sweep = horizon - timedelta(minutes=TICKS_EACH)
    seen = [instants.text(horizon - timedelta(minutes=back)) for back in reversed(range(TICKS_EACH))]
    old = [instants.text(last_sweep - timedelta(minutes=back)) for back in range(history)]
    stack.ledger.since(LONG_AGO)
    stack.ledger.note_check(last_sweep, supervises=False)
    for name in names:
        record = JobRecord(name, schedules={name: ScheduleRecord(instants.text(last_sweep), list(seen))})
        stack.ledger.save(record, [Tick(name, name, tick) for tick in old], last_sweep)
    reads, writes = stack.ledger.reads, written(stack.ledger)
    begin = perf_counter()
    with redirect_stdout(io.StringIO()):
        stack.look()
    return Swept(perf_counter() - begin, stack.ledger.reads - reads, written(stack.ledger) - writes)


def written(ledger: world.Ledger) -> int:
    """Return how many records have been written: each time, the version of the record rises by one."""
    jobs = sum(record.version for record in ledger.all_jobs().values())
    return jobs + sum(tick.version for tick in ledger.all_ticks().values())


def best(schedules: int) -> float:
    """Return the seconds of the fastest of three sweeps, which other processes disturbed least."""
    return min(sweep(schedules, history=0).seconds for _ in range(3))


def main() -> int:
    """Print the results; return 0 when growth is within its bounds, otherwise 1."""
    most = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    few, many = best(most // 4), best(most)
    growth = many / few / 4
    print(f"sweep over {most * TICKS_EACH:,} ticks of {most} schedules: {many:.2f} s", end="")
    print(f" (expected for 10,000 ticks: below {MOST_SECONDS} s)")
    print(f"growth from a quarter of the ticks, 1 is linear: {growth:.2f} (at most {MOST_FOR_GROWTH})")
    young, aged = sweep(FEW_SCHEDULES, history=10), sweep(FEW_SCHEDULES, history=1000)
    print(f"records read after a short and a long history: {young.reads}, {aged.reads} (must be equal)")
    print(f"records written: {young.writes}, {aged.writes} (must be equal)")
    sound = growth <= MOST_FOR_GROWTH and (young.reads, young.writes) == (aged.reads, aged.writes)
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
