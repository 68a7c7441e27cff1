"""Who calls: the session itself, which may do everything, or a role, which may do what its policies allow."""

from __future__ import annotations

import hmac
import threading
from typing import TYPE_CHECKING

from emulator.gateway.gateway import AwsError
from emulator.iam import iam_requests, roles
from emulator.iam.credentials import Credentials

if TYPE_CHECKING:
    from emulator.gateway.gateway import Call, Gateway

_CODES = {
    "cloudwatch": "AccessDenied",
    "sns": "AuthorizationError",
    "sqs": "AccessDenied",
    "sts": "AccessDenied",
}
"""How services refuse; the others say AccessDeniedException."""


class Identities:
    """The credentials that the embedded AWS knows: those of the session, and those of each role that something runs as.

    A call of the session, or one that the sandbox makes itself, is an administrator's.
    """

    def __init__(self, session: Credentials) -> None:
        """Know the session, and no role yet."""
        self._lock = threading.Lock()
        self._known = {session.access_key: session}
        self._roles: dict[str, str] = {}
        self._of_roles: dict[str, Credentials] = {}

    def install(self, gateway: Gateway) -> None:
        """Judge every call before it is answered."""
        gateway.check_all(self._check)

    def credentials(self, role_arn: str) -> Credentials:
        """Return a role's credentials: the same ones each time."""
        with self._lock:
            found = self._of_roles.get(role_arn)
            if found is None:
                found = self._of_roles[role_arn] = Credentials.random()
                self._roles[found.access_key] = role_arn
                self._known[found.access_key] = found
        return found

    def knows(self, access_key: str, token: str) -> bool:
        """Say whether an access key is one of this session's, and the token is the one that belongs to it."""
        found = self._known.get(access_key)
        return found is not None and hmac.compare_digest(found.token.encode(), token.encode())

    def _check(self, call: Call) -> None:
        role = self._roles.get(call.access_key)
        if role is None:
            return
        try:
            for request in iam_requests.about(call):
                roles.authorize(role, request)
        except AwsError as refusal:
            raise AwsError(_code(call), refusal.message) from refusal


def _code(call: Call) -> str:
    return _CODES.get(call.service, "AccessDeniedException")
