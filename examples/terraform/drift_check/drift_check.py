"""Fails when the account differs from what its Terraform configuration declares."""

from settings import Image, Job

JOB = Job(
    name="drift-check",
    description="Compare the account with its Terraform configuration",
    image=Image(
        "123456789012.dkr.ecr.eu-central-1.amazonaws.com/drift-check:1.4",
        task_role="arn:aws:iam::123456789012:role/drift-check",
    ),
    command=["sh", "drift.sh"],
    owner="platform",
    cpu=512,
    memory=1024,
)
