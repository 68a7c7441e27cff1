"""Whether an image can be built from here, as Docker's own client would find its engine."""

from __future__ import annotations

import hashlib
import json
import socket
from typing import TYPE_CHECKING

import pytest

from components import docker_host

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """Return the variables of a user without any settings of Docker."""
    return {"HOME": str(tmp_path)}


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[str]:
    """Listen where an engine would, and return the address."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "docker.sock"))
        listener.listen()
        yield f"unix://{tmp_path / 'docker.sock'}"


def use_context(tmp_path: Path, name: str, host: str) -> None:
    """Store a context of Docker."""
    folder = tmp_path / ".docker" / "contexts" / "meta" / hashlib.sha256(name.encode()).hexdigest()
    folder.mkdir(parents=True)
    (folder / "meta.json").write_text(json.dumps({"Name": name, "Endpoints": {"docker": {"Host": host}}}))


def test_an_engine_that_listens(home: dict[str, str], engine: str) -> None:
    """Nothing is wrong."""
    assert docker_host.why_not({**home, "DOCKER_HOST": engine}) is None


def test_no_engine(home: dict[str, str], tmp_path: Path) -> None:
    """The reason names the address and what the system says."""
    nowhere = f"unix://{tmp_path / 'none.sock'}"
    expected = f"no Docker Engine answers at {nowhere}: No such file or directory"
    assert docker_host.why_not({**home, "DOCKER_HOST": nowhere}) == expected


def test_an_engine_behind_tcp(home: dict[str, str]) -> None:
    """A port is tried; after the listener has gone, it refuses."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"tcp://127.0.0.1:{listener.getsockname()[1]}"
        assert docker_host.why_not({**home, "DOCKER_HOST": address}) is None
    assert docker_host.why_not({**home, "DOCKER_HOST": address}) == (
        f"no Docker Engine answers at {address}: Connection refused"
    )


@pytest.mark.parametrize("address", ["ssh://builder", "npipe:////./pipe/docker_engine"])
def test_what_cannot_be_told_from_here(home: dict[str, str], address: str) -> None:
    """It is left to the provider, which knows."""
    assert docker_host.why_not({**home, "DOCKER_HOST": address}) is None


def test_the_context_in_use(home: dict[str, str], tmp_path: Path, engine: str) -> None:
    """It is read where Docker stores it. DOCKER_CONTEXT wins over it, and DOCKER_HOST over both."""
    use_context(tmp_path, "here", engine)
    use_context(tmp_path, "away", "unix:///nowhere.sock")
    (tmp_path / ".docker" / "config.json").write_text('{"currentContext": "here"}')
    assert docker_host.why_not(home) is None
    assert "/nowhere.sock" in str(docker_host.why_not({**home, "DOCKER_CONTEXT": "away"}))
    assert docker_host.why_not({**home, "DOCKER_CONTEXT": "away", "DOCKER_HOST": engine}) is None


@pytest.mark.parametrize("text", ["", "[]", '{"currentContext": "gone"}', '{"currentContext": "default"}'])
def test_the_usual_socket(home: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """It is tried where nothing else is set, or what is set cannot be read."""
    (tmp_path / ".docker").mkdir()
    (tmp_path / ".docker" / "config.json").write_text(text)
    tried: list[str] = []
    monkeypatch.setattr(docker_host, "_connect", tried.append)
    assert docker_host.why_not(home) is None
    assert tried == ["unix:///var/run/docker.sock"]


@pytest.mark.parametrize("variable", ["DOCKER_CONFIG", "BUILDX_CONFIG"])
def test_a_builder_of_buildx(home: dict[str, str], tmp_path: Path, variable: str) -> None:
    """It may be reached without an engine here, so nothing is claimed."""
    environment = {**home, "DOCKER_HOST": "unix:///nowhere.sock", variable: str(tmp_path / "own")}
    folder = tmp_path / "own" / ("buildx/instances" if variable == "DOCKER_CONFIG" else "instances")
    folder.mkdir(parents=True)
    assert docker_host.why_not(environment) is not None
    (folder / "remote").write_text("{}")
    assert docker_host.why_not(environment) is None
