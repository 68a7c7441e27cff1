"""Reads the text that the engine sends for a key: JSON for a mapping or a list, bare text for a scalar."""

from __future__ import annotations

import json


def parse(text: str) -> object:
    """Return the value of a key. Text that only looks like JSON stays text."""
    try:
        return json.loads(text) if text[:1] in "{[" else text
    except (ValueError, RecursionError):
        return text
