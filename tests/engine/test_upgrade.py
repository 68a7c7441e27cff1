"""A stack that an older version of this program has deployed takes an `up` of today's, with tasks in flight."""

from __future__ import annotations

import dataclasses
import io
import subprocess
import tarfile
from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from emulator.fault_injection.faults import Fault, Kind
from sandbox.session import CHECKOUT
from tests.engine.account import REGION
from tests.engine.program import Change, Program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from tests.engine.conftest import Sandbox

JOBS = ("lasting", "steady")
FILE = 'from settings import Job\n\nJOB = Job(name="{name}", owner="data", command=["echo", "{name}"])\n'
IMAGED = "imaged"
"""A job with an image of its own, where the older version could have one."""
IMAGED_FILE = f"""from settings import Image, Job

JOB = Job(name="{IMAGED}", owner="data", command=["echo", "{IMAGED}"], image=Image("registry.example.com/app:1"))
"""
RENEWED: set[Change] = {("update", kind, "jobs-watch") for kind in ("Function", "RolePolicy")}
"""What every `up` from before holds and supervised jobs changes: the watch's code, and what it may do."""
HARDENED: set[Change] = {
    *RENEWED,
    *(("create", "QueuePolicy", f"jobs-{queue}") for queue in ("dead-letters", "given-up")),
}
"""What every `up` from before the hardening changes."""
VERSIONS: dict[str, set[Change]] = {
    "5c10cee": {
        *HARDENED,
        *(("create", "TableItem", job) for job in JOBS),
        *(("delete", kind, job) for kind in ("EventRule", "EventTarget") for job in JOBS),
        *(("create", kind, "jobs-watch-runs") for kind in ("EventRule", "EventTarget", "Permission")),
        ("create", "Permission", "jobs-watch-look"),
        ("delete", "Permission", "jobs-watch-rules"),
        *(("create", kind, "jobs-watch-alarms") for kind in ("EventRule", "EventTarget")),
        *(("create", "MetricAlarm", f"jobs-watch-watch-{alarm}") for alarm in ("events-lost", "gave-up", "looks-lost")),
        *(("update", "MetricAlarm", f"jobs-watch-{alarm}") for alarm in ("dead-letters-waiting", "watch-failing")),
        ("update", "MetricAlarm", "jobs-watch-watch-blind"),
        *(("delete", "MetricAlarm", f"jobs-watch-{alarm}") for alarm in ("dead-letters-given-up", "watch-silent")),
        *(("update", "TopicPolicy", topic) for topic in ("jobs-alerts", "jobs-problems")),
        *(("update", kind, "jobs-watch") for kind in ("Dashboard", "FunctionEventInvokeConfig")),
    },
    "4cf42e2": {
        *HARDENED,
        ("update", "EventRule", "jobs-watch-runs"),
        *(("update", "TopicPolicy", topic) for topic in ("jobs-alerts", "jobs-problems")),
    },
    "5aa3a3a": RENEWED,
    "f0e7c24": {("update", kind, "jobs-watch") for kind in ("Function", "RolePolicy")},
    "2d37cd2": {("update", "Function", "jobs-watch")},
    "886c434": {("update", "Function", "jobs-watch")},
}
"""What the `up` from an older commit changes. No schedule and no launch role is among it.

5c10cee is the last commit before jobs had items in the ledger, and before the group had one rule for all of them.
4cf42e2 is the last one before the policies of queues and topics denied requests without TLS.
5aa3a3a is the last one before jobs could be supervised and held.
f0e7c24 is the last one before a job could be paused by its failures, and before one could have an image of its own.
2d37cd2 is the last one before the kinds of jobs were joined at one seam.
886c434 is the last one before a service could run jobs: on request, in its workers, or by its timers.
"""
WITH_IMAGES = frozenset({"2d37cd2", "886c434"})
"""The versions in which a job can have an image of its own."""


def files(commit: str) -> dict[str, str]:
    """Return the files of the jobs by name."""
    imaged = {IMAGED: IMAGED_FILE} if commit in WITH_IMAGES else {}
    return {**{name: FILE.format(name=name) for name in JOBS}, **imaged}


