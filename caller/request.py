"""The request that a launch sends to the receiver. Pure."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TOLD = ("job", "schedule", "tick", "attempt", "launch", "rerun", "trigger", "callback")
"""What the receiver gets of a launch's event, as far as the event has it."""
_ID_DIGITS = 32


def body(event: Mapping[str, Any], run: str, jobs: Sequence[str]) -> bytes:
    """Return the body. `run` names the invocation, and `jobs` the functions that the receiver runs."""
    told = {name: event[name] for name in _TOLD if event.get(name)}
    return json.dumps({"jobs": list(jobs), **told, "run": run}, separators=(",", ":")).encode()


def headers(name: str) -> dict[str, str]:
    """Return the headers, without those that prove the request. `name` is the id of the launch."""
    return {"Content-Type": "application/json", "Idempotency-Key": name}


def launch_id(alias: str, event: Mapping[str, Any]) -> str:
    """Return the id of a launch, which two deliveries of its event share and no other launch has.

    The ARN of the alias keeps stacks of one name in several accounts and regions apart. The id has hexadecimal digits
    only, because a dot would make the signed text ambiguous (Standard Webhooks, "Signature scheme").
    """
    parts = (alias, event["schedule"], event["tick"], event.get("rerun", ""), str(event["launch"]))
    return hashlib.sha256("/".join(parts).encode()).hexdigest()[:_ID_DIGITS]
