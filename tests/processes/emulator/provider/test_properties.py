"""Properties are converted between the engine's structs and plain values."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi.runtime import rpc

from emulator.provider.core.properties import UNKNOWN, decode, encode, has_unknown

MARK = rpc._special_sig_key
SCALARS = st.one_of(
    st.booleans(), st.integers(-(2**53), 2**53), st.text(), st.floats(-1e9, 1e9).filter(lambda n: n % 1)
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)), max_leaves=12
)


@given(st.dictionaries(st.text(), VALUES))
def test_what_is_encoded_decodes_to_itself(properties: dict[str, object]) -> None:
    """Every encoded value is decoded to itself, and numbers keep their type."""
    decoded = decode(encode(properties))

    assert decoded == properties
    assert json.dumps(decoded, sort_keys=True) == json.dumps(properties, sort_keys=True)


@pytest.mark.parametrize(
    ("sent", "received"),
    [
        pytest.param({MARK: rpc._special_secret_sig, "value": "hush"}, "hush", id="secret"),
        pytest.param({"inner": [{MARK: rpc._special_secret_sig, "value": 3}]}, {"inner": [3]}, id="nested secret"),
        pytest.param({MARK: rpc._special_output_value_sig, "value": "known"}, "known", id="known output"),
        pytest.param({MARK: rpc._special_output_value_sig, "secret": True}, UNKNOWN, id="unknown output"),
        pytest.param({MARK: rpc._special_resource_sig, "urn": "u", "id": "i"}, "i", id="resource"),
        pytest.param(
            {MARK: rpc._special_archive_sig, "path": "./x"},
            {MARK: rpc._special_archive_sig, "path": "./x"},
            id="archive",
        ),
        pytest.param("1c4a061d-8072-4f0a-a4cb-0ff528b18fe7", UNKNOWN, id="unknown bool"),
        pytest.param("3eeb2bf0-c639-47a8-9e75-3b44932eb421", UNKNOWN, id="unknown number"),
        pytest.param("6a19a0b0-7e62-4c92-b797-7f8e31da9cc2", UNKNOWN, id="unknown list"),
        pytest.param("dd056dcd-154b-4c76-9bd3-c8f88648b5ff", UNKNOWN, id="unknown object"),
        pytest.param(rpc.UNKNOWN, UNKNOWN, id="unknown string"),
        pytest.param(3.0, 3, id="whole number"),
        pytest.param({"a": None, "b": 1}, {"b": 1}, id="null in an object"),
        pytest.param({"a": {MARK: rpc._special_secret_sig, "value": None}, "b": 1}, {"b": 1}, id="secret null"),
    ],
)
def test_marks_of_the_engine(sent: object, received: object) -> None:
    """The engine's wrappers and marks become plain values or the one unknown."""
    assert decode(encode({"it": sent})) == {"it": received}


def test_null_properties_are_left_out() -> None:
    """A property without a value is left out in both directions."""
    struct = encode({"a": None, "b": 1})
    struct.fields["c"].null_value = 0

    assert decode(struct) == {"b": 1}


@pytest.mark.parametrize(
    ("value", "expected"),
    [(UNKNOWN, True), ({"a": [{"b": UNKNOWN}]}, True), ({"a": ["b"]}, False)],
    ids=["itself", "deep", "none"],
)
def test_has_unknown(value: object, expected: bool) -> None:  # noqa: FBT001 - the expected answer
    """An unknown is found at any depth."""
    assert has_unknown(value) is expected
