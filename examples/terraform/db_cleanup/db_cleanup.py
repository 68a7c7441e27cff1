"""Deletes expired sessions at night, from an image of its own."""

from settings import Image, Job

JOB = Job(
    name="db-cleanup",
    description="Delete sessions that expired 30 days ago",
    image=Image("123456789012.dkr.ecr.eu-central-1.amazonaws.com/db-cleanup:1.4"),
    command=["sh", "cleanup.sh"],
    owner="data",
    cpu=512,
    memory=1024,
)
