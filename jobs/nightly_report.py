"""Sums up yesterday's orders for the morning."""

from settings import Job

JOB = Job(
    name="nightly-report",
    description="Sum up yesterday's orders for the morning report",
    command=["python", "manage.py", "build_report", "--for", "yesterday"],
    environment={"REPORT_FORMAT": "csv"},
    owner="data",
    runbook="https://wiki.example.com/runbooks/nightly-report",
)
