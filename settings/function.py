"""The type `Function`: an existing Lambda function that runs a job, and the limits of its field."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, Field

from aws_facts.function_name import LATEST, FunctionName

FUNCTION, HANDLER = "[function]", "[handler]"
"""The tags of the types that a job's function may have."""
_ARN = re.compile(
    r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[a-zA-Z0-9_-]{1,64}(:(?P<qualifier>[a-zA-Z0-9$_-]{1,128}))?"
)
"""ARNs of functions (Lambda API reference, CreateAlias, FunctionName), with or without a version."""
_VERSION = re.compile(r"\$LATEST|[0-9]+")


def _is_a_function(text: str) -> str:
    found = _ARN.fullmatch(text)
    if found is None:
        raise ValueError(
            "must be the ARN of a function, such as arn:aws:lambda:eu-central-1:123456789012:function:rates, or of one "
            "of its versions, such as arn:aws:lambda:eu-central-1:123456789012:function:rates:7"
        )
    qualifier = found["qualifier"]
    if qualifier is not None and not _VERSION.fullmatch(qualifier):
        function = text.removesuffix(f":{qualifier}")
        raise ValueError(
            f"is an alias, and an alias cannot point to another one; name the function, whose newest code then runs "
            f"({function}), or one of its versions ({function}:7)"
        )
    return text


FunctionOrVersion = Annotated[str, Field(strict=True), AfterValidator(_is_a_function)]


@dataclass(frozen=True)
class Function:
    """An existing function of the stack's account and region, which runs the job in place of a container.

        JOB = Job(
            name="import-rates",
            function=Function("arn:aws:lambda:eu-central-1:123456789012:function:rates"),
            owner="finance",
        )

    The program gives the function an alias, through which it is invoked, and changes nothing else of it.
    """

    arn: FunctionOrVersion
    """The ARN of the function, of which the newest code runs, or of one of its versions."""

    @property
    def name(self) -> str:
        """The function's name."""
        return FunctionName.of_arn(self.arn).name

    @property
    def version(self) -> str:
        """The version that runs: a number, or `$LATEST`."""
        return FunctionName.of_arn(self.arn).qualifier or LATEST
