"""A worker is known by its ECS task, and without one by its host."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest

from scheduled_jobs_worker.place import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

TASK = "arn:aws:ecs:eu-central-1:123456789012:task/web/0af3"


@contextmanager
def metadata(status: int, body: bytes) -> Iterator[str]:
    """Answer for ECS, and yield the address that a container is given."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/v4/0a/task" else 404)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/v4/0a"
        finally:
            server.shutdown()
            thread.join()


def test_task(monkeypatch: pytest.MonkeyPatch) -> None:
    """The metadata of ECS have the ARN of the task, and so its account."""
    with metadata(200, json.dumps({"TaskARN": TASK, "Family": "web"}).encode()) as address:
        monkeypatch.setenv("ECS_CONTAINER_METADATA_URI_V4", address)
        assert Place.here() == Place(TASK, "123456789012")


@pytest.mark.parametrize(("status", "body"), [(500, b""), (200, b"{"), (200, b"[]"), (200, b'{"TaskARN": 1}')])
def test_no_answer(monkeypatch: pytest.MonkeyPatch, status: int, body: bytes) -> None:
    """Without a useful answer, the worker has the name of its host."""
    with metadata(status, body) as address:
        monkeypatch.setenv("ECS_CONTAINER_METADATA_URI_V4", address)
        assert Place.here() == Place(socket.gethostname(), "")


@pytest.mark.parametrize("address", ["", "http://127.0.0.1:1", "file:///etc"])
def test_no_endpoint(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """Outside ECS, too."""
    monkeypatch.setenv("ECS_CONTAINER_METADATA_URI_V4", address)
    assert Place.here() == Place(socket.gethostname(), "")
