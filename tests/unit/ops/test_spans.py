from __future__ import annotations

from datetime import timedelta

import pytest

from ops import spans
from ops.errors import OpsError


@pytest.mark.parametrize(("written", "span"), [("48h", timedelta(hours=48)), ("31d", timedelta(days=31))])
def test_a_span_is_read(written: str, span: timedelta) -> None:
    """The longest one is accepted."""
    assert spans.read("--for", written, most_days=31) == span


@pytest.mark.parametrize("written", ["0h", "31d1s", "99999999999d", "soon", ""])
def test_what_is_no_span_is_an_error(written: str) -> None:
    """The message has the option, what was received, and what is accepted."""
    with pytest.raises(OpsError, match=rf"^--for '{written}'.*(: must be|; must be|too long)"):
        spans.read("--for", written, most_days=31)
