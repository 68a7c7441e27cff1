from __future__ import annotations

import hashlib
import io
import tarfile
from typing import TYPE_CHECKING

import pytest

from toolchain.errors import UnavailableError
from toolchain.release import checksum, install, unpack
from toolchain.versions import Platform, Version

if TYPE_CHECKING:
    from pathlib import Path

VERSION = Version(3, 272, 0)
LINUX = Platform("linux", "x64")
ARCHIVE = "pulumi-v3.272.0-linux-x64.tar.gz"
CHECKSUMS = "pulumi-3.272.0-checksums.txt"


def packed(files: dict[str, str]) -> bytes:
    """Return a release archive with these files, and a link that points outside."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        link = tarfile.TarInfo("pulumi/pulumi-link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return buffer.getvalue()


@pytest.fixture
def into(tmp_path: Path) -> Path:
    """Return an empty directory to install into."""
    directory = tmp_path / "into"
    directory.mkdir()
    return directory


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    """Return a directory with a release as its origin has it: the archive and its checksums."""
    directory = tmp_path / "origin"
    directory.mkdir()
    archive = packed({"pulumi/pulumi": "engine", "pulumi/pulumi-language-python": "host"})
    (directory / ARCHIVE).write_bytes(archive)
    lines = [f"{'0' * 64}  pulumi-v3.272.0-darwin-x64.tar.gz", f"{hashlib.sha256(archive).hexdigest()}  {ARCHIVE}"]
    (directory / CHECKSUMS).write_text("\n".join(lines) + "\n")
    return directory


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("aa  other.tar.gz\nBB  it.tar.gz\n", "bb", id="listed"),
        pytest.param("bb *it.tar.gz\n", "bb", id="binary-mark"),
        pytest.param("bb  not-it.tar.gz\n", None, id="name-ends-alike"),
        pytest.param("<html>it.tar.gz</html>", None, id="not-a-list"),
        pytest.param("", None, id="empty"),
    ],
)
def test_finds_the_checksum_of_an_archive(text: str, expected: str | None) -> None:
    """Only a line with exactly the archive's name gives its checksum."""
    assert checksum(text, "it.tar.gz") == expected


def test_installs_what_the_release_vouches_for(origin: Path, into: Path) -> None:
    """A release with the right checksum is installed: only its executables, which can be run."""
    install(VERSION, LINUX, into, (origin.as_uri(),))
    assert {path.name: path.read_text() for path in into.iterdir()} == {
        "pulumi": "engine",
        "pulumi-language-python": "host",
    }
    assert {path.stat().st_mode & 0o777 for path in into.iterdir()} == {0o755}


def test_refuses_an_archive_that_was_changed(origin: Path, into: Path) -> None:
    """An archive with another checksum than its release publishes is neither unpacked nor kept."""
    (origin / ARCHIVE).write_bytes(packed({"pulumi/pulumi": "something else"}))
    with pytest.raises(UnavailableError, match=rf"{ARCHIVE}: its SHA-256 is [0-9a-f]{{64}}, its release says"):
        install(VERSION, LINUX, into, (origin.as_uri(),))
    assert list(into.iterdir()) == []


def test_refuses_an_archive_that_is_not_listed(origin: Path, into: Path) -> None:
    """Nothing is downloaded without a checksum."""
    (origin / CHECKSUMS).write_text("")
    with pytest.raises(UnavailableError, match=f"checksums do not list {ARCHIVE}"):
        install(VERSION, LINUX, into, (origin.as_uri(),))
    assert list(into.iterdir()) == []


def test_a_broken_archive_is_no_crash(origin: Path, into: Path) -> None:
    """An archive that cannot be read, despite the right checksum, makes the release unavailable."""
    (origin / ARCHIVE).write_bytes(b"text")
    (origin / CHECKSUMS).write_text(f"{hashlib.sha256(b'text').hexdigest()}  {ARCHIVE}")
    with pytest.raises(UnavailableError, match=ARCHIVE):
        install(VERSION, LINUX, into, (origin.as_uri(),))


def test_tries_the_next_origin(origin: Path, into: Path, tmp_path: Path) -> None:
    """An origin that does not answer is skipped; an address can contain the version."""
    origin.rename(tmp_path / "v3.272.0")
    install(VERSION, LINUX, into, ((tmp_path / "missing").as_uri(), tmp_path.as_uri() + "/v{version}"))
    assert (into / "pulumi").read_text() == "engine"


def test_names_the_reason_of_every_origin(into: Path, tmp_path: Path) -> None:
    """If no origin answers, the message has each address with its reason."""
    first, second = (tmp_path / "first").as_uri(), (tmp_path / "second").as_uri()
    with pytest.raises(UnavailableError) as failure:
        install(VERSION, LINUX, into, (first, second))
    assert str(failure.value) == "; ".join(f"{base}/{CHECKSUMS}: No such file or directory" for base in (first, second))


def test_asks_nobody_where_there_is_no_release(into: Path) -> None:
    """A platform without a release is refused before anything is downloaded."""
    with pytest.raises(UnavailableError, match=r"^there is no release for linux-riscv64$"):
        install(VERSION, Platform("linux", "riscv64"), into, ("gopher://nobody",))


def test_unpacks_into_its_directory_only(into: Path, tmp_path: Path) -> None:
    """Files are unpacked into one directory, even if the archive's folders lead outside."""
    archive = tmp_path / "archive.tar.gz"
    archive.write_bytes(packed({"../../outside": "a", "/absolute": "b"}))
    unpack(archive, into)
    assert sorted(path.name for path in into.iterdir()) == ["absolute", "outside"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["archive.tar.gz", "into"]
