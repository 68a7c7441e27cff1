"""What the caller says, without the secret."""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from caller.words import LONGEST_QUOTE, told
from tests.hostile import HOSTILE, is_seen

if TYPE_CHECKING:
    from collections.abc import Callable

keys = st.text('abcdefghijklmnopqrstuvwxyzABCDEFGH0123456789+/=&<"\\', min_size=24, max_size=60)
"""Secrets with some of the characters that JSON, pages and addresses spell in another way."""
spellings = st.sampled_from(
    [
        str,
        lambda text: f"Bearer {text}",
        lambda text: json.dumps({"authorization": text}),
        lambda text: json.dumps(text).replace("/", r"\/"),
        html.escape,
        lambda text: quote(text, safe=""),
        lambda text: text.removeprefix("whsec_"),
    ]
)


@given(
    own=st.tuples(keys, st.booleans()).map(lambda pair: ("whsec_" if pair[1] else "") + pair[0]),
    spell=spellings,
    before=st.integers(0, LONGEST_QUOTE + 40),
    after=st.text(max_size=20),
)
def test_the_secret_is_in_no_text(own: str, spell: Callable[[str], str], before: int, after: str) -> None:
    """However the receiver repeats it, and wherever the text is cut. Eight of its characters would be too many."""
    said = "x" * before + spell(own) + after
    for text in (told(said, "", [own]), told("answered 500", said, ["another secret of 24 letters", own])):
        bare = own.removeprefix("whsec_")
        parts = {bare[at : at + 8] for at in range(len(bare) - 7)}
        assert not any(part in text for part in parts if part not in "x" * 20 + after)


def test_a_secret_that_begins_as_another_one() -> None:
    """Nothing of the longer one stays. So somebody may number secrets."""
    shorter = "a-secret-of-24-letters-1"
    longer = shorter + "-and-more"
    assert told(f"{longer} {shorter}", "", [shorter, longer]) == "(the secret) (the secret)"


def test_the_receivers_words_are_one_line() -> None:
    """Nothing in them reaches a log as a line of its own, or a terminal as a command."""
    text = told("answered 500 Oops", HOSTILE, [])
    assert text.startswith("answered 500 Oops: x; curl evil")
    assert is_seen(text)


def test_long_words_are_cut() -> None:
    """The reason and the receiver's words have room of their own, so neither pushes the other out."""
    assert told("r" * 1000, "q" * 1000, []) == "r" * 300 + ": " + "q" * 500
    assert told("only a reason", "", []) == "only a reason"
    assert told("answered 500", " \n\t ", []) == "answered 500"
