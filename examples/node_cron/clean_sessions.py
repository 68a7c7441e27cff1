"""Deletes old sessions at night, in a container of its own."""

from settings import Job

JOB = Job(
    name="clean-sessions",
    description="Delete sessions that have expired",
    command=["node", "scripts/clean_sessions.js"],
    owner="shop",
    placement="shop",
    timeout="2h",
    retries=2,
    done_by="06:00",
)
