"""The variables of a job's environment, and the text that can be passed to a process."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from settings.patterns import HALF, RESERVED, matching
from watch.names import RUN_VARIABLES

_CONTEXT = re.compile(r"<aws\.scheduler\.(attempt-number|execution-id)")


def argument(text: str) -> str:
    """Refuse text that cannot be passed to a process."""
    if "\0" in text:
        raise ValueError("contains a NUL character, which cannot be passed to a process")
    if not text.isascii() and any(unicodedata.category(one) == "Cs" for one in text):
        raise ValueError(HALF)
    return text


def plain_text(text: str) -> str:
    """Refuse text that cannot be passed to a process, or would make ECS refuse the second delivery of a tick."""
    argument(text)
    if found := _CONTEXT.search(text):
        raise ValueError(
            f"{found[0]}> differs between two deliveries of one tick, so ECS would refuse the second; remove it"
        )
    return text


def _not_reserved(name: str) -> str:
    if name in RUN_VARIABLES:
        raise PydanticCustomError(RESERVED, "the program sets this variable itself; choose another name")
    return name


EnvironmentName = Annotated[
    str,
    matching(
        r"^[A-Za-z_][A-Za-z0-9_.]{0,254}$",
        "letters, digits, underscores and dots, not starting with a digit, such as LOG_LEVEL",
    ),
    AfterValidator(_not_reserved),
]
"""A name that every language can read. Many programs have dots in theirs. ECS has no rule for names (KeyValuePair)."""

Environment = Mapping[EnvironmentName, Annotated[str, Field(strict=True), AfterValidator(plain_text)]]
"""Plain values only, since they are stored and shown in clear."""
