"""What a unit test is: no server, no process, no network."""

from __future__ import annotations

import socket
import subprocess
from typing import TYPE_CHECKING, NoReturn

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True, scope="module")
def _no_process_and_no_network() -> Iterator[None]:
    """Refuse all that takes a unit test out of its process."""

    def refuse(*_: object, **__: object) -> NoReturn:
        raise AssertionError("a unit test starts no process, and opens no connection: put it into tests/processes")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subprocess.Popen, "__init__", refuse)
        patch.setattr(socket.socket, "bind", refuse)
        patch.setattr(socket.socket, "connect", refuse)
        yield
