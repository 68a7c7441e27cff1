"""Values as a stack file can hold them, near enough to what is accepted that validation gets deep."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

WORDS = (
    "off",
    "rate(1 day)",
    "cron(0 2 * * ? *)",
    "at(2027-01-01T00:00:00)",
    "15 minutes",
    "0 2 * * ? *",
    "2027-01-01T00:00:00",
    "9999-12-31T23:59:59-14:00",
    "Europe/Berlin",
    "default",
    "JOB_NAME",
    "FARGATE",
    "subnet-1",
    "sg-1",
    "a@example.com",
    "https://example.com",
    "arn:aws:iam::111122223333:role/a",
    "a\nb",
    "\ud800",
    "",
)
KEYS = (
    *("placements", "schedules", "defaults", "alerts", "tags", "iam", "default", "nightly-report", "a", "Not A Name"),
    *("service", "cluster", "name", "project", "stack", "output", "taskDefinition", "container", "subnets"),
    *("securityGroups", "assignPublicIp", "capacity", "taskRoles", "cron", "rate", "at", "timezone", "window"),
    *(
        "start",
        "end",
        "enabled",
        "environment",
        "cpu",
        "memory",
        "placement",
        "email",
        "https",
        "permissionsBoundary",
        "kmsKey",
    ),
)

scalars: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(WORDS) | st.text(max_size=8)
)
keys = st.sampled_from(KEYS) | st.text(max_size=8)
values: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)
