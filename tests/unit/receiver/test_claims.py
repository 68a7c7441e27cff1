"""Claims: a key is new once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from receiver.claims import DAY, folder, memory

if TYPE_CHECKING:
    from pathlib import Path

    from receiver.claims import Claim


@pytest.fixture(params=["memory", "folder"])
def claim(request: pytest.FixtureRequest, tmp_path: Path) -> Claim:
    """Return one of the claims."""
    return memory() if request.param == "memory" else folder(tmp_path)


def test_a_key_is_new_once(claim: Claim) -> None:
    """Keys do not know of each other."""
    assert [claim(key) for key in ("a", "a", "b", "a", "b")] == [True, False, True, False, False]


def test_one_of_many_gets_a_key(claim: Claim) -> None:
    """Servers answer requests in threads and processes."""
    with ThreadPoolExecutor(8) as pool:
        for key in ("a", "b", "c"):
            answers = list(pool.map(claim, [key] * 40))
            assert (answers.count(True), answers.count(False)) == (1, 39)


def test_memory_forgets_after_a_day() -> None:
    """Else it would grow for ever. Lambda delivers no event again after so long."""
    now = [0.0]
    claim = memory(lambda: now[0])
    assert claim("a")
    now[0] = DAY
    assert not claim("a")
    now[0] = DAY + 1
    assert claim("a")
    assert not claim("a")


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """The service does not start, instead of failing each launch. A text names a folder too."""
    with pytest.raises(NotADirectoryError, match=r"missing is no folder$"):
        folder(str(tmp_path / "missing"))
    assert folder(str(tmp_path))("a")
