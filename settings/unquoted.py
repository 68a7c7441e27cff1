"""Answers a value that YAML took for a number, true, false or null where text is needed."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from settings import engine_scalars, patterns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_GO_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? [-+]\d{4} \S+")
"""The text that the engine sends for a date and time that is not quoted."""


def quoting(text: str) -> str:
    """Return the end of a message about a date and time: what to do when it was not quoted; else nothing."""
    return "; quote it" if _GO_TIME.fullmatch(text) else ""


def typed(value: object, written: str | None) -> str | None:
    """Return the text that was typed for a value; None for a value that is no scalar of YAML.

    `written` is the text in the stack file, which is ignored when the value comes from elsewhere.
    """
    if not isinstance(value, int | float | bool | None):
        return None
    if written is not None and _means(written, value):
        return written
    if value is None:
        return None
    try:
        return json.dumps(value)
    except ValueError:  # a number that is too long to write
        return None


def answer(written: str, places: Sequence[Mapping[str, Any]]) -> str:
    """Return the end of a message: the text in quotes, if it is accepted there, or else an example."""
    found = [place["pattern"] for place in places if "pattern" in place]
    examples = [example for place in places for example in place.get("examples", ())]
    examples += [example for pattern in found if (example := patterns.example(pattern))]
    if examples and not any(_matches(pattern, written) for pattern in found):
        return f"write a text such as {examples[0]}"
    return f'must be text; quote it: "{written}"'


def _matches(pattern: str, text: str) -> bool:
    try:
        return re.search(pattern, text) is not None
    except re.error:  # pydantic's patterns have classes of characters that Python's have not
        return False


def _means(written: str, value: object) -> bool:
    read = engine_scalars.as_json(engine_scalars.plain(written))
    return type(read) is type(value) and read == value
