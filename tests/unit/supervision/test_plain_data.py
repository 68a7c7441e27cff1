"""Copies of records, and their plain data."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervision.plain_data import copied, plain

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()


@dataclass
class Record:
    """A record, or a part of one."""

    first: Any
    second: Any = None


@dataclass(frozen=True)
class Fact:
    """A part of a record that never changes."""

    value: Any


VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.text(), inner, max_size=3),
        st.builds(Record, inner),
        st.builds(Fact, inner),
    ),
    max_leaves=8,
)
RECORDS = st.builds(Record, VALUES, VALUES)


@given(RECORDS)
def test_plain_data_is_that_of_dataclasses(record: Record) -> None:
    """The plain data is what `dataclasses.asdict` returns, also below lists, tuples and dicts."""
    assert repr(plain(record)) == repr(dataclasses.asdict(record))


@given(RECORDS)
def test_fields_are_left_out(record: Record) -> None:
    """A field that is left out is missing, and the others are there."""
    assert plain(record, "first") == {"second": plain(record)["second"]}
    assert plain(record, "first", "second") == {}


@given(RECORDS)
def test_a_copy_is_equal(record: Record) -> None:
    """A copy has the same values, of the same types."""
    assert copied(record) == record
    assert repr(copied(record)) == repr(record)


def test_a_copy_does_not_change() -> None:
    """A change of what was copied, or made plain, changes neither the copy nor the plain data."""
    record = Record([1], {"inner": Record([2])})
    copy, data = copied(record), plain(record)
    record.first.append(3)
    record.second["inner"].first.append(4)
    record.second["inner"].second = 5
    assert copy == Record([1], {"inner": Record([2])})
    assert data == {"first": [1], "second": {"inner": {"first": [2], "second": None}}}


def test_what_is_frozen_is_shared() -> None:
    """A part that never changes is the same object in the copy."""
    record = Record(Fact("large"))
    assert copied(record).first is record.first


@pytest.mark.parametrize("value", [object(), {1}, b"bytes"], ids=["object", "set", "bytes"])
def test_refuses_what_is_no_plain_data(value: object) -> None:
    """A value that JSON could not hold is refused at once."""
    with pytest.raises(AttributeError):
        plain(Record(value))
    with pytest.raises(AttributeError):
        copied(Record(value))
