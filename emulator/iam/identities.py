"""The callers: the session, which may do everything, and roles, which may do what their policies allow."""

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
"""The services' error codes for a refused call; all other services use AccessDeniedException."""


class Identities:
    """The credentials that the embedded AWS accepts: those of the session, and those of each role in use.

    Calls of the session, and calls that the sandbox itself makes, have an administrator's permissions.
    """

    def __init__(self, session: Credentials) -> None:
        """Accept the session's credentials; there are no roles yet."""
        self._lock = threading.Lock()
        self._known = {session.access_key: session}
        self._roles: dict[str, str] = {}
        self._of_roles: dict[str, Credentials] = {}

    def install(self, gateway: Gateway) -> None:
        """Authorize every call before it is answered."""
        gateway.check_all(self._check)

    def credentials(self, role_arn: str) -> Credentials:
        """Return a role's credentials, which are the same each time."""
        with self._lock:
            found = self._of_roles.get(role_arn)
            if found is None:
                found = self._of_roles[role_arn] = Credentials.random()
                self._roles[found.access_key] = role_arn
                self._known[found.access_key] = found
        return found

    def knows(self, access_key: str, token: str) -> bool:
        """Return whether an access key is one of this session's, and whether the token belongs to it."""
        found = self._known.get(access_key)
        return found is not None and hmac.compare_digest(found.token.encode(), token.encode())

    def _check(self, call: Call) -> None:
        role = self._roles.get(call.access_key)
        if role is not None:
            authorize(role, call)


def authorize(role_arn: str, call: Call) -> None:
    """Raise the service's error for a refused call unless a role may make the call."""
    try:
        for request in iam_requests.about(call):
            roles.authorize(role_arn, request)
    except AwsError as refusal:
        raise AwsError(_CODES.get(call.service, "AccessDeniedException"), refusal.message) from refusal
