"""Computes the cache of best sellers, several times per hour."""

from settings import Job

JOB = Job(
    name="refresh-cache",
    description="Compute the best sellers again",
    command=["python", "manage.py", "refresh_cache"],
    owner="shop",
    launch_retries=1,
)
