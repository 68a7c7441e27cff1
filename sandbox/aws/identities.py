"""Who calls: an access key that belongs to a role lets its caller do what the role's policies allow, and no more."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from sandbox.aws import iam_requests, roles
from sandbox.aws.gateway import AwsError

if TYPE_CHECKING:
    from sandbox.aws.gateway import Call, Gateway

_CODES = {
    "cloudwatch": "AccessDenied",
    "sns": "AuthorizationError",
    "sqs": "AccessDenied",
    "sts": "AccessDenied",
}
"""How services refuse; the others say AccessDeniedException."""


class Identities:
    """The roles that something runs as, by their access keys. Whoever calls with another key is an administrator."""

    def __init__(self) -> None:
        """Know no role yet."""
        self._roles: dict[str, str] = {}

    def install(self, gateway: Gateway) -> None:
        """Judge every call before it is answered."""
        gateway.check_all(self._check)

    def credentials(self, role_arn: str) -> dict[str, str]:
        """Give a role's credentials, as variables of an environment."""
        key = f"ASIA{hashlib.sha256(role_arn.encode()).hexdigest()[:16].upper()}"
        self._roles[key] = role_arn
        return {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": "sandbox", "AWS_SESSION_TOKEN": "sandbox"}

    def _check(self, call: Call) -> None:
        role = self._roles.get(call.access_key)
        if role is None:
            return
        try:
            for request in iam_requests.about(call):
                roles.authorize(role, request)
        except AwsError as refusal:
            raise AwsError(_code(call), refusal.message) from refusal
        except iam_requests.UnknownOperation as unknown:
            raise AwsError(_code(call), f"User: {role} is not authorized: {unknown}") from unknown


def _code(call: Call) -> str:
    return _CODES.get(call.service, "AccessDeniedException")
