"""Fails when this stack was changed outside Pulumi."""

from settings import Job

JOB = Job(
    name="drift-check",
    description="Compare this stack with the account; fails when they differ",
    command=["pulumi", "preview", "--refresh", "--expect-no-changes", "--non-interactive"],
    placement="pulumi",
    owner="platform",
    runbook="https://www.pulumi.com/docs/iac/cli/commands/pulumi_refresh/",
)
