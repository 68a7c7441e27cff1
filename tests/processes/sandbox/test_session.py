"""A session knows its own server, tells a dead or another process from it, and leaves nothing behind."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import psutil
import pytest

from sandbox.errors import SandboxError
from sandbox.session import Server, Session
from tests.credentials import SESSION
from toolchain import ToolchainError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SLEEP = "import time; time.sleep(600)"
FAMILY = f"""
import subprocess, sys
for _ in range(2):
    subprocess.Popen([sys.executable, "-c", {SLEEP!r}], start_new_session=True)
print("ready", flush=True)
{SLEEP}
"""


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """Give a session whose folder is there."""
    made = Session(tmp_path / "session")
    made.folder.mkdir()
    return made


@pytest.fixture
def family() -> Iterator[psutil.Process]:
    """Give a process that has two children, each of a process group of its own."""
    with subprocess.Popen([sys.executable, "-c", FAMILY], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        found = psutil.Process(process.pid)
        everyone = [found, *found.children()]
        yield found
        end(everyone)


def end(processes: list[psutil.Process]) -> None:
    """End processes that a test leaves."""
    for process in processes:
        if process.is_running():
            process.kill()


def server(process: psutil.Process) -> Server:
    """Describe a process as a server."""
    return Server(process.pid, process.create_time(), "http://127.0.0.1:1", 2, SESSION)


def test_server_of_this_process(session: Session) -> None:
    """What a server writes of itself is what others read."""
    written = Server.of_this_process("http://127.0.0.1:1", 2, SESSION)
    session.write(written)
    assert session.server() == written
    assert written.pid == os.getpid()


def test_dead_server(session: Session, family: psutil.Process) -> None:
    """The file of a process that has ended names no server, also while nobody has asked how it ended."""
    session.write(server(family))
    assert session.server() is not None
    family.kill()
    while family.status() != psutil.STATUS_ZOMBIE:
        os.sched_yield()
    assert session.server() is None
    family.wait(10)
    assert session.server() is None


def test_another_process_of_the_same_id(session: Session) -> None:
    """A process that was created at another time is another one, whatever its id, and is left alone."""
    this = Server.of_this_process("http://127.0.0.1:1", 2, SESSION)
    session.write(dataclasses.replace(this, started=this.started - 60))
    assert session.server() is None
    session.remove()
    assert not session.folder.exists()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"pid": 1}',
        '{"pid": "x", "started": 0, "endpoint": "", "provider": 0}',
        '{"pid": -1, "started": 0, "endpoint": "", "provider": 0}',
        '{"pid": 1, "started": "then", "endpoint": "", "provider": 0}',
    ],
)
def test_file_that_says_nothing(session: Session, text: str) -> None:
    """A file that a killed process left half-written, or another version wrote, names no server."""
    (session.folder / "server.json").write_text(text)
    assert session.server() is None


def test_no_folder(tmp_path: Path) -> None:
    """Where nothing was started there is no server, nothing is cut off, and there is nothing to remove."""
    session = Session(tmp_path / "none")
    assert (session.server(), session.cut_off) == (None, False)
    session.remove()


def test_written_whole(session: Session) -> None:
    """The file is replaced, so that nobody reads half of it."""
    session.write(Server.of_this_process("http://127.0.0.1:1", 2, SESSION))
    session.write(Server.of_this_process("http://127.0.0.1:3", 4, SESSION))
    assert json.loads((session.folder / "server.json").read_text())["provider"] == 4
    assert [file.name for file in session.folder.iterdir()] == ["server.json"]


def test_private(tmp_path: Path) -> None:
    """The folder, and what is written privately, is the user's alone even where the umask takes nothing away."""
    session = Session(tmp_path / "session")
    before = os.umask(0)
    try:
        session.make_folder()
        with session.private():
            (session.folder / "file").touch()
        (session.folder / "other").touch()
        session.folder.chmod(0o755)
        session.make_folder()
    finally:
        os.umask(before)
    modes = {one.name: one.stat().st_mode & 0o777 for one in (session.folder, *session.folder.iterdir())}
    assert modes == {"session": 0o700, "file": 0o600, "other": 0o666}


@pytest.mark.parametrize(
    ("error", "marked"),
    [(SandboxError("a mistake in the config"), False), (KeyboardInterrupt(), True), (OSError("disk full"), True)],
    ids=["in-good-order", "interrupted", "broken"],
)
def test_cut_off(session: Session, error: BaseException, *, marked: bool) -> None:
    """A deployment is marked while it lasts, and stays marked when it did not end in good order."""

    def deploy() -> None:
        with session.deploying():
            assert session.cut_off
            raise error

    with pytest.raises(type(error)):
        deploy()
    assert session.cut_off is marked


def test_not_cut_off(session: Session) -> None:
    """A deployment that succeeds leaves no mark."""
    with session.deploying():
        pass
    assert not session.cut_off


def test_remove(session: Session, family: psutil.Process) -> None:
    """Removing ends the server and all its processes, and leaves no file."""
    children = family.children()
    assert len(children) == 2
    session.write(server(family))
    (session.folder / "data").mkdir()
    (session.folder / "data" / "app.sqlite3").write_text("rows")
    session.remove()
    assert [p for p in [family, *children] if p.is_running() and p.status() != psutil.STATUS_ZOMBIE] == []
    assert not session.folder.exists()


def test_remove_of_another_version(session: Session, family: psutil.Process) -> None:
    """A server that wrote less of itself than today's is no sandbox to talk to, but it is ended."""
    known = {"pid": family.pid, "started": family.create_time(), "endpoint": "http://127.0.0.1:1", "provider": 2}
    (session.folder / "server.json").write_text(json.dumps(known))
    assert session.server() is None
    session.remove()
    assert not family.is_running() or family.status() == psutil.STATUS_ZOMBIE


def test_remove_without_a_server(session: Session) -> None:
    """What a killed server left running is known by its environment, and ends as well; nothing else does."""

    def start(home: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-c", SLEEP], env={"PULUMI_HOME": home}, start_new_session=True)

    with start(str(session.folder / "pulumi-home")) as left, start(str(session.folder) + "-2/pulumi-home") as other:
        try:
            session.remove()
            assert left.poll() is not None
            assert other.poll() is None
        finally:
            left.kill()
            other.kill()


@pytest.mark.parametrize("kind", ["file", "link", "link to nothing"])
def test_folder_that_is_none(tmp_path: Path, kind: str) -> None:
    """What stands where the folder should be, and is none, is one message for every command, and stays."""
    place, other = tmp_path / ".sandbox", tmp_path / "other"
    if kind == "link":
        other.mkdir()
    if kind == "file":
        place.write_text("mine")
    else:
        place.symlink_to(other)
    with pytest.raises(SandboxError, match=r"is no folder"), Session(place).exclusive():
        pytest.fail("it went on")
    assert place.is_symlink() or place.read_text() == "mine"


def test_no_cache(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home in which nothing can be written is one message, which says what to set."""
    monkeypatch.setenv("XDG_CACHE_HOME", os.devnull)
    with pytest.raises(ToolchainError, match="XDG_CACHE_HOME") as refused, session.exclusive():
        pytest.fail("it went on")
    assert len(str(refused.value).splitlines()) == 1
