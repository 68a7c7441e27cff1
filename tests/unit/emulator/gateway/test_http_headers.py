"""Header fields are read as the standard library reads them."""

from __future__ import annotations

import http.client
import io
from email.parser import Parser
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.gateway import http_headers

if TYPE_CHECKING:
    from collections.abc import Callable

    Read = Callable[[io.BytesIO], http.client.HTTPMessage]

STANDARD: Read = http.client.parse_headers
ENDS = st.sampled_from(["\r\n", "\n"])
LINES = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["Host", "x-amz-Date", "Set-Cookie", "Host ", "é", "From x", "", " folded", "\tfolded"]),
    st.sampled_from([":", ": ", ":\t ", " ", ""]),
    st.text("aé: \t\x00\x0b\x85", max_size=5),
    ENDS | st.just("\r\r\n"),
)


def outcome(read: Read, block: bytes) -> object:
    """Return the fields, what else the message says of them, and what is left of the stream; or the error."""
    stream = io.BytesIO(block)
    try:
        message = read(stream)
    except http.client.HTTPException as error:
        return type(error), str(error)
    faults = [type(defect) for defect in message.defects]
    return type(message), message.items(), message.get_payload(), faults, stream.read()


@given(st.lists(LINES, max_size=4), ENDS | st.just(""))
def test_fields(lines: list[str], end: str) -> None:
    """Names, values, defects and the rest of the stream are the same, also for lines that no client should send."""
    block = ("".join(lines) + end).encode("iso-8859-1") + (b"body" if end else b"")
    assert outcome(http_headers.read, block) == outcome(STANDARD, block)


@pytest.mark.parametrize(
    "block",
    [b"a: 1\r\n" * 98, b"a: 1\r\n" * 99, b"a: 1\r\n" * 100, b"a" * 65536, b"a:" + b"a" * 65532, b"a:" + b"a" * 65534],
    ids=lambda block: f"{block[:2]!r}, {len(block)}",
)
def test_limits(block: bytes) -> None:
    """The number of lines and their length have the same limits."""
    assert outcome(http_headers.read, block + b"\r\n\r\n") == outcome(STANDARD, block + b"\r\n\r\n")


def test_usual_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    """Usual fields need no parser for mail."""
    monkeypatch.setattr(Parser, "parsestr", None)
    assert http_headers.read(io.BytesIO(b"Host: a\r\nX-Amz-Target: b:c \r\n\r\n")).items() == [
        ("Host", "a"),
        ("X-Amz-Target", "b:c "),
    ]


def test_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The standard library's clients and servers read fields in this way."""
    monkeypatch.setattr(http.client, "parse_headers", STANDARD)
    http_headers.install()
    assert vars(http.client)["parse_headers"] is http_headers.read
