"""Tests that the alerts in the pages are those that are sent."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from textwrap import dedent
from typing import Any

from aws_facts.arn import Arn
from watch import email_text, instants
from watch.alert import Setting, compose
from watch.enrichment import Found
from watch.facts import Facts, JobFacts, ScheduleFacts
from watch.links import log_stream
from watch.records import Message, Run, Tick

CHECKOUT = Path(__file__).parents[3]
PLACE = "eu-central-1:123456789012"


def mail(job: str, stack: str, tick: datetime, ran: tuple[int, int], line: list[str], **fields: Any) -> str:  # noqa: ANN401
    """Return the subject and the body of an alert of a run that failed with exit code 3."""
    known = JobFacts(
        owner=fields.pop("owner"),
        runbook=f"https://wiki.example.com/runbooks/{job}",
        schedules={job: ScheduleFacts(expression=fields.pop("expression"), timezone="Europe/Berlin")},
    )
    facts = Facts(
        project="scheduled-jobs",
        stack=stack,
        group=f"scheduled-jobs-{stack}",
        rerun=f"python -m ops rerun --stack {stack} {{schedule}} --tick {{tick}}",
        jobs={job: known},
    )
    started, stopped = (instants.text(tick + timedelta(seconds=seconds)) for seconds in ran)
    run = Run(
        f"arn:aws:ecs:{PLACE}:task/{stack}/0af3",
        4,
        "STOPPED",
        started=started,
        stopped=stopped,
        exit_code=3,
        stop_code="EssentialContainerExited",
        reason="Essential container in task exited",
        outcome="failed",
    )
    found = Found(log_url=log_stream("aws", "eu-central-1", "/x", "y"), lines=line, enabled=True)
    message = Message(job, "alert", "failed", job, instants.text(tick), **fields)
    where = Arn.parse(f"arn:aws:lambda:{PLACE}:function:x")
    alert = compose(
        message, job, Tick(job, job, instants.text(tick), runs={"0af3": run}), found, Setting(facts, where, tick)
    )
    body = re.sub(r"log-group/\S+", "log-group/…", email_text.body(alert))
    return f"{email_text.subject(alert)}\n{body}"


def shown(page: str) -> list[str]:
    """Return the indented blocks of a page, without their indentation and with the same end of the log's address."""
    text = (CHECKOUT / page).read_text(encoding="utf-8")
    blocks = re.findall(r"(?:^(?:    .*)?\n)+", text, re.MULTILINE)
    return [re.sub(r"log-group/\S+", "log-group/…", dedent(block).strip("\n")) for block in blocks]


def test_sample_of_the_page_on_alerts() -> None:
    """The page on alerts shows a mail as it is sent."""
    tick = datetime(2026, 11, 27, tzinfo=UTC)
    lines = ["build_report: 41,000 orders read", "build_report: no exchange rate for 2026-11-26"]
    sent = mail(
        *("nightly-report", "production", tick, (12, 280), lines),
        owner="data",
        expression="cron(0 1 * * ? *)",
        since="2026-11-26T00:00:00Z",
        failures=2,
        last_good="2026-11-25T00:00:00Z",
    )
    subject, _, body = sent.partition("\n")
    assert f"Subject: {subject}\n\n{body}".strip() in shown("docs/alerts.md")


def test_sample_of_the_readme() -> None:
    """The README shows the mail of the sandbox as it is sent."""
    tick = datetime(2026, 11, 26, 4, tzinfo=UTC)
    file = "rates-of-the-bank.csv"
    line = f"import_rates: {file}: cannot be read: [Errno 2] No such file or directory: '{file}'"
    sent = mail(
        *("import-rates", "sandbox", tick, (0, 0), [line]),
        owner="finance",
        expression="cron(0 5 * * ? *)",
        since=instants.text(tick),
    )
    assert sent.strip() in shown("README.md")
