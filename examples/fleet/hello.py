"""Says hello from one of the servers."""

from settings import Http, Job

JOB = Job(
    name="hello",
    description="Say hello from one of the servers",
    http=Http("fleet"),
    owner="platform",
    timeout="25s",
    retries=2,
    overlap="skip",
)
