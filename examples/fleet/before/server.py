"""The part of the servers that runs the jobs: whoever knows the token may run them, as often as they like."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment


def hello() -> None:
    """Say hello."""
    print("hello")


JOBS = {"hello": hello}


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer a request."""
    if environ.get("HTTP_AUTHORIZATION") != f"Bearer {os.environ['JOBS_TOKEN']}":
        start_response("401 Unauthorized", [])
        return []
    for name in json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))["jobs"]:
        JOBS[name]()
    start_response("204 No Content", [])
    return []
