"""A session finds its own server, ignores dead and other processes, and removes everything."""

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
from toolchain.errors import ToolchainError

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
    """Return a session whose folder exists."""
    made = Session(tmp_path / "session")
    made.folder.mkdir()
    return made


@pytest.fixture
def family() -> Iterator[psutil.Process]:
    """Yield a process with two children, each in its own process group."""
    with subprocess.Popen([sys.executable, "-c", FAMILY], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        found = psutil.Process(process.pid)
        everyone = [found, *found.children()]
        yield found
        end(everyone)


def end(processes: list[psutil.Process]) -> None:
    """Kill processes that a test leaves."""
    for process in processes:
        if process.is_running():
            process.kill()


def server(process: psutil.Process) -> Server:
    """Return a server with this process."""
    return Server(process.pid, process.create_time(), "http://127.0.0.1:1", 2, SESSION)


def test_server_of_this_process(session: Session) -> None:
    """The server that is read equals the server that was written."""
    written = Server.of_this_process("http://127.0.0.1:1", 2, SESSION)
    session.write(written)
    assert session.server() == written
    assert written.pid == os.getpid()


def test_dead_server(session: Session, family: psutil.Process) -> None:
    """A process that has ended is not a server, even as a zombie."""
    session.write(server(family))
    assert session.server() is not None
    family.kill()
    while family.status() != psutil.STATUS_ZOMBIE:
        os.sched_yield()
    assert session.server() is None
    family.wait(10)
    assert session.server() is None


def test_another_process_of_the_same_id(session: Session) -> None:
    """A process with the same id but another creation time is not the server, and is left alone."""
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
    """A file that is half-written or from another version names no server."""
    (session.folder / "server.json").write_text(text)
    assert session.server() is None


def test_no_folder(tmp_path: Path) -> None:
    """A session without a folder has no server and no mark, and can be removed."""
    session = Session(tmp_path / "none")
    assert (session.server(), session.cut_off) == (None, False)
    session.remove()


def test_written_whole(session: Session) -> None:
    """The file is replaced in one step, so that nobody reads half a file."""
    session.write(Server.of_this_process("http://127.0.0.1:1", 2, SESSION))
    session.write(Server.of_this_process("http://127.0.0.1:3", 4, SESSION))
    assert json.loads((session.folder / "server.json").read_text())["provider"] == 4
    assert [file.name for file in session.folder.iterdir()] == ["server.json"]


def test_private(tmp_path: Path) -> None:
    """The folder and private files are readable by the user only, even with an umask of 0."""
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
    """A deployment is marked while it lasts, and remains marked unless it fails with a SandboxError."""

    def deploy() -> None:
        with session.deploying():
            assert session.cut_off
            raise error

    with pytest.raises(type(error)):
        deploy()
    assert session.cut_off is marked


def test_not_cut_off(session: Session) -> None:
    """A successful deployment leaves no mark."""
    with session.deploying():
        pass
    assert not session.cut_off


def test_remove(session: Session, family: psutil.Process) -> None:
    """Removing a session ends the server and all its processes, and leaves no file."""
    children = family.children()
    assert len(children) == 2
    session.write(server(family))
    (session.folder / "data").mkdir()
    (session.folder / "data" / "app.sqlite3").write_text("rows")
    session.remove()
    assert [p for p in [family, *children] if p.is_running() and p.status() != psutil.STATUS_ZOMBIE] == []
    assert not session.folder.exists()


def test_remove_of_another_version(session: Session, family: psutil.Process) -> None:
    """A server of an older version is not used, but it is ended."""
    known = {"pid": family.pid, "started": family.create_time(), "endpoint": "http://127.0.0.1:1", "provider": 2}
    (session.folder / "server.json").write_text(json.dumps(known))
    assert session.server() is None
    session.remove()
    assert not family.is_running() or family.status() == psutil.STATUS_ZOMBIE


def test_remove_without_a_server(session: Session) -> None:
    """Processes of a killed server are found by their environment and ended; other processes are not."""

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
    """A file or link in place of the folder is reported in one message and left alone."""
    place, other = tmp_path / ".sandbox", tmp_path / "other"
    if kind == "link":
        other.mkdir()
    if kind == "file":
        place.write_text("mine")
    else:
        place.symlink_to(other)
    with pytest.raises(SandboxError, match=r"is not a folder"), Session(place).exclusive():
        pytest.fail("it went on")
    assert place.is_symlink() or place.read_text() == "mine"


def test_no_cache(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home that cannot be written is reported in one message, which names the variable to set."""
    monkeypatch.setenv("XDG_CACHE_HOME", os.devnull)
    with pytest.raises(ToolchainError, match="XDG_CACHE_HOME") as refused, session.exclusive():
        pytest.fail("it went on")
    assert len(str(refused.value).splitlines()) == 1
