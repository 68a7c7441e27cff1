"""Finds out whether the builder that awsx builds images with can be reached from this machine.

awsx has the provider docker-build do the work. That provider has its own client of Docker and needs neither the command
`docker` nor its plugin buildx: it uses a builder of buildx's that is not of the kind `docker`, or makes one with the
Docker Engine, or fails (pulumi-docker-build, provider/internal/host.go, builderFor).
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

_DEFAULT = "unix:///var/run/docker.sock"
_SECONDS = 3.0
"""How long an engine that listens is waited for."""


def why_not(environment: Mapping[str, str] = os.environ) -> str | None:
    """Return why no image can be built here; None when it can, or when that cannot be told from here.

    An engine behind SSH, TLS or a named pipe is not asked. Neither is a builder that buildx manages itself.
    """
    folder = Path(environment.get("DOCKER_CONFIG") or Path(environment.get("HOME") or Path.home()) / ".docker")
    if _has_builder(Path(environment.get("BUILDX_CONFIG") or folder / "buildx")):
        return None
    address = _address(environment, folder)
    try:
        _connect(address)
    except OSError as error:
        return f"no Docker Engine answers at {address}: {error.strerror or error}"
    return None


def _has_builder(folder: Path) -> bool:
    """Return whether buildx has a builder of its own; those of the kind `docker` are not stored."""
    try:
        return any(folder.joinpath("instances").iterdir())
    except OSError:
        return False


def _address(environment: Mapping[str, str], folder: Path) -> str:
    """Return the address of the engine, found in the order of Docker's own client.

    DOCKER_HOST, then DOCKER_CONTEXT, then the context in use (Docker documentation, "Docker contexts").
    """
    if host := environment.get("DOCKER_HOST"):
        return host
    context = environment.get("DOCKER_CONTEXT") or _json(folder / "config.json").get("currentContext")
    if not context or context == "default":
        return _DEFAULT
    name = hashlib.sha256(context.encode()).hexdigest()
    endpoints = _json(folder / "contexts" / "meta" / name / "meta.json").get("Endpoints", {})
    return str(endpoints.get("docker", {}).get("Host") or _DEFAULT)


def _connect(address: str) -> None:
    """Connect to the engine at an address and hang up; do nothing for other kinds of addresses. Raises OSError."""
    parts = urlsplit(address)
    if parts.scheme == "unix":
        with socket.socket(socket.AF_UNIX) as engine:
            engine.settimeout(_SECONDS)
            engine.connect(parts.path)
    elif parts.scheme == "tcp" and parts.hostname and parts.port:
        socket.create_connection((parts.hostname, parts.port), _SECONDS).close()


def _json(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
