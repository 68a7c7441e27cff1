"""Copies of records, and records as plain data.

A record is a dataclass of scalars, lists, tuples, dicts and further dataclasses. Each change of a record needs several
copies of it. `copy.deepcopy` and `dataclasses.asdict` take several times as long, because they expect values of every
kind.
"""

from __future__ import annotations

from typing import Any, TypeVar

T = TypeVar("T")

_SCALARS = frozenset({str, int, float, bool, type(None)})


def copied(value: T) -> T:
    """Return a copy that a change of the value does not change. What is frozen is not copied, since it never changes.

    Raises AttributeError for a value that is no part of a record.
    """
    own: T = _copied(value)
    return own


def plain(record: Any, *without: str) -> dict[str, Any]:  # noqa: ANN401 - any dataclass
    """Return a dataclass as plain data, like `dataclasses.asdict`, without some of its fields.

    Raises AttributeError for a value that is no part of a record.
    """
    return {name: _plain(getattr(record, name)) for name in record.__dataclass_fields__ if name not in without}


def _copied(value: Any) -> Any:  # noqa: ANN401 - part of a record
    kind = type(value)
    if kind in _SCALARS:
        return value
    if kind is dict:
        return {key: _copied(one) for key, one in value.items()}
    if kind is list or kind is tuple:
        return kind(map(_copied, value))
    if kind.__dataclass_params__.frozen:
        return value
    own = object.__new__(kind)
    own.__dict__ = {name: _copied(one) for name, one in value.__dict__.items()}
    return own


def _plain(value: Any) -> Any:  # noqa: ANN401 - part of a record
    kind = type(value)
    if kind in _SCALARS:
        return value
    if kind is dict:
        return {key: _plain(one) for key, one in value.items()}
    if kind is list or kind is tuple:
        return kind(map(_plain, value))
    return plain(value)
