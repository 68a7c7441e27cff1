"""Who gets which alerts: endpoints of a topic, and the filter policies that route to them. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws.arn import Arn

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One that is told. Where a list is empty, everything passes; where several are given, all must."""

    protocol: str
    """`email`, `https`, `sqs` or `lambda`; `http` on loopback."""
    to: str
    """An address, or the ARN of a queue or function. Of https it is kept secret: such addresses carry tokens."""
    classes: Sequence[str] = ()
    owners: Sequence[str] = ()
    jobs: Sequence[str] = ()
    severities: Sequence[str] = ()

    @property
    def secret(self) -> bool:
        """Whether the address is shown to nobody."""
        return self.protocol in {"http", "https"}

    @property
    def label(self) -> str:
        """Tell it apart in logical names, without giving a secret away."""
        if self.secret:
            return f"https-{hashlib.sha256(self.to.encode()).hexdigest()[:8]}"
        if self.to.startswith("arn:"):
            arn = Arn.parse(self.to)
            return f"{self.protocol}-{arn.account}-{arn.region}-{arn.resource.removeprefix('function:')}"
        return f"{self.protocol}-{self.to}"

    def filter_policy(self) -> dict[str, list[str]]:
        """Write the filter on message attributes (SNS Developer Guide, "Message filtering"); empty for none."""
        wanted = {"class": self.classes, "owner": self.owners, "job": self.jobs, "severity": self.severities}
        return {name: sorted(values) for name, values in wanted.items() if values}
