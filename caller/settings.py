"""What a deployment tells the caller of a job. Pure."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

_URL = re.compile(r"https?://[!-~]+")
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Address:
    """Where the receiver is."""

    scheme: str
    host: str
    port: int
    authority: str
    """Host and port as the header `Host` has them."""
    path: str
    """The path with the query."""

    @classmethod
    def of(cls, url: str) -> Self:
        """Read a URL. ValueError for what cannot stand in the first line of a request and its header `Host`."""
        parts = urlsplit(url)
        if not _URL.fullmatch(url) or not parts.hostname or "@" in parts.netloc:
            raise ValueError("RECEIVER_URL is no URL of visible ASCII characters such as https://jobs.example.com/run")
        path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        return cls(parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme], parts.netloc, path)

    def __str__(self) -> str:
        """Return what names the receiver in texts. A path may hold what not everybody should read."""
        return f"{self.scheme}://{self.authority}"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The environment of the function."""

    address: Address
    jobs: tuple[str, ...]
    """The names of the functions that the receiver runs."""
    secret: str
    """The ARN of the secret that the receiver knows too."""
    proof: str
    """`signature` or `bearer`."""
    timeout: float
    """Seconds until the whole answer must be here."""
    job: str
    watch: str
    """The name of the function that takes reports."""

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self:
        """Read the variables. KeyError without one of them; ValueError for an address that is none."""
        return cls(
            address=Address.of(environment["RECEIVER_URL"]),
            jobs=tuple(json.loads(environment["RECEIVER_JOBS"])),
            secret=environment["RECEIVER_SECRET"],
            proof=environment["RECEIVER_PROOF"],
            timeout=float(environment["RECEIVER_TIMEOUT"]),
            job=environment["SCHEDULED_JOBS_JOB"],
            watch=environment["SCHEDULED_JOBS_WATCH"],
        )
