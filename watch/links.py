"""Addresses in AWS's console."""

from __future__ import annotations

from urllib.parse import quote

_DOMAINS = {"aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com"}
_CONSOLE = "console.aws.amazon.com"


def log_stream(partition: str, region: str, group: str, stream: str) -> str:
    """Return the address of a log stream. The console expects names encoded twice, with `$` for `%`."""
    domain = _DOMAINS.get(partition, _CONSOLE)
    return (
        f"https://{region}.{domain}/cloudwatch/home?region={region}"
        f"#logsV2:log-groups/log-group/{_twice(group)}/log-events/{_twice(stream)}"
    )


def _twice(name: str) -> str:
    return quote(quote(name, safe=""), safe="").replace("%", "$")
