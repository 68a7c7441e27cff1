"""What the caller says, without the secret and in one line. Pure."""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST_QUOTE = 500
"""Characters of the receiver's own words."""
_LONGEST_REASON = 300
_HIDDEN = "(the secret)"


def told(why: str, quoted: str, secrets: Sequence[str]) -> str:
    """Return a reason with the words of the receiver. They may repeat what it was sent, such as a token."""
    parts = (_line(why, secrets)[:_LONGEST_REASON], _line(quoted, secrets)[:LONGEST_QUOTE])
    return ": ".join(filter(None, parts))


def _line(text: str, secrets: Sequence[str]) -> str:
    """Return a text as one line. The secret is hidden before anything is cut, so that no part of it stays."""
    for form in sorted({form for own in secrets for form in _forms(own)}, key=len, reverse=True):
        text = text.replace(form, _HIDDEN)
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())


def _forms(own: str) -> set[str]:
    """Return the spellings of a secret in plain text, in JSON, in a page, and in an address."""
    return {
        form
        for bare in (own, own.removeprefix("whsec_"))
        for form in (bare, *_in_json(bare), html.escape(bare), quote(bare, safe=""), quote(bare))
    }


def _in_json(bare: str) -> tuple[str, str]:
    """Return the text in JSON, also in the spelling of languages that escape the slash."""
    escaped = json.dumps(bare)[1:-1]
    return escaped, escaped.replace("/", r"\/")
