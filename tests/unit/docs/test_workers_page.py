"""The page on services has the expressions, the numbers, the code and the messages of the library."""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

import scheduled_jobs_worker
from scheduled_jobs_worker import (
    Run,
    attending,
    aws,
    claims,
    handling,
    instants,
    job_process,
    logs,
    names,
    outages,
    runs,
    worker,
)
from scheduled_jobs_worker.messages import Message
from scheduled_jobs_worker.reports import Reporter
from settings import InProcess, Job
from settings import Worker as WorkerJob

CHECKOUT = Path(__file__).parents[3]
PAGE = (CHECKOUT / "docs/workers.md").read_text(encoding="utf-8")
LINES = {line.strip() for line in PAGE.splitlines()}
CODE = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
JSON: list[Any] = [
    json.loads(block) for block in re.findall(r"^```json\n(\{\n.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
]


@pytest.mark.parametrize(
    "expression",
    [claims.TOKEN, claims.BEGIN, claims.EXTEND, claims.END_WITH_CODE, claims.LOSE, claims.TAKE_OVER],
)
def test_expressions(expression: str) -> None:
    """The page has each expression that the library writes."""
    assert expression in LINES


@pytest.mark.parametrize(
    "condition", [claims.BEGIN_IF, claims.EXTEND_IF, claims.END_IF, claims.LOSE_IF, claims.TAKE_OVER_IF]
)
def test_conditions(condition: str) -> None:
    """The page has each condition, on which the promise rests."""
    assert f"if {condition}" in LINES


@pytest.mark.parametrize(
    "words",
    [
        f"`WaitTimeSeconds` {aws.POLL} and `VisibilityTimeout` {handling.VISIBILITY}",
        f"`lease` in {claims.LEASE:g} seconds, and `expires` in {claims.KEPT // 86400} days",
        f"Every {attending.HEARTBEAT:g} seconds, extend the lease by {claims.LEASE:g} seconds",
        f"at most {runs.LONGEST_REASON} characters",
        f"the grace, {worker._GRACE:g} seconds by default",
        f"`{names.GROUP}`",
        f"`{names.PLACEMENT}`",
    ],
)
def test_numbers(words: str) -> None:
    """The numbers of the page are those of the library."""
    assert words in PAGE


def test_numbers_in_words() -> None:
    """So are those that stand there in words."""
    assert (attending.MARGIN, job_process.STOP_PATIENCE) == (10, 5)
    assert "kills the job ten seconds before the lease is over" in PAGE
    assert "SIGKILL follows five seconds later" in PAGE


def test_events() -> None:
    """The page names the events of the log."""
    used = set()
    for module in (attending, handling, logs, worker, outages):
        used |= set(re.findall(r'(?:trouble|news)\("([a-z-]+)"|"event": "([a-z-]+)"', inspect.getsource(module)))
    assert {f"`{a}`" for a, _ in used if a} | {f'"{b}"' for _, b in used if b} <= set(
        re.findall(r'`[a-z-]+`|"[a-z-]+"', PAGE)
    )


def test_code() -> None:
    """The code of the page is valid: the job files make jobs, and the modules of the service compile."""
    jobs = []
    for block in CODE:
        names_of: dict[str, Any] = {}
        compiled = compile(block, "docs/workers.md", "exec")
        if "JOB = " in block:
            exec(compiled, names_of)  # noqa: S102 - the page's own code
            jobs.append(names_of["JOB"])
    assert [type(job) for job in jobs] == [Job, Job]
    assert [type(job.worker or job.in_process) for job in jobs] == [WorkerJob, InProcess]


def test_imports() -> None:
    """What the page imports of the library, it has."""
    imported = re.findall(r"from scheduled_jobs_worker import (.*)", PAGE)
    assert imported
    assert {name for line in imported for name in line.split(", ")} <= set(scheduled_jobs_worker.__all__)


def test_message() -> None:
    """The message of the page is one that a worker takes; its run is shortened."""
    message, _ = JSON
    assert message["run"].endswith("…")
    whole = names.run_id(message["schedule"], message["tick"], "", message["launch"])
    queue = message["run"].rpartition("/")[0]
    assert Message.read(json.dumps({**message, "run": f"{queue}/{whole}"})).timeout == 300


def test_report() -> None:
    """The report of the page has the members of one that the library sends."""
    _, report = JSON
    client = Mock()
    run = Run("import-rates", "import-rates", instants.read(report["tick"]))
    verdict = runs.Verdict("failed", None, "ValueError: no rates for 2026-11-26")
    Reporter(client, "shop", report["worker"]).ended(run, report["run"], verdict, report["started"], report["at"])
    assert json.loads(client.invoke.call_args.kwargs["Payload"]) == report
