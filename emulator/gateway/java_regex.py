"""Translates the regular expressions of AWS's service models from Java's syntax to Python's."""

from __future__ import annotations

import re
import sys
import unicodedata
import warnings
from functools import lru_cache
from itertools import groupby


@lru_cache(maxsize=4096)
def compile_java(pattern: str) -> re.Pattern[str]:
    r"""Return a compiled pattern of a service model; raise `re.error` for a part that cannot be translated.

    Java's `\w`, `\d` and `\s` match ASCII only. A hyphen after one of them in a class is a literal hyphen. `\p{..}`
    names a Unicode category or a POSIX class. A pair of surrogates is one character.
    """
    translated = re.sub(r"\\u[dD]([89abAB]..)\\u[dD]([c-fC-F]..)", _join_surrogates, pattern)
    translated = _translate_properties(translated)
    translated = re.sub(r"(?<!\\)((?:\\\\)*\\[wdsWDS])-(?!\])", r"\1\\-", translated)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        return re.compile(translated, re.ASCII)


_POSIX = {"ASCII": r"\x00-\x7f", "Print": r"\x20-\x7e", "Alnum": "0-9A-Za-z", "Alpha": "A-Za-z", "Digit": "0-9"}
_TOKEN = re.compile(r"(?P<property>\\p\{(?P<name>\w+)\})|\\.|(?P<open>\[\^?\]?)|(?P<close>\])", re.DOTALL)


def _translate_properties(pattern: str) -> str:
    in_class = False

    def translate(token: re.Match[str]) -> str:
        nonlocal in_class
        if token["property"]:
            members = _POSIX.get(token["name"]) or _category(token["name"])
            return members if in_class else f"[{members}]"
        if token["open"]:
            in_class = True
        elif token["close"]:
            in_class = False
        return token[0]

    return _TOKEN.sub(translate, pattern)


def _join_surrogates(pair: re.Match[str]) -> str:
    high, low = (int(f"d{digits}", 16) for digits in pair.groups())
    return f"\\U{0x10000 + ((high - 0xD800) << 10) + low - 0xDC00:08x}"


def _category(name: str) -> str:
    """Return the inside of a character class for a Unicode category, or for all categories that begin with `name`."""
    ranges = [span for category, spans in _categories().items() if category.startswith(name) for span in spans]
    if not ranges:
        raise re.error(f"unknown character property {name}")
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)


@lru_cache(maxsize=1)
def _categories() -> dict[str, list[tuple[int, int]]]:
    spans: dict[str, list[tuple[int, int]]] = {}
    for category, group in groupby(range(sys.maxunicode + 1), key=lambda code: unicodedata.category(chr(code))):
        codes = list(group)
        spans.setdefault(category, []).append((codes[0], codes[-1]))
    return spans