def files_of(commit: str) -> bytes:
    """Return the files of an older version, where the history of this checkout has it."""
    done = subprocess.run(
        ["git", "archive", commit],  # noqa: S607 - as `make preview BASE=` does
        cwd=CHECKOUT,
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        pytest.skip(f"the history of this checkout does not have {commit}")
    return done.stdout


def config(jobs: Iterable[str]) -> dict[str, Any]:
    """Return a stack config in which one job runs every ten minutes, and each other one every hour."""
    return {
        "aws:region": REGION,
        "scheduled-jobs:placements": {"default": {"service": {"cluster": "sandbox", "name": "web"}}},
        "scheduled-jobs:schedules": {
            name: "cron(0/10 * * * ? *)" if name == "steady" else "cron(0 * * * ? *)" for name in jobs
        },
        "scheduled-jobs:alerts": {"email": ["upgraded@example.com"]},
    }


def mails(sandbox: Sandbox, stack: str, topic: str) -> list[dict[str, Any]]:
    """Return the mails of one of a stack's topics."""
    return [mail for mail in sandbox.client.get("mail") if mail["topic"].endswith(f":scheduled-jobs-{stack}-{topic}")]


@pytest.mark.parametrize(("commit", "changes"), VERSIONS.items(), ids=VERSIONS)
def test_upgrade_with_tasks_in_flight(
    sandbox: Sandbox,
    make_program: Callable[[str], Program],
    tmp_path: Path,
    commit: str,
    changes: set[Change],
) -> None:
    """No schedule changes, each tick runs once, and the failure in flight is alerted once, with the job's owner."""
    stack, known, jobs = f"from-{commit}", len(sandbox.client.get("runs")), files(commit)
    now = datetime.fromisoformat(sandbox.client.get("status")["now"])
    sandbox.advance(now.replace(minute=0, second=0) + timedelta(hours=1) - now)  # an hour's tick is still to come
    with tarfile.open(fileobj=io.BytesIO(files_of(commit))) as archive:
        archive.extractall(tmp_path / "old", filter="data")
    old = Program(tmp_path / "old", sandbox.session, sandbox.server, stack)
    for name in ("cleanup", "drift_check", "export_orders", "import_rates", "nightly_report", "refresh_cache"):
        (old.source / "jobs" / f"{name}.py").unlink()
    for name, file in jobs.items():
        (old.source / "jobs" / f"{name}.py").write_text(file)
    old.write_config(config(jobs))
    old.up()

    for fault in (Fault(Kind.HANG, seconds=40 * 60.0), Fault(Kind.EXIT, code=3)):
        sandbox.client.send("POST", "faults", {**dataclasses.asdict(fault), "job": "lasting", "times": 1})
    hang = Fault(Kind.HANG, seconds=40 * 60.0, job=IMAGED)
    sandbox.client.send("POST", "faults", {**dataclasses.asdict(hang), "times": 1})
    runs = sandbox.advance(timedelta(hours=1, minutes=5))
    assert sorted(run["job"] for run in runs if run["status"] == "RUNNING") == sorted(jobs.keys() - {"steady"})

    new = make_program(stack)
    new.write_jobs(files=jobs)
    new.write_config(config(jobs))
    problems = len(mails(sandbox, stack, "problems"))
    upgraded = new.up()
    assert upgraded.changes == changes
    assert new.up().changes == set()

    runs += sandbox.advance(timedelta(hours=2))
    own = [run for run in sandbox.client.get("runs")[known:] if run["job"] in jobs]
    assert set(Counter((run["schedule"], run["tick"]) for run in own).values()) == {1}
    assert {(run["job"], run["exitCode"]) for run in own} == {("lasting", 3), *((name, 0) for name in jobs)}
    assert sum(run["exitCode"] == 3 for run in own) == 1
    alerts = mails(sandbox, stack, "alerts")
    assert [mail["subject"] for mail in alerts] == [
        f"[{stack}] lasting failed: exit code 3",
        f"[{stack}] lasting has recovered; 1 tick still has no good run",
    ]
    assert {mail["attributes"]["owner"] for mail in alerts} == {'["data"]'}
    assert len(mails(sandbox, stack, "problems")) == problems
    sandbox.client.send("DELETE", "faults")
    assert new.run("destroy").code == 0
