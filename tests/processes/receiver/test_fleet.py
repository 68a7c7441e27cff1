"""The caller's function and real servers of the reference receiver, both ways over real connections."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from caller import account, handler
from caller.failures import RequestFailed
from receiver.callback import Callbacks
from tests.loopback import HOST
from tests.unit.caller.test_request import ALIAS, ENVIRONMENT, EVENT
from tests.unit.receiver.asking import NEW, OLD
from tests.wsgi_server import wsgi_servers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from tests.loopback import Served

PATIENCE = 30.0
"""Seconds after which a test that hangs fails."""


class Context:
    """What Lambda tells of an invocation."""

    invoked_function_arn = ALIAS
    aws_request_id = "8f0e2a4c-1111-4222-8333-444455556666"


class Caller:
    """The function of a job, in an account of which a test decides."""

    def __init__(self, patch: pytest.MonkeyPatch, kind: str) -> None:
        """Let the function have two secrets, and tell reports to this object."""
        self.secrets = [NEW, OLD]
        self.told: queue.SimpleQueue[Mapping[str, Any]] = queue.SimpleQueue()
        self._patch = patch
        for name, value in (ENVIRONMENT | {"RECEIVER_PROOF": kind, "RECEIVER_TIMEOUT": str(PATIENCE)}).items():
            patch.setenv(name, value)
        patch.setattr(account.Account, "secrets", lambda *_: self.secrets)
        patch.setattr(account.Account, "tell", lambda _, __, report: self.told.put(report))

    def send(self, server: Served, *jobs: str, **event: object) -> dict[str, Any]:
        """Send the request of a launch to a server."""
        self._patch.setenv("RECEIVER_URL", f"{server.url}/jobs")
        self._patch.setenv("RECEIVER_JOBS", json.dumps(jobs or ["hello"]))
        return handler.handle(EVENT | event, Context())


@contextlib.contextmanager
def function_url(answer: Callable[[dict[str, Any]], Mapping[str, Any]]) -> Iterator[str]:
    """Serve a function's URL: each request is an event of payload format 2.0."""

    class Url(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            http = {"method": "POST", "path": self.path}
            said = answer(
                {"headers": headers, "requestContext": {"http": http}, "body": body, "isBase64Encoded": False}
            )
            self.send_response(said["statusCode"])
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the standard library
            """Write no line."""

    server = HTTPServer((HOST, 0), Url)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://{HOST}:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextlib.contextmanager
def fleet(folder: Path, kind: str, count: int, secrets: str = f"{NEW} {OLD}") -> Iterator[Sequence[Served]]:
    """Run servers that share their claims."""
    (folder / "claims").mkdir(exist_ok=True)
    places = {"CLAIMS": str(folder / "claims"), "DONE": str(folder / "done")}
    environment = {"SECRETS": secrets, "PROOF": kind, "PATH": os.environ["PATH"], **places}
    with wsgi_servers(count, "tests.processes.receiver.fleet:application", environment) as servers:
        yield servers


KINDS = pytest.mark.parametrize("kind", ["signature", "bearer"])


@KINDS
def test_one_of_three_servers_runs_a_launch(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another one runs the next launch. A second delivery to another server is known there, and says so."""
    caller = Caller(monkeypatch, kind)
    with fleet(tmp_path, kind, 3) as (first, second, third):
        assert caller.send(first) == {"status": 200}
        assert caller.send(second) == {"state": "elsewhere"}
        assert caller.send(second, launch=2) == {"status": 200}
        with pytest.raises(RequestFailed, match=r"answered 404 Not Found: .*ciao.*hello.*long"):
            caller.send(third, "ciao")
        third.kill()
        with pytest.raises(RequestFailed, match=r"no connection to http\S+: Connection refused"):
            caller.send(third, launch=3)
    assert (tmp_path / "done").read_text(encoding="utf-8") == "0 hello.night 1\n1 hello.night 2\n"


@KINDS
def test_a_callback(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The receiver tells the end of work that goes on, and the watch hears of it."""
    caller = Caller(monkeypatch, kind)
    with fleet(tmp_path, kind, 1) as (server,), function_url(lambda event: handler.handle(event, Context())) as url:
        assert caller.send(server, "long", callback=url, rerun="0000aaaa") == {"state": "accepted"}
        report = caller.told.get(timeout=PATIENCE)
    assert (report["run"], report["rerun"], report["launch"]) == (f"{ALIAS}/{Context.aws_request_id}", "0000aaaa", 1)
    assert (report["state"], report["outcome"], report["reason"]) == ("ended", "failed", "no rates today")


@KINDS
@pytest.mark.parametrize("known", [[NEW], [OLD], ["a-newer-secret-than-24-letters", NEW]])
def test_callbacks_amid_a_rotation(kind: str, known: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever secrets the receiver has, one that the caller knows is enough, and it does not matter which."""
    caller = Caller(monkeypatch, kind)
    order = EVENT | {"run": f"{ALIAS}/1", "jobs": ["hello"]}
    with function_url(lambda event: handler.handle(event, Context())) as url:
        Callbacks(known, bearer=kind == "bearer").tell(order | {"callback": url})
        assert caller.told.get(timeout=PATIENCE)["outcome"] == "good"
        with pytest.raises(RuntimeError, match=r"the callback about hello.night at 2026-\S+ was answered \[401\]"):
            Callbacks(["a-secret-of-somebody-else"], bearer=kind == "bearer").tell(order | {"callback": url})


@pytest.mark.parametrize(("codes", "calls"), [([503, 429, 204], 3), ([500] * 9, 3), ([413], 1), ([307], 1)])
def test_callbacks_are_repeated(codes: list[int], calls: int) -> None:
    """As long as another answer may follow. Redirects are not followed: they would get the proof."""
    heard = []

    def answer(event: Mapping[str, Any]) -> Mapping[str, Any]:
        heard.append(event["headers"]["webhook-id"])
        return {"statusCode": codes[len(heard) - 1]}

    callbacks = Callbacks([NEW], pauses=(0, 0))
    order = EVENT | {"run": f"{ALIAS}/1"}
    with function_url(answer) as url:
        told = contextlib.nullcontext() if 204 in codes else pytest.raises(RuntimeError, match=str(codes[0]))
        with told:
            callbacks.tell(order | {"callback": url})
    assert (len(heard), len(set(heard))) == (calls, calls)


def test_a_callback_that_nobody_answers() -> None:
    """The receiver learns that its report is not known."""
    with function_url(lambda _: {}) as url:
        pass
    with pytest.raises(RuntimeError, match=r"was answered \[503\]"):
        Callbacks([NEW], pauses=(0,)).tell(EVENT | {"run": f"{ALIAS}/1", "callback": url})
