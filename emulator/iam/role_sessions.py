"""STS's AssumeRole: the keys of a role for who is trusted by it. moto gives keys of any role to anybody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from aws_facts.arn import Arn
from emulator.gateway.gateway import AwsError
from emulator.iam import roles

if TYPE_CHECKING:
    from moto.iam.models import Role

    from emulator.gateway.gateway import Call, Gateway
    from emulator.iam.identities import Identities

_DEFAULT_DURATION = 3600
"""STS API reference, AssumeRole, DurationSeconds; IAM API reference, CreateRole, MaxSessionDuration."""
_CHAINED = 3600
"""Seconds that a session of a role can last which a role has assumed (IAM User Guide, "Role chaining")."""
_ADMINISTRATOR = "user/moto"
"""The resource in the ARN of the session's caller, as moto's GetCallerIdentity has it."""
_NOT_PLAYED = (
    "Policy",
    "PolicyArns",
    "Tags",
    "TransitiveTagKeys",
    "SourceIdentity",
    "SerialNumber",
    "ProvidedContexts",
)
"""Parameters of AssumeRole that the sandbox does not support."""


def install(gateway: Gateway, identities: Identities) -> None:
    """Answer AssumeRole instead of moto."""
    gateway.answer("sts", "AssumeRole", partial(_assume_role, identities))


def _assume_role(identities: Identities, call: Call) -> dict[str, Any]:
    """Return the keys of a role. The caller's own policies have allowed the call, and the role's trust must too.

    AWS does not ask for the caller's own policies where the trust names the caller instead of the account; the sandbox
    does.
    """
    params = call.params
    for name in _NOT_PLAYED:
        if params.get(name):
            raise AwsError("ValidationError", f"the sandbox does not support {name} of AssumeRole")
    arn, session, caller = params["RoleArn"], params["RoleSessionName"], identities.role_of(call)
    role = _trusting(arn, caller or f"arn:{call.partition}:iam::{call.account}:{_ADMINISTRATOR}", call)
    end = datetime.now(UTC) + timedelta(seconds=_duration(call, role, chained=caller is not None))
    keys = identities.begin_session(arn, end)
    return {
        "Credentials": {
            "AccessKeyId": keys.access_key,
            "SecretAccessKey": keys.secret_key,
            "SessionToken": keys.token,
            "Expiration": end,
        },
        "AssumedRoleUser": {
            "AssumedRoleId": f"{role.id}:{session}",
            "Arn": f"arn:{call.partition}:sts::{call.account}:assumed-role/{role.name}/{session}",
        },
    }


def _trusting(arn: str, principal: str, call: Call) -> Role:
    """Return a role that trusts a principal; raise AccessDenied, also for a role that does not exist."""
    try:
        role = roles.find(arn)
    except ValueError as error:
        raise AwsError("ValidationError", f"{arn} is invalid") from error
    context = {
        "aws:PrincipalArn": principal,
        "aws:PrincipalAccount": Arn.parse(principal).account,
        "sts:RoleSessionName": call.params["RoleSessionName"],
    }
    if "ExternalId" in call.params:
        context["sts:ExternalId"] = call.params["ExternalId"]
    decision = roles.assume(arn, principal, context)
    if role is None or not decision.allowed:
        raise AwsError(
            "AccessDenied",
            f"User: {principal} is not authorized to perform: sts:AssumeRole on resource: {arn} "
            f"because {decision.reason}",
        )
    return role


def _duration(call: Call, role: Role, *, chained: bool) -> int:
    """Return the seconds that a session lasts; raise ValidationError for more than the role or role chaining allows."""
    asked = int(call.params.get("DurationSeconds") or _DEFAULT_DURATION)
    if asked > int(role.max_session_duration or _DEFAULT_DURATION):
        raise AwsError(
            "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        )
    if chained and asked > _CHAINED:
        raise AwsError(
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
        )
    return asked
