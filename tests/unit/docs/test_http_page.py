"""Tests of the page on requests: its example is what the caller sends, and its code does what it says."""

from __future__ import annotations

import json
import re
import threading
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

import time_machine

from caller import callback, proof, request
from caller.proof import Proof
from receiver import receiver
from tests.unit.caller.test_callback import SAID
from tests.unit.caller.test_callback import call as callback_event
from tests.unit.receiver.asking import NEW, NOW, OLD, Fleet, sent

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest

PAGE = (Path(__file__).parents[3] / "docs" / "http.md").read_text(encoding="utf-8")
PROSE = " ".join(PAGE.split())
SECRETS = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def blocks(language: str) -> list[str]:
    """Return the pieces of code of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def example(number: int) -> tuple[dict[str, str], str]:
    """Return the headers and the body of a message of the page."""
    head, _, body = blocks("http")[number].partition("\n\n")
    return dict(line.split(": ", 1) for line in head.splitlines()[1:]), body.strip()


def executed(code: str, secrets: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return what a program of the page has defined."""
    monkeypatch.setenv("JOBS_SECRETS", secrets)
    module = types.ModuleType("a_service")
    exec(code, module.__dict__)  # noqa: S102 - it is the page's own
    return module.__dict__


def test_the_example_is_what_the_caller_sends() -> None:
    """Header by header and byte by byte."""
    headers, body = example(0)
    said = json.loads(body)
    alias, _, name = said["run"].rpartition("/")
    event = {key: said[key] for key in said if key not in ("jobs", "run")}
    own = request.headers(request.launch_id(alias, event))
    assert request.body(event, f"{alias}/{name}", said["jobs"]).decode() == body
    proven = Proof("signature", [SECRETS]).headers(own["Idempotency-Key"], 1795707001, body.encode())
    assert headers == {"Host": "fleet.example.com", **own, **proven}
    assert f"`{SECRETS}`" in PAGE


def test_the_example_of_a_callback_has_the_fields_that_are_read() -> None:
    """And the answers are those of the caller."""
    headers, body = example(1)
    assert set(json.loads(body)) == set(SAID)
    assert set(headers) == {"Host", "Content-Type", "webhook-id", "webhook-timestamp", "webhook-signature"}
    assert callback_event()["requestContext"]


def test_the_numbers() -> None:
    """They are those of the code."""
    assert (proof.TOLERANCE, receiver.TOLERANCE) == (300, 300)
    assert "more than five minutes from now" in PROSE
    assert (proof.SHORTEST, receiver.SHORTEST) == (24, 24)
    assert "A key has at least 24 bytes" in PROSE
    assert callback.LARGEST == 64 * 1024
    assert "has more than 64 KiB" in PROSE


def test_the_service_with_the_reference_receiver(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It does the work, and tells the end of what takes longer."""
    told, done = [], threading.Event()
    found = executed(blocks("python")[0], f"{NEW} {OLD}", monkeypatch)

    def tell(order: Mapping[str, Any], problem: str = "") -> None:
        told.append((order["launch"], problem))
        done.set()

    monkeypatch.setattr(found["callbacks"], "tell", tell)
    monkeypatch.setitem(found, "close_the_books", lambda _: None)
    fleet = Fleet()
    fleet.receiver = found["application"]
    with time_machine.travel(NOW, tick=False):
        assert fleet.ask(sent())[0] == 200
        assert fleet.ask(sent(secrets=[OLD], launch=2))[0] == 200
        assert fleet.ask(sent("month-end", launch=3))[0] == 202
        assert done.wait(30)
        done.clear()
        del found["close_the_books"]
        assert fleet.ask(sent("month-end", launch=4))[0] == 202
        assert done.wait(30)
    assert capsys.readouterr().out == "hello at 2026-11-26T15:30:00Z\n" * 2
    assert told == [(3, ""), (4, "NameError: name 'close_the_books' is not defined")]


def test_the_service_with_flask(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes each launch once, from who knows the secret."""
    client = executed(blocks("python")[1], f"{NEW} {SECRETS}", monkeypatch)["app"].test_client()

    def ask(environ: Mapping[str, Any], change: Mapping[str, str] | None = None) -> int:
        body = environ["wsgi.input"].getvalue()
        names = ("webhook-id", "webhook-timestamp", "webhook-signature", "content-type")
        own = {name: environ[f"HTTP_{name.upper().replace('-', '_')}"] for name in names}
        status: int = client.post("/jobs", data=body, headers={**own, **(change or {})}).status_code
        return status

    with time_machine.travel(NOW, tick=False):
        assert ask(sent()) == 200
        assert ask(sent()) == 409
        assert ask(sent(secrets=[SECRETS], launch=2)) == 200
        assert ask(sent("ciao", launch=3)) == 404
        assert ask(sent(secrets=["whsec_" + "A" * 32], launch=4)) == 401
        assert ask(sent(now=NOW - 301, launch=4)) == 401
        for change in ({"webhook-timestamp": f"{NOW}²"}, {"webhook-signature": "v1,é"}, {"webhook-id": ""}):
            assert ask(sent(launch=4), change) == 401
        assert ask(sent(*["x" * 70000], launch=4)) == 413
