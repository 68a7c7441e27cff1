"""The type `Handler`: a folder of this project that becomes a Lambda function, and the limits of its fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from aws_facts.function_code import LARGEST_ENVIRONMENT, LARGEST_MEMORY, SMALLEST_MEMORY
from settings.environment import plain_text
from settings.patterns import RESERVED, matching
from settings.policy_statement import Statements  # noqa: TC001 - pydantic reads the annotation

_RESERVED = ("AWS_", "LAMBDA_")


def _is_inside(text: str) -> str:
    parts = text.split("/")
    if text.startswith("/") or any(part in {"", ".", ".."} for part in parts):
        raise ValueError("must be the path of a folder in this project, such as functions/rates")
    return text


def _not_of_lambda(name: str) -> str:
    if name.startswith(_RESERVED):
        raise PydanticCustomError(RESERVED, "Lambda sets such variables itself; choose another name")
    return name


def _is_small(variables: Mapping[str, str]) -> Mapping[str, str]:
    size = sum(len(name.encode()) + len(value.encode()) for name, value in variables.items())
    if size > LARGEST_ENVIRONMENT:
        raise ValueError(f"has {size} bytes; Lambda takes {LARGEST_ENVIRONMENT} for all variables together")
    return variables


Folder = Annotated[str, Field(strict=True, min_length=1), AfterValidator(_is_inside)]

Entry = Annotated[
    str,
    matching(
        r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)+$",
        "a module and a function of it, such as app.handle",
        max_length=128,
    ),
]
"""`<module>.<function>` (Lambda API reference, CreateFunction, Handler: 128 characters)."""

Runtime = Literal["python3.10", "python3.11", "python3.12", "python3.13", "python3.14"]

MemoryMB = Annotated[int, Field(strict=True, ge=SMALLEST_MEMORY, le=LARGEST_MEMORY)]

_Name = Annotated[
    str,
    matching(r"^[A-Za-z][A-Za-z0-9_]+$", "letters, digits and underscores, starting with a letter, such as LOG_LEVEL"),
    AfterValidator(_not_of_lambda),
]
"""The name of a variable (Lambda API reference, EnvironmentVariableName; Developer Guide, reserved variables)."""

Variables = Annotated[
    Mapping[_Name, Annotated[str, Field(strict=True), AfterValidator(plain_text)]], AfterValidator(_is_small)
]


@dataclass(frozen=True)
class Handler:
    """A handler in a folder of this project. The program packages the folder, and makes the function that runs it.

        JOB = Job(
            name="import-rates",
            function=Handler("functions/rates", handler="app.handle"),
            owner="finance",
        )

    `requirements.txt` in the folder pins the packages that the handler needs, with their hashes. The job's `timeout` is
    the time limit of the function, by default 15 minutes.
    """

    folder: Folder
    """The path of the folder from the project's own."""

    handler: Entry = field(kw_only=True)
    """The function that Lambda calls: `app.handle` is `handle` in `app.py`."""

    runtime: Runtime = field(default="python3.13", kw_only=True)
    """The version of Python."""

    architecture: Literal["arm64", "x86_64"] = field(default="arm64", kw_only=True)
    """The processor. Packages with native code are fetched for it."""

    memory: MemoryMB = field(default=256, kw_only=True)
    """MB. Lambda gives a function as much of a processor as it has memory: a whole one at 1769 MB."""

    environment: Variables = field(default_factory=dict, kw_only=True)
    """Plain variables. A secret belongs in Secrets Manager, and its ARN in a variable."""

    statements: Statements = field(default=(), kw_only=True)
    """The policy statements with which the handler calls AWS. Default: it writes its log, and tells how it ended."""
