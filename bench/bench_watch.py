"""Figures for the watch's look: `python -m bench.bench_watch` prints them.

Wall time is printed and never judged; what is judged is growth: four times the ticks cost about four times as much,
and what is read grows with the ticks since the last look and not with the history in the ledger.
"""

from __future__ import annotations

import copy
import io
import sys
from contextlib import redirect_stdout
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import TYPE_CHECKING, Any, cast

from aws.arn import Arn
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
"""Ticks of a schedule between two looks: those of one that is due every minute, and a watch that was late."""
TOPIC = "arn:aws:sns:eu-central-1:123456789012:alerts"
MOST_FOR_GROWTH = 2.0
MOST_SECONDS = 1.0
"""What a look at 10,000 ticks is meant to take on an idle core; printed beside what it took."""


class CountingLedger:
    """A ledger in memory that counts what is read and written."""

    def __init__(self, records: dict[str, JobRecord], ticks: dict[TickKey, Tick]) -> None:
        """Hold these."""
        self._records, self._ticks = records, ticks
        self.reads = self.writes = 0

    def since(self, now: datetime) -> datetime:
        """Have looked for ever."""
        del now
        return LONG_AGO

    def jobs(self) -> Mapping[str, JobRecord]:
        """Read every job."""
        self.reads += len(self._records)
        return self._records

    def load(self, job: str, ticks: Sequence[TickKey] = ()) -> tuple[JobRecord, dict[TickKey, Tick]]:
        """Read a job and ticks."""
        self.reads += 1 + len(ticks)
        return copy.deepcopy(self._records[job]), {key: copy.deepcopy(self._ticks[key]) for key in ticks}

    def save(self, record: JobRecord, ticks: Sequence[Tick], now: datetime) -> bool:
        """Write them."""
        del now
        self.writes += 1 + len(ticks)
        self._records[record.job] = record
        return True


class QuietAccount:
    """An account in which every schedule is enabled and nothing is wrong."""

    def __init__(self, names: Sequence[str]) -> None:
        """Have these schedules."""
        self._listed = {name: Deployed(enabled=True, changed=LONG_AGO) for name in names}

    def schedules(self, _group: str) -> Mapping[str, Deployed]:
        """List them."""
        return self._listed


def look(schedules: int, history: int) -> tuple[float, CountingLedger]:
    """Sweep at schedules of which each had ten ticks since the last look and `history` before; give the seconds."""
    names = [f"job-{number}" for number in range(schedules)]
    every = ScheduleFacts(expression="cron(* * * * ? *)")
    facts = Facts(
        project="p", stack="s", group="g", rerun="", jobs={name: JobFacts(schedules={name: every}) for name in names}
    )
    horizon = NOW - timedelta(minutes=16)
    seen = [instants.text(horizon - timedelta(minutes=back)) for back in reversed(range(TICKS_EACH))]
    checked = instants.text(horizon - timedelta(minutes=TICKS_EACH))
    records = {name: JobRecord(name, {name: ScheduleRecord(checked, list(seen))}, version=1) for name in names}
    old = [instants.text(horizon - timedelta(minutes=TICKS_EACH + back)) for back in range(history)]
    ledger = CountingLedger(records, {(name, tick): Tick(name, name, tick) for name in names for tick in old})
    account = cast("Any", QuietAccount(names))
    watch = Watcher(facts, account, cast("Any", ledger), TOPIC, where=Arn.parse(TOPIC), clock=lambda: NOW)
    begin = perf_counter()
    with redirect_stdout(io.StringIO()):
        Sweep(watch).take()
    return perf_counter() - begin, ledger


def best(schedules: int) -> float:
    """Return the least of three times, which disturbs the machine least."""
    return min(look(schedules, history=0)[0] for _ in range(3))


def main() -> int:
    """Print the figures; 1 when one grows too much."""
    few, many = best(250), best(1000)
    growth = many / few / 4
    print(f"look at {1000 * TICKS_EACH:,} ticks of 1000 schedules: {many:.2f} s (meant: below {MOST_SECONDS} s)")
    print(f"growth from a quarter of them, 1 is linear: {growth:.2f} (at most {MOST_FOR_GROWTH})")
    young, aged = look(50, history=10)[1], look(50, history=1000)[1]
    print(f"records read after a short and a long history: {young.reads}, {aged.reads} (the same)")
    print(f"records written: {young.writes}, {aged.writes} (the same)")
    sound = growth <= MOST_FOR_GROWTH and (young.reads, young.writes) == (aged.reads, aged.writes)
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
