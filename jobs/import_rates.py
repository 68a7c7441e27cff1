"""Imports exchange rates from the bank's file."""

from settings import Job

JOB = Job(
    name="import-rates",
    description="Import the day's exchange rates",
    command=["python", "manage.py", "import_rates"],
    owner="finance",
    runbook="https://wiki.example.com/runbooks/import-rates",
)
