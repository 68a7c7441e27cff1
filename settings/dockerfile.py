"""The type `Dockerfile`: how the image of a job is built, and the limits of its fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import AfterValidator, Field

from settings.environment import argument
from settings.patterns import matching

_PATH = r"^(\.|[A-Za-z0-9_-][A-Za-z0-9_.-]*(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*)$"

Folder = Annotated[
    str,
    matching(
        _PATH,
        "a folder of the project, with slashes and without a dot before a name, such as images/report",
        max_length=256,
    ),
]
"""Relative to the project, so that the deployment is the same on every machine."""

File = Annotated[
    str,
    matching(
        r"^[A-Za-z0-9_-][A-Za-z0-9_.-]*(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*$",
        "a file within the folder, with slashes, such as docker/report.Dockerfile",
        max_length=256,
    ),
]

Stage = Annotated[
    str,
    matching(
        r"^[a-z][a-z0-9_.-]{0,127}$",
        "a stage's name in lower case, as after AS in the Dockerfile, such as production",
    ),
]
"""BuildKit takes these names for stages (Dockerfile reference, FROM)."""

ArgName = Annotated[
    str,
    matching(
        r"^[A-Za-z_][A-Za-z0-9_]{0,254}$",
        "letters, digits and underscores, not starting with a digit, such as PYTHON_VERSION",
    ),
]


Arguments = Mapping[ArgName, Annotated[str, Field(strict=True), AfterValidator(argument)]]


@dataclass(frozen=True)
class Dockerfile:
    """How the image of a job is built. A deployment builds it where a file of its folder has changed.

    image=Image(build=Dockerfile("images/report", target="production"))
    """

    context: Folder
    """The folder whose files the Dockerfile copies, relative to the project."""

    file: File = field(default="Dockerfile", kw_only=True)
    """The Dockerfile, relative to the folder."""

    target: Stage | None = field(default=None, kw_only=True)
    """The stage to build. Default: the last one."""

    args: Arguments = field(default_factory=dict, kw_only=True)
    """Values for `ARG`. They stay in the image, so they are no place for secrets."""
