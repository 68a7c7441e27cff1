"""Old sessions, deleted in small batches so that nothing waits on a lock."""

from settings import Job

JOB = Job(
    name="cleanup",
    description="Delete sessions that expired 30 days ago",
    command=["python", "manage.py", "delete_expired", "--older-than", "30d", "--batch", "500"],
    owner="platform",
)
