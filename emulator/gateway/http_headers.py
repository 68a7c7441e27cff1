"""The header fields of HTTP, read without the parser for mail, which needs longer than all else in a short request.

A function's process loads this file by its path, so it imports only the standard library.
"""

from __future__ import annotations

import email.parser
import http.client
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

_LONGEST_LINE = 65536
_MOST_LINES = 100
"""The limits of the standard library, the empty line at the end included."""
_ENDS = frozenset({b"\r\n", b"\n", b""})
_FIELD = re.compile(r"(?P<name>[!-9;-~]+):[ \t]*(?P<value>[^\r\n]*)\r?\n")
"""A usual line: a name (RFC 5322, section 2.2) and a value, which no other line continues."""


def install() -> None:
    """Read all header fields of this process in this way."""
    setattr(http.client, http.client.parse_headers.__name__, read)


def read(
    stream: IO[bytes], _class: type[http.client.HTTPMessage] = http.client.HTTPMessage, **_: object
) -> http.client.HTTPMessage:
    """Return the header fields of a request or a response, as `http.client.parse_headers` does.

    Newer versions of Python pass other limits of a client too, which no client here sets.
    """
    *lines, end = _lines(stream)
    fields = [field for line in lines if (field := _FIELD.fullmatch(line))]
    if len(fields) < len(lines):
        return email.parser.Parser(_class=_class).parsestr("".join([*lines, end]))
    message = _class()
    for field in fields:
        message.set_raw(field["name"], field["value"])
    message.set_payload("")
    return message


def _lines(stream: IO[bytes]) -> Iterator[str]:
    """Yield the lines up to the empty one, or to the end of the stream; raise the errors of the standard library."""
    for _ in range(_MOST_LINES):
        line = stream.readline(_LONGEST_LINE + 1)
        if len(line) > _LONGEST_LINE:
            raise http.client.LineTooLong("header line")
        yield line.decode("iso-8859-1")
        if line in _ENDS:
            return
    raise http.client.HTTPException(f"got more than {_MOST_LINES} headers")
