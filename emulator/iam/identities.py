"""The callers: the session, which may do everything, and roles, which may do what their policies allow."""

from __future__ import annotations

import hmac
import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from emulator.gateway.gateway import AwsError
from emulator.iam import iam_requests, roles
from emulator.iam.credentials import Credentials

if TYPE_CHECKING:
    from emulator.gateway.gateway import Call, Gateway
    from emulator.iam.conditions import Context

_CODES = {
    "cloudwatch": "AccessDenied",
    "ec2": "UnauthorizedOperation",
    "iam": "AccessDenied",
    "sns": "AuthorizationError",
    "sqs": "AccessDenied",
    "sts": "AccessDenied",
}
"""The services' error codes for a refused call; all other services use AccessDeniedException."""
_EXPIRED = "The security token included in the request is expired"
_OLD_PROTOCOLS = frozenset({"cloudwatch", "ec2", "iam", "s3", "sns", "sqs", "sts"})
"""Services that answer ExpiredToken; all others answer ExpiredTokenException."""


@dataclass(frozen=True)
class _Session:
    """The role that an access key stands for, and until when."""

    role: str
    end: datetime | None = None
    """None for the keys of functions and tasks, which AWS renews by itself."""
    of_service: bool = False
    """Whether a container of a service has the key; it runs on while the sandbox's clock moves."""
    function: str = ""
    """The ARN of the function whose code has the key; empty for all others."""

    @property
    def context(self) -> Context:
        """The condition keys that tell whose code makes a call (Lambda Developer Guide, "Source function ARN")."""
        return {"lambda:SourceFunctionArn": self.function} if self.function else {}


class Identities:
    """The credentials that the embedded AWS accepts: those of the session, and those of each role in use.

    Calls of the session, and calls that the sandbox itself makes, have an administrator's permissions.
    """

    def __init__(self, session: Credentials) -> None:
        """Accept the session's credentials; there are no roles yet."""
        self._lock = threading.Lock()
        self._known = {session.access_key: session}
        self._sessions: dict[str, _Session] = {}
        self._kept: dict[_Session, Credentials] = {}

    def install(self, gateway: Gateway) -> None:
        """Authorize every call before it is answered."""
        gateway.check_all(self._check)

    def credentials(self, role_arn: str) -> Credentials:
        """Return a role's credentials, which are the same each time and do not end."""
        return self._keep(_Session(role_arn))

    def function_credentials(self, role_arn: str, function_arn: str) -> Credentials:
        """Return the credentials of a role for the code of a function, as `credentials`."""
        return self._keep(_Session(role_arn, function=function_arn))

    def _keep(self, session: _Session) -> Credentials:
        with self._lock:
            found = self._kept.get(session)
            if found is None:
                found = self._kept[session] = self._begin(session)
        return found

    def service_credentials(self, role_arn: str) -> Credentials:
        """Return new credentials of a role for a container of a service, which do not end."""
        with self._lock:
            return self._begin(_Session(role_arn, of_service=True))

    def begin_session(self, role_arn: str, end: datetime) -> Credentials:
        """Return new credentials of a role that end at `end`."""
        with self._lock:
            return self._begin(_Session(role_arn, end))

    def _begin(self, session: _Session) -> Credentials:
        made = Credentials.random()
        self._sessions[made.access_key] = session
        self._known[made.access_key] = made
        return made

    def knows(self, access_key: str, token: str) -> bool:
        """Return whether an access key is one of this session's, and whether the token belongs to it."""
        found = self._known.get(access_key)
        return found is not None and hmac.compare_digest(found.token.encode(), token.encode())

    def role_of(self, call: Call) -> str | None:
        """Return the ARN of the role that makes a call; None for a caller with an administrator's permissions."""
        session = self._sessions.get(call.access_key)
        return None if session is None else session.role

    def is_of_service(self, call: Call) -> bool:
        """Return whether a container of a service makes a call."""
        session = self._sessions.get(call.access_key)
        return session is not None and session.of_service

    def _check(self, call: Call) -> None:
        session = self._sessions.get(call.access_key)
        if session is None:
            return
        if session.end is not None and datetime.now(UTC) >= session.end:
            raise AwsError("ExpiredToken" if call.service in _OLD_PROTOCOLS else "ExpiredTokenException", _EXPIRED)
        authorize(session.role, call, session.context)


def authorize(role_arn: str, call: Call, context: Context | None = None) -> None:
    """Raise the service's error for a refused call unless a role may make the call; `context` tells who makes it."""
    try:
        for request in iam_requests.about(call):
            roles.authorize(role_arn, replace(request, context={**request.context, **(context or {})}))
    except AwsError as refusal:
        raise AwsError(_CODES.get(call.service, "AccessDeniedException"), refusal.message) from refusal
