r"""The text of tags, within the limits of every service whose resources get them.

ECS, IAM, Lambda and Logs accept `[\p{L}\p{Z}\p{N}_.:/=+\-@]*`, at most 128 characters in a key and 256 in a value.
EventBridge Scheduler accepts no empty value. ECS and DynamoDB reserve `aws:` at the beginning of keys and of values.
(API references, Tag.) Of the spaces, `\p{Z}`, only the plain one is accepted, since nobody can tell the others from it.
"""

from __future__ import annotations

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, Field

LONGEST_KEY = 128
LONGEST_VALUE = 256

_MARKS = frozenset(" _.:/=+-@")
_RESERVED = "aws:"
_CHARACTERS = "letters, digits, spaces and . : / = + @ - _"


def _key(text: str) -> str:
    return _written(_unreserved(text, "key"), f"{_CHARACTERS}, such as cost-center")


def _value(text: str) -> str:
    if not text:
        raise ValueError("is empty, which EventBridge Scheduler refuses; write a value, or remove the tag")
    return _written(_unreserved(text, "value"), f"{_CHARACTERS}, such as cost-center")


def _owner(text: str) -> str:
    words = f"{_CHARACTERS}, and not blank, such as data-team"
    if not text.strip():
        raise ValueError(f"must be {words}")
    return _written(_unreserved(text, "value"), words)


def _unreserved(text: str, part: str) -> str:
    if text.lower().startswith(_RESERVED):
        raise ValueError(f"AWS reserves tag {part}s that begin with {_RESERVED}; choose another {part}")
    return text


def _written(text: str, words: str) -> str:
    """Return the text; raise ValueError when a service refuses one of its characters."""
    if all(one in _MARKS or unicodedata.category(one)[0] in "LN" for one in text):
        return text
    raise ValueError(f"must be {words}")


TagKey = Annotated[str, Field(strict=True, min_length=1, max_length=LONGEST_KEY), AfterValidator(_key)]
TagValue = Annotated[
    str, Field(strict=True, max_length=LONGEST_VALUE, json_schema_extra={"minLength": 1}), AfterValidator(_value)
]
Owner = Annotated[
    str, Field(strict=True, max_length=LONGEST_VALUE, json_schema_extra={"minLength": 1}), AfterValidator(_owner)
]
"""A team's name. It is a tag's value on every resource and task of the job."""
