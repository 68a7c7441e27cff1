"""The base of every part of stack config."""

from __future__ import annotations

import pydantic
from pydantic import ConfigDict
from pydantic.alias_generators import to_camel


class Section(pydantic.BaseModel):
    """A part of stack config."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, alias_generator=to_camel)
