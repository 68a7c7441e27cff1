"""Deletes old sessions in small batches, so that no other work waits for a lock."""

from settings import Job

JOB = Job(
    name="cleanup",
    description="Delete sessions that expired 30 days ago",
    command=["python", "manage.py", "delete_expired", "--older-than", "30d", "--batch", "500"],
    owner="platform",
)
