"""Twenty jobs that do what they should for a week: nobody is told anything, and the ledger has every tick.

A day is a test of its own, since a test that takes two minutes is taken for one that hangs.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.engine.account import REGION
from watch.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.engine.conftest import Sandbox
    from tests.engine.program import Program

STACK = "week"
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
ONCE = timedelta(days=2, hours=12)
"""After the week's beginning."""
SCHEDULES: dict[str, Any] = {
    **{f"daily-{n}": f"cron({7 * n % 60} {n} * * ? *)" for n in range(8)},
    **{f"weekday-{n}": {"cron": f"{n} 6 ? * MON-FRI *", "timezone": "America/New_York"} for n in range(3)},
    **{f"window-{n}": {"cron": f"0 {n + 9} * * ? *", "window": "30 minutes"} for n in range(2)},
    "six-hours": "rate(6 hours)",
    "hours": {"rate": "5 hours"},
    "often": "cron(0/30 8-9 * * ? *)",
    "once": {},
    "weekly": "cron(0 4 ? * SUN *)",
    "several": {"early": {"cron": "0 1 * * ? *"}, "evening": {"cron": "0 23 * * ? *"}},
    "disabled": {"cron": "0 * * * ? *", "enabled": False},
}
TICKS = {
    **{f"daily-{n}": 7 for n in range(8)},
    **{f"weekday-{n}": 5 for n in range(3)},
    **{f"window-{n}": 7 for n in range(2)},
    "six-hours": 28,
    "hours": 33,
    "often": 28,
    "once": 1,
    "weekly": 1,
    "several.early": 7,
    "several.evening": 7,
}
"""Of a week from Monday midnight on, in which no clock is changed; a rate counts from its deployment."""


@pytest.fixture(scope="module")
def week(sandbox: Sandbox, make_program: Callable[[str], Program]) -> Iterator[Program]:
    """Deploy the twenty jobs; take them away when the week is over."""
    now = datetime.fromisoformat(sandbox.client.get("status")["now"])
    monday = now.replace(hour=0, minute=0) + timedelta(days=-now.weekday() % 7)
    monday += timedelta(days=0 if monday >= now else 7)
    sandbox.advance(monday - now)
    program = make_program(STACK)
    program.write_jobs(
        files={
            name.replace("-", "_"): "from settings import Job\n\n"
            f"JOB = Job(name={name!r}, owner='data', command=['true'])\n"
            for name in SCHEDULES
        }
    )
    program.write_config(
        {
            "aws:region": REGION,
            "scheduled-jobs:placements": {"default": {"service": {"cluster": "sandbox", "name": "web"}}},
            "scheduled-jobs:schedules": {**SCHEDULES, "once": {"at": f"{monday + ONCE:%Y-%m-%dT%H:%M:%S}"}},
            "scheduled-jobs:alerts": {"email": ["on-call@example.com"]},
        }
    )
    program.up()
    yield program
    assert program.run("destroy").code == 0


@pytest.mark.parametrize("day", DAYS)
def test_nobody_is_told_anything(sandbox: Sandbox, week: Program, day: str) -> None:
    """At the end of each day no message was sent to anybody."""
    sandbox.advance(timedelta(days=1))
    assert f"{datetime.fromisoformat(sandbox.client.get('status')['now']) - timedelta(days=1):%A}" == day
    assert [mail for mail in sandbox.client.get("mail") if f":scheduled-jobs-{STACK}-" in mail["topic"]] == []
    assert week.stack.name == STACK


def test_ledger_has_every_tick(sandbox: Sandbox, week: Program) -> None:
    """In the ledger every tick of the week is good, and there is no other."""
    sandbox.advance(timedelta(minutes=30))
    table = week.stack.run("stack", "output", "ledger", quiet=True).strip()
    ledger = Ledger(sandbox.account.client("dynamodb"), table, 90)
    ticks = {name: ledger.ticks(name) for name in [*TICKS, "disabled"]}
    outcomes = {name: Counter(tick.outcome for tick in found) for name, found in ticks.items()}
    assert outcomes == {**{name: Counter(good=count) for name, count in TICKS.items()}, "disabled": Counter()}
