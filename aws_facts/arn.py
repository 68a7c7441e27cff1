"""Amazon Resource Names: read one, and write another in the same partition, region and account."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self


@dataclass(frozen=True)
class Arn:
    """`arn:<partition>:<service>:<region>:<account>:<resource>` (AWS General Reference, Amazon Resource Names)."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the parts of an ARN; ValueError when the text is not an ARN."""
        parts = text.split(":", 5)
        if len(parts) != 6 or parts[0] != "arn":  # noqa: PLR2004 - the six parts of the docstring
            raise ValueError(f"'{text}' is not an ARN")
        return cls(*parts[1:])

    def sibling(self, service: str, resource: str) -> str:
        """Return the ARN of another resource in the same partition, region and account."""
        return str(replace(self, service=service, resource=resource))

    def __str__(self) -> str:
        """Return the ARN in AWS's notation."""
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"
