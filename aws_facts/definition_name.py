"""The name of a task definition: its family, or family and revision."""

from __future__ import annotations


def of(reference: str) -> str:
    """Return `family` or `family:revision` of a reference that RunTask accepts: one of the two, or an ARN of one.

    A family has only letters, digits, hyphens and underscores (ECS API reference, RegisterTaskDefinition, family).
    """
    return reference.rpartition("/")[2]
