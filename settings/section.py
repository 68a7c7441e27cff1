"""The base class of every part of stack config."""

from __future__ import annotations

import pydantic
from pydantic import ConfigDict
from pydantic.alias_generators import to_camel


class Section(pydantic.BaseModel):
    """A part of stack config. It is frozen, has keys in camelCase, and refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, alias_generator=to_camel)

    @classmethod
    def keys(cls) -> set[str]:
        """Return the keys that the part may have in a stack file."""
        return {field.alias or name for name, field in cls.model_fields.items()}
