"""By what receiver and caller know each other: Standard Webhooks' signature, or a bearer token. Pure.

The signature is that of https://www.standardwebhooks.com, version 1.0.0 of its specification. All secrets are tried,
and compared in constant time, so the time of an answer tells nothing about them.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

BEARER = "bearer"
TOLERANCE = 300
"""Seconds by which the time of a signature may differ from the receiver's. So have Standard Webhooks' own libraries."""
SHORTEST = 24
"""Bytes of the shortest key (Standard Webhooks, "Signature scheme")."""
_PREFIX = "whsec_"
_MOST = 8
"""Signatures that are looked at in one header."""
_VISIBLE = re.compile(r"[!-~]+")
_ID = re.compile(r"[!-~]{1,256}")
_SECONDS = re.compile(r"[0-9]{1,12}")


def secret(text: str) -> str:
    """Return the secret that a text holds; ValueError for one that no receiver can share, without its value."""
    bare = text.strip()
    if bare.startswith("{"):
        raise ValueError("its value is JSON; store the secret alone, as plain text")
    if bare and not _VISIBLE.fullmatch(bare):
        raise ValueError("its value has a space, or a character other than visible ASCII")
    if len(key(bare)) < SHORTEST:
        raise ValueError(f"its value is shorter than {SHORTEST} bytes; make one of whsec_ and: openssl rand -base64 32")
    return bare


def key(own: str) -> bytes:
    """Return the key of a secret: what the Base64 after `whsec_` stands for, or the bytes of another text."""
    if not own.startswith(_PREFIX):
        return own.encode()
    coded = own.removeprefix(_PREFIX)
    try:
        return base64.b64decode(coded + "=" * (-len(coded) % 4), validate=True)
    except binascii.Error:
        raise ValueError("its value begins with whsec_, and what follows is not Base64") from None


def signature(own: str, name: str, seconds: str, body: bytes) -> str:
    """Return the signature of a message with this id and time."""
    signed = b".".join((name.encode(), seconds.encode(), body))
    return "v1," + base64.b64encode(hmac.digest(key(own), signed, hashlib.sha256)).decode()


@dataclass(frozen=True)
class Proof:
    """What proves a message to who knows one of the secrets."""

    kind: str
    """`signature` or `bearer`."""
    secrets: Sequence[str]
    """The current one first."""

    def headers(self, name: str, now: float, body: bytes) -> dict[str, str]:
        """Return the headers of a message with this id, at this time in epoch seconds.

        A message is signed with each secret, so a receiver that knows one of them accepts it. A token is the current
        one.
        """
        if self.kind == BEARER:
            return {"webhook-id": name, "Authorization": f"Bearer {self.secrets[0]}"}
        seconds = str(int(now))
        signatures = " ".join(signature(own, name, seconds, body) for own in self.secrets)
        return {"webhook-id": name, "webhook-timestamp": seconds, "webhook-signature": signatures}

    def holds(self, given: Mapping[str, str], body: bytes) -> bool:
        """Return whether the headers prove a message for which `may_hold` is true."""
        if self.kind == BEARER:
            shown, expected = [given["authorization"]], [f"Bearer {own}" for own in self.secrets]
        else:
            name, seconds = given["webhook-id"], given["webhook-timestamp"]
            shown = given["webhook-signature"].split(" ")[:_MOST]
            expected = [signature(own, name, seconds, body) for own in self.secrets]
        return sum(_equal(one, other) for one in expected for other in shown) > 0  # no pair is left out


def may_hold(kind: str, given: Mapping[str, str], now: float) -> bool:
    """Return whether a message with these headers, named in small letters, could be proven. It needs no secret."""
    if kind == BEARER:
        return given.get("authorization", "").startswith("Bearer ")
    seconds = given.get("webhook-timestamp", "")
    if not _ID.fullmatch(given.get("webhook-id", "")) or not _SECONDS.fullmatch(seconds):
        return False
    return abs(now - int(seconds)) <= TOLERANCE and "v1," in given.get("webhook-signature", "")


def _equal(one: str, other: str) -> bool:
    """Compare in constant time. Of digests, so that the length of a token does not show either."""
    return hmac.compare_digest(*(hashlib.sha256(text.encode("utf-8", "replace")).digest() for text in (one, other)))
