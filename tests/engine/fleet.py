"""A service that runs jobs on request: the program of the servers in `test_http_fleet`.

FOLDER is a folder that the servers share with the test, and SECRETS are those that they know.
"""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from receiver.claims import folder
from receiver.receiver import LATER, Receiver

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from wsgiref.types import StartResponse, WSGIEnvironment

FOLDER, SERVER = Path(os.environ["FOLDER"]), os.environ["SERVER"]
DONE, REQUESTS, CLAIMS, NEVER, DEADLY = (FOLDER / name for name in ("done", "requests", "claims", "never", "deadly"))
PROOF = ("webhook-id", "webhook-timestamp", "webhook-signature")
receiver = Receiver(os.environ["SECRETS"].split(), claim=folder(CLAIMS))


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Keep what the receiver is asked, and hand it on."""
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    headers = {name: environ.get(f"HTTP_{name.upper().replace('-', '_')}", "") for name in PROOF}
    _append(REQUESTS, json.dumps({"headers": headers, "body": body.decode("latin-1")}))
    return receiver({**environ, "wsgi.input": io.BytesIO(body)}, start_response)


def _append(file: Path, line: str) -> None:
    with file.open("a", encoding="utf-8") as lines:
        lines.write(line + "\n")


@receiver.job("hello")
def hello(order: Mapping[str, Any]) -> None:
    """Write down who has done the work of which tick. The server dies amid the work if the test wants it."""
    if DEADLY.exists():
        DEADLY.unlink()
        os._exit(1)
    _append(DONE, f"{SERVER} {order['schedule']} {order['tick']} {order['attempt']}")


@receiver.job("slow")
def slow(_: Mapping[str, Any]) -> None:
    """Wait for what nobody writes."""
    NEVER.open(encoding="utf-8").close()


@receiver.job("later")
def later(_: Mapping[str, Any]) -> str:
    """Leave the end to the test, which reads the requests."""
    return LATER
