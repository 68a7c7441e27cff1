"""Mails the weekly digest, once."""

from settings import Job

JOB = Job(
    name="send-digest",
    description="Mail the digest of the week",
    command=["node", "scripts/send_digest.js"],
    owner="marketing",
    placement="shop",
    timeout="1h",
    overlap="skip",
    done_by="10:30",
)
