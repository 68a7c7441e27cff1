"""Endpoints of the alert topic, and the filter policies that route alerts to them. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aws_facts.arn import Arn

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """An endpoint that gets alerts. An alert must match an item of every list that is not empty."""

    protocol: str
    """`email`, `https`, `sqs` or `lambda`; `http` on loopback."""
    to: str
    """An address, or the ARN of a queue or function. An https address is secret, since it often contains a token."""
    classes: Sequence[str] = ()
    owners: Sequence[str] = ()
    jobs: Sequence[str] = ()
    severities: Sequence[str] = ()

    @property
    def secret(self) -> bool:
        """Whether the address is secret."""
        return self.protocol in {"http", "https"}

    @property
    def label(self) -> str:
        """The part of logical names that identifies the endpoint. It does not show a secret address."""
        if self.secret:
            return f"https-{hashlib.sha256(self.to.encode()).hexdigest()[:8]}"
        if self.to.startswith("arn:"):
            arn = Arn.parse(self.to)
            return f"{self.protocol}-{arn.account}-{arn.region}-{arn.resource.removeprefix('function:')}"
        return f"{self.protocol}-{self.to}"

    def filter_policy(self) -> dict[str, list[str]]:
        """Return the filter on message attributes (SNS Developer Guide, "Message filtering"); empty without lists."""
        wanted = {"class": self.classes, "owner": self.owners, "job": self.jobs, "severity": self.severities}
        return {name: sorted(values) for name, values in wanted.items() if values}


def shown(address: str) -> str:
    """Return an endpoint's address as people may see it: the path of a web address is often a secret."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.hostname}/..." if parts.scheme in {"http", "https"} else address
