"""Fetches the rates into the service, every five minutes."""

from settings import Http, Job

JOB = Job(
    name="sync-rates",
    description="Fetch the rates that the service keeps in memory and Redis",
    http=Http("shop"),
    owner="shop",
    timeout="45s",
    overlap="skip",
)
