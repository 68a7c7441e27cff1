"""Clients of AWS that give up while a lease still lasts."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

ERRORS = (BotoCoreError, ClientError)
"""What AWS's client raises when a call fails."""

_CONNECT, _READ = 3.0, 5.0
"""Seconds. A call that hangs must not keep the worker from its other duties."""
POLL = 20
"""Seconds of a long poll (SQS API reference, ReceiveMessage, WaitTimeSeconds: at most 20)."""


def client(service: str, region: str | None = None, *, read: float = _READ) -> Any:  # noqa: ANN401 - boto3's clients have no types
    """Return a client of a service; `read` are the seconds that it waits for an answer."""
    retries = {"total_max_attempts": 2, "mode": "standard"}
    config = Config(connect_timeout=_CONNECT, read_timeout=read, retries=retries)  # type: ignore[arg-type]
    session = boto3.session.Session(region_name=region)
    return session.client(service, config=config)  # type: ignore[call-overload]


def code(error: Exception) -> str:
    """Return AWS's code of a failed call, or the type of an error that came from no service."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", "ClientError"))
    return type(error).__name__
