"""Reads what a job file makes of a type of this package: pydantic takes an instance as valid and checks no field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BeforeValidator, Discriminator

if TYPE_CHECKING:
    from collections.abc import Mapping


def instance(kind: type, example: str) -> BeforeValidator:
    """Return the validator for an instance of `kind`, whose fields are then checked; `example` follows "such as"."""

    def fields(given: object) -> Mapping[str, Any]:
        if not isinstance(given, kind):
            raise ValueError(f"must be {kind.__name__}(...), such as {example}")  # noqa: TRY004 - as pydantic wants it
        return vars(given)

    return BeforeValidator(fields)


def one_of(tags: Mapping[type, str]) -> Discriminator:
    """Return pydantic's discriminator for instances of these types, by their tags in a union."""
    words = " or ".join(f"{kind.__name__}(...)" for kind in tags)
    return Discriminator(
        lambda given: tags.get(type(given)), custom_error_type="kind", custom_error_message=f"must be {words}"
    )
