"""The values of YAML's scalars as the engine reads them, and as Go writes them where they become text or JSON."""

from __future__ import annotations

import base64
import binascii
import math
import re
from datetime import datetime
from decimal import Decimal
from typing import TypeAlias

NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS = {**dict.fromkeys(("true", "True", "TRUE"), True), **dict.fromkeys(("false", "False", "FALSE"), False)}
_BASES = {"0b": 2, "0o": 8, "0x": 16}
_INTEGER = re.compile(r"([-+]?)(0b|0o|0x)?([0-9a-fA-F]+)")
_FLOAT = re.compile(r"[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?", re.ASCII)
_NO_NUMBER = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_DATE = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})"
    r"(?:(?: +|(?P<t>[Tt]))(\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,](?P<fraction>\d+))?"
    r"(?P<offset>Z|[-+](?:[01]\d|2[0-4]):[0-5]\d)?)?",
    re.ASCII,
)
_LONG = range(-(2**63), 2**63)
_MOST = 2**64
_CORE = "tag:yaml.org,2002:"
_LARGEST_WRITTEN_OUT, _SMALLEST_WRITTEN_OUT = 1e21, 1e-6
"""Numbers between these have no exponent in Go's JSON."""
_SMALLEST_PLAIN, _LARGEST_PLAIN = -5, 6
"""Between these powers of ten, Go's text of a float has no exponent."""

Scalar: TypeAlias = str | int | float | bool | None
_TYPES: dict[str, tuple[type, ...]] = {
    "null": (type(None),),
    "bool": (bool,),
    "int": (int,),
    "float": (int, float),
    "timestamp": (),
    "binary": (),
}


class TagError(ValueError):
    """A value that is not of the type that its tag names."""


def plain(text: str) -> Scalar:
    """Return the value of a plain scalar without a tag: `off` and `yes` stay text, `0777` is octal, a date is text.

    A float may be infinite or no number.
    """
    if text in NULL:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    number = _number(text)
    return number if number is not None else _time(text) or text


def tagged(tag: str, text: str) -> Scalar:
    """Return the value of a scalar with a tag; raises `TagError`. A tag that YAML does not define makes it text."""
    kind = tag.removeprefix(_CORE)
    if not tag.startswith(_CORE) or kind not in _TYPES:
        return text
    if kind == "binary":
        return _decoded(text)
    value = plain(text)
    sound = _time(text) is not None if kind == "timestamp" else type(value) in _TYPES[kind]
    if not sound:
        raise TagError(f"'{text}' is not of the type !!{kind}")
    return value


def as_json(value: Scalar) -> Scalar:
    """Return the value of a nested scalar in the program, which gets it as JSON that Go has written.

    A whole number becomes an integer, even if it is written `1.0` or `1e3`. One of more than 63 bits loses digits.
    """
    if isinstance(value, str | bool | None) or (isinstance(value, int) and value in _LONG):
        return value
    number = Decimal(repr(float(value)))
    whole = number == number.to_integral_value() and abs(number) < _LARGEST_WRITTEN_OUT
    return int(number) if whole else float(number)


def as_text(value: Scalar) -> str:
    """Return the text that the program gets for a key of the project that is a scalar."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return _json_text(value) if isinstance(value, float) else str(value)


def as_key(value: Scalar) -> str:
    """Return the text of a nested key."""
    if value is None:
        return "<nil>"
    return _float_text(value) if isinstance(value, float) else as_text(value)


def _number(text: str) -> int | float | None:
    digits = text.replace("_", "") if text[0] != "_" else text
    found = _INTEGER.fullmatch(digits)
    number = _integer(*found.groups()) if found else None
    if number is not None:
        return number
    if _FLOAT.fullmatch(digits) and math.isfinite(float(digits)):  # Go leaves a larger number as text
        return float(digits)
    return math.nan if _NO_NUMBER.fullmatch(text) else None


def _integer(sign: str, prefix: str | None, digits: str) -> int | None:
    """Return a whole number of at most 64 bits, or else None."""
    # A leading zero means octal, as in YAML 1.1.
    base = _BASES[prefix] if prefix else 8 if digits.startswith("0") and digits != "0" else 10
    try:
        number = int(sign + digits, base)
    except ValueError:
        return None
    return number if _LONG.start <= number < _MOST else None


def _json_text(value: float) -> str:
    """Return a float as Go's JSON writes it."""
    if value and not _SMALLEST_WRITTEN_OUT <= abs(value) < _LARGEST_WRITTEN_OUT:
        return _float_text(value).replace("e-0", "e-")
    return format(Decimal(repr(value)).normalize() + 0, "f")


def _float_text(value: float) -> str:
    """Return a float as Go's `%v` writes it."""
    number = Decimal(repr(value))
    exponent = number.adjusted()
    if not number:
        return "0"
    if _SMALLEST_PLAIN < exponent < _LARGEST_PLAIN:
        return format(number.normalize(), "f")
    _, digits, _ = number.normalize().as_tuple()
    written = "".join(map(str, digits))
    sign, point = "-" if number < 0 else "", "." if len(written) > 1 else ""
    return f"{sign}{written[0]}{point}{written[1:]}e{exponent:+03d}"


def _decoded(text: str) -> str:
    try:
        return base64.b64decode("".join(text.split("\n")), validate=True).decode(errors="replace")
    except (binascii.Error, ValueError):
        raise TagError(f"'{text}' is not base64") from None


def _time(text: str) -> str | None:
    """Return a date, with or without a time, as Go writes it; None for text that is not a date to the engine."""
    found = _DATE.fullmatch(text)
    if found is None or bool(found["t"]) != bool(found["offset"]):
        return None
    year, month, day, _, hour, minute, second, *_ = found.groups()
    try:
        moment = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0))  # noqa: DTZ001 - only for its text
    except ValueError:
        return None
    fraction = (found["fraction"] or "")[:9].rstrip("0")
    offset = (found["offset"] or "Z").replace(":", "")
    zone = "+0000 UTC" if offset in {"Z", "+0000", "-0000"} else f"{offset} {offset}"
    return f"{moment.isoformat(' ')}{'.' if fraction else ''}{fraction} {zone}"
