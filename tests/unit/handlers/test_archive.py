"""The archive of a function has the same bytes for the same files, and a size that Lambda takes."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest  # noqa: TC002 - a fixture is annotated with it for Hypothesis
from hypothesis import given
from hypothesis import strategies as st

from aws_facts.function_code import LARGEST_CODE, LARGEST_UPLOAD
from handlers import archive
from handlers.entry import Entry

if TYPE_CHECKING:
    from pathlib import Path

NAMES = st.from_regex(r"[a-z]{1,8}(/[a-z]{1,8})?\.py", fullmatch=True)
FILES = st.dictionaries(NAMES, st.builds(Entry, st.binary(max_size=100), executable=st.booleans()), min_size=1)


@given(FILES, st.randoms())
def test_same_bytes(tmp_path_factory: pytest.TempPathFactory, files: dict[str, Entry], random: object) -> None:
    """The order in which files are found, the time and the folder change nothing; all can read what is in it."""
    shuffled = list(files.items())
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    first, second = (tmp_path_factory.mktemp("cache") for _ in range(2))
    made, again = archive.write(files, first), archive.write(dict(shuffled), second)
    assert made.read_bytes() == again.read_bytes()
    with zipfile.ZipFile(made) as read:
        infos = read.infolist()
        assert {info.filename: read.read(info) for info in infos} == {name: one.content for name, one in files.items()}
    assert [info.filename for info in infos] == sorted(files)
    assert {info.date_time for info in infos} == {(1980, 1, 1, 0, 0, 0)}
    for info in infos:
        assert info.external_attr >> 16 == (0o100755 if files[info.filename].executable else 0o100644)


def test_cached(tmp_path: Path) -> None:
    """The archive of files is made once; that of a file whose mode changed is another one."""
    made = archive.write({"a.py": Entry(b"a")}, tmp_path)
    stamp = made.stat().st_mtime_ns
    assert archive.write({"a.py": Entry(b"a")}, tmp_path) == made
    assert made.stat().st_mtime_ns == stamp
    assert archive.write({"a.py": Entry(b"a", executable=True)}, tmp_path) != made


def test_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is too large is told with its largest parts, before it is an archive and as one."""
    assert (LARGEST_UPLOAD, LARGEST_CODE) == (52428800, 262144000)
    monkeypatch.setattr(archive, "LARGEST_CODE", 3 * 1024**2)
    monkeypatch.setattr(archive, "LARGEST_UPLOAD", 1024**2)
    files = {"numpy/core.so": Entry(b"0" * 2 * 1024**2), "app.py": Entry(b"1" * 1024**2)}
    assert archive.too_large(files) is None
    large = {**files, "one.py": Entry(b"1")}
    assert archive.too_large(large) == (
        "has 3.0 MiB, most of it in numpy (2.0 MiB), app.py (1.0 MiB), one.py (0.0 MiB); Lambda takes 3.0 MiB"
    )
    made = tmp_path / "code.zip"
    made.write_bytes(b"0" * (1024**2 + 1))
    assert archive.too_large(files, made) == (
        "has 1.0 MiB as an archive, most of it in numpy (2.0 MiB), app.py (1.0 MiB); Lambda takes 1.0 MiB"
    )
    made.write_bytes(b"0" * 1024**2)
    assert archive.too_large(files, made) is None
