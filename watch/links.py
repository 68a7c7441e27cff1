"""Addresses in AWS's console."""

from __future__ import annotations

from urllib.parse import quote

_DOMAINS = {"aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com"}
_CONSOLE = "console.aws.amazon.com"


def schedule(partition: str, region: str, group: str, name: str) -> str:
    """Return the address of a schedule."""
    return f"{_regional(partition, region)}/scheduler/home?region={region}#schedules/{_once(group)}/{_once(name)}"


def task_definition(partition: str, region: str, family: str) -> str:
    """Return the address of the revisions of a task definition."""
    return f"{_regional(partition, region)}/ecs/v2/task-definitions/{_once(family)}?region={region}"


def tasks(partition: str, region: str, cluster: str) -> str:
    """Return the address of a cluster's tasks."""
    return f"{_regional(partition, region)}/ecs/v2/clusters/{_once(cluster)}/tasks?region={region}"


def function(partition: str, region: str, name: str) -> str:
    """Return the address of a Lambda function."""
    return f"{_regional(partition, region)}/lambda/home?region={region}#/functions/{_once(name)}"


def role(partition: str, name: str) -> str:
    """Return the address of a role."""
    return f"https://{_DOMAINS.get(partition, _CONSOLE)}/iam/home#/roles/details/{_once(name)}"


def log_stream(partition: str, region: str, group: str, stream: str) -> str:
    """Return the address of a log stream. The console expects names encoded twice, with `$` for `%`."""
    return (
        f"{_regional(partition, region)}/cloudwatch/home?region={region}"
        f"#logsV2:log-groups/log-group/{_twice(group)}/log-events/{_twice(stream)}"
    )


def log_search(partition: str, region: str, group: str, words: str) -> str:
    """Return the address of the lines of a log group that have these words, which must be quoted for a filter."""
    return (
        f"{_regional(partition, region)}/cloudwatch/home?region={region}"
        f"#logsV2:log-groups/log-group/{_twice(group)}/log-events$3FfilterPattern$3D{_twice(words)}"
    )


def _regional(partition: str, region: str) -> str:
    return f"https://{region}.{_DOMAINS.get(partition, _CONSOLE)}"


def _once(name: str) -> str:
    return quote(name, safe="")


def _twice(name: str) -> str:
    return quote(quote(name, safe=""), safe="").replace("%", "$")
