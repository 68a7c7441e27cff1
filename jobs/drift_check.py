"""Tells when somebody changed this stack behind Pulumi's back."""

from settings import Job

JOB = Job(
    name="drift-check",
    description="Compare this stack with the account; fails when they differ",
    command=["pulumi", "preview", "--refresh", "--expect-no-changes", "--non-interactive"],
    placement="pulumi",
    owner="platform",
    runbook="https://www.pulumi.com/docs/iac/cli/commands/pulumi_refresh/",
)
