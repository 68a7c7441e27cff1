"""Names of Lambda functions, and of their versions and aliases, in the forms that Lambda's operations take."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Self

from aws_facts.arn import Arn

LATEST = "$LATEST"
"""The qualifier of the version that can be changed."""
_FORM = re.compile(
    r"(arn:(?P<partition>[a-z-]+):lambda:(?P<region>[a-z0-9-]+):)?"
    r"((?P<account>\d{12}):)?(function:)?"
    r"(?P<name>[a-zA-Z0-9-_.]+)(:(?P<qualifier>\$LATEST|[a-zA-Z0-9-_]+))?"
)


@dataclass(frozen=True)
class FunctionName:
    """A function, or a version or an alias of it (Lambda API reference, FunctionName)."""

    function: str
    """The ARN of the function."""
    qualifier: str | None = None
    """The version or the alias; None for the function itself."""

    @classmethod
    def parse(cls, text: str, place: Arn) -> Self:
        """Return the function that a name, a partial ARN or an ARN names; ValueError when it names none.

        The partition, the region and the account that the text lacks are those of `place`.
        """
        found = _FORM.fullmatch(text)
        if found is None:
            raise ValueError(f"'{text}' does not name a Lambda function")
        given = {part: found[part] for part in ("partition", "region", "account") if found[part]}
        arn = replace(place, **given, service="lambda", resource=f"function:{found['name']}")
        return cls(str(arn), found["qualifier"])

    @classmethod
    def of_arn(cls, text: str) -> Self:
        """Return the function of an ARN; ValueError when it is not the ARN of one."""
        return cls.parse(text, Arn.parse(text))

    @property
    def name(self) -> str:
        """The name of the function."""
        return self.function.rpartition(":")[2]

    def __str__(self) -> str:
        """Return the ARN with the qualifier, if there is one."""
        return self.function if self.qualifier is None else f"{self.function}:{self.qualifier}"
