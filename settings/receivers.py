"""The services that run jobs on request (`scheduled-jobs:receivers`), and the limits of their values."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

import pydantic
from pydantic import Field

from settings.job import PlacementName
from settings.limits import names_a_host
from settings.patterns import matching
from settings.section import Section

_LONGEST_URL = 1024
"""Lambda has 4 KB for the variables of a function, which the names of the jobs and other values share."""
_PREFIX_OF_VALUES = "whsec_"
"""Begins the secrets of Standard Webhooks, and is no part of a name."""
_NAME = re.compile(r"[A-Za-z0-9/_+=.@-]{1,512}")
"""Secrets Manager API reference, CreateSecret, Name."""
_ARN = re.compile(r"arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]{1,512}-[A-Za-z0-9]{6}")


def _is_plain(address: str) -> str:
    parts = urlsplit(address)
    if parts.username is not None or parts.password is not None:
        raise ValueError("contains a user or a password, which would be stored in clear; the secret proves the sender")
    if "#" in address:
        raise ValueError("contains a fragment (#), which no server gets; remove it")
    return address


def _is_no_value(text: str) -> str:
    if text.startswith(_PREFIX_OF_VALUES):
        raise ValueError("is the secret itself; store it in Secrets Manager, and write its name or its ARN here")
    if not (_ARN.fullmatch(text) or _NAME.fullmatch(text)):
        raise ValueError(
            "must be the name of a secret in Secrets Manager, such as fleet/jobs, or its whole ARN, such as "
            "arn:aws:secretsmanager:eu-central-1:123456789012:secret:fleet/jobs-AbCdEf"
        )
    return text


ReceiverUrl = Annotated[
    str,
    matching(
        r"^https?://[!-~]+$",
        "a web address in ASCII, such as https://fleet.example.com/jobs",
        max_length=_LONGEST_URL,
    ),
    pydantic.AfterValidator(names_a_host),
    pydantic.AfterValidator(_is_plain),
]

SecretRef = Annotated[str, Field(strict=True, examples=["fleet/jobs"]), pydantic.AfterValidator(_is_no_value)]


class Receiver(Section):
    """A service that runs jobs on request."""

    url: ReceiverUrl
    """The address to which the requests go."""
    secret: SecretRef
    """The name or the ARN of a secret in Secrets Manager, in the stack's account and region. Never its value."""
    proof: Literal["signature", "bearer"] = "signature"
    """How a request proves its sender: it is signed with the secret, or has the secret as its bearer token."""
    placement: PlacementName | None = None
    """The placement from whose network the requests come. Default: they come from the internet."""

    @property
    def is_clear(self) -> bool:
        """Whether requests are not encrypted."""
        return self.url.startswith("http:")

    @property
    def is_loopback(self) -> bool:
        """Whether the receiver is on the machine of the caller, as in the sandbox."""
        return self._host == "localhost" or (self._address is not None and self._address.is_loopback)

    @property
    def is_private(self) -> bool:
        """Whether the address is one that the internet does not reach."""
        return self._address is not None and self._address.is_private

    @property
    def _host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def _address(self) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
        try:
            return ipaddress.ip_address(self._host)
        except ValueError:
            return None
