from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolchain.errors import ToolchainError
from toolchain.store import cache_directory, digest, exclusive, publish

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

PARTS = st.lists(st.text(max_size=3), max_size=3)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        pytest.param({"HOME": "/home/a"}, "/home/a/.cache/scheduled-jobs/toolchain", id="home"),
        pytest.param({"HOME": "/home/a", "XDG_CACHE_HOME": "/c"}, "/c/scheduled-jobs/toolchain", id="xdg"),
        pytest.param(
            {"HOME": "/home/a", "XDG_CACHE_HOME": ""}, "/home/a/.cache/scheduled-jobs/toolchain", id="xdg-empty"
        ),
        pytest.param(
            {"HOME": "/home/a", "XDG_CACHE_HOME": "c"}, "/home/a/.cache/scheduled-jobs/toolchain", id="xdg-relative"
        ),
    ],
)
def test_the_cache_is_where_caches_belong(environment: dict[str, str], expected: str) -> None:
    """The cache is in XDG_CACHE_HOME if that is an absolute path, and else in ~/.cache."""
    assert cache_directory(environment) == Path(expected)


@given(one=PARTS, other=PARTS)
def test_keys_differ_where_their_parts_do(one: list[str], other: list[str]) -> None:
    """Two different lists of parts have different digests, even if their joined text is the same."""
    assert (digest(*one) == digest(*other)) == (one == other)


def test_publishes_all_at_once_in_place_of_the_old(tmp_path: Path) -> None:
    """The old directory exists until the new one is complete, and then only the new one exists."""
    target = tmp_path / "tool"
    target.mkdir()
    (target / "old").touch()
    with publish(target) as part:
        (part / "new").touch()
        assert [path.name for path in target.iterdir()] == ["old"]
    assert [path.name for path in target.iterdir()] == ["new"]
    assert list(tmp_path.iterdir()) == [target]


def test_a_failure_leaves_the_old_as_it_was(tmp_path: Path) -> None:
    """If filling fails, the incomplete directory is removed and the old one stays."""
    target = tmp_path / "tool"
    target.mkdir()

    def fill() -> None:
        with publish(target) as part:
            (part / "new").touch()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fill()
    assert list(tmp_path.iterdir()) == [target]
    assert list(target.iterdir()) == []


def test_removes_what_a_killed_process_left(tmp_path: Path) -> None:
    """Incomplete directories of the same target are removed, and those of other targets stay."""
    for name in ("tool.part-1", "other.part-1"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").touch()
    with publish(tmp_path / "tool"):
        pass
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other.part-1", "tool"]


def test_one_at_a_time(
    tmp_path: Path, python: Callable[[str], subprocess.Popen[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    """A second process prints that it waits, and continues when the first releases the lock."""
    lock = tmp_path / "locks" / "lock"
    code = f"""
from pathlib import Path
from toolchain.store import exclusive
with exclusive(Path({str(lock)!r}), "the tool"):
    print("in")
"""
    with exclusive(lock, "the tool"):
        other = python(code)
        assert other.stderr is not None
        assert other.stderr.readline() == "setup: waiting for another process that is making the tool\n"
        assert other.poll() is None
    assert other.communicate() == ("in\n", "")
    assert capsys.readouterr().err == ""


def test_a_killed_process_holds_nothing(
    tmp_path: Path, gate: Path, python: Callable[[str], subprocess.Popen[str]]
) -> None:
    """The lock of a process that was killed is free at once."""
    lock = tmp_path / "lock"
    code = f"""
from pathlib import Path
from toolchain.store import exclusive
with exclusive(Path({str(lock)!r}), "the tool"):
    print("in", flush=True)
    Path({str(gate)!r}).read_text()
"""
    other = python(code)
    assert other.stdout is not None
    assert other.stdout.readline() == "in\n"
    other.kill()
    other.wait()
    with exclusive(lock, "the tool"):
        assert lock.exists()


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """If the cache cannot be created, the message names the directory and how to set another one."""
    (tmp_path / "file").touch()
    expected = (
        rf"{tmp_path}/file.*: (File exists|Not a directory); set XDG_CACHE_HOME to another directory for the tools"
    )
    with pytest.raises(ToolchainError, match=expected), exclusive(tmp_path / "file" / "lock", "the tool"):
        pass
    with pytest.raises(ToolchainError, match=expected), publish(tmp_path / "file" / "tool"):
        pass
