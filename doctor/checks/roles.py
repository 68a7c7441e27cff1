"""Checks that the roles of a job are there, trust who assumes them, and may do what a launch needs. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from doctor import trust
from doctor.finding import Link, broken, sound, unchecked
from judgements.answers import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from doctor.account import Known
    from doctor.finding import Finding
    from doctor.trust import Caller

ALLOWED, _DENIED = "allowed", "explicitDeny"


class Kind(StrEnum):
    """What a role is for."""

    EXECUTION = "execution role"
    TASK = "task role"
    LAUNCH = "launch role"
    VOLUME = "infrastructure role"
    SERVICE = "task role of a service"


class Purpose(StrEnum):
    """What a permission is for."""

    PULL = "pull the image"
    LOG = "write the log"
    SECRETS = "read the secrets"
    DECRYPT = "decrypt the secrets"
    RUN = "run the task"
    PASS = "pass the task's roles"  # noqa: S105 - what is done, no password
    SEND = "send ticks and dead letters"
    VOLUME = "make the volume of a task"
    TAKE = "take runs of workers"
    CLAIM = "claim runs"
    TELL = "tell the watch of runs"


@dataclass(frozen=True)
class Simulated:
    """What IAM says of an action on a resource."""

    decision: str
    """`allowed`, `implicitDeny` or `explicitDeny`."""
    missing: Sequence[str]
    """The condition keys whose values the role's policies ask for, and that are not known before a call."""
    bounded: bool
    """Whether the permissions boundary does not allow it."""
    kept_back: bool
    """Whether a policy of the organization does not allow it."""


@dataclass(frozen=True)
class Asked:
    """A permission that a role needs."""

    purpose: Purpose
    action: str
    resource: str
    answer: Known[Simulated] | Refused
    elsewhere: str = ""
    """Why the role may be allowed although its own policies do not allow it; empty if nothing else can allow it."""


@dataclass(frozen=True)
class UsedRole:
    """A role that jobs need."""

    kind: Kind
    arn: str
    jobs: Sequence[str]
    answer: Known[Mapping[str, Any] | None] | Refused
    """GetRole's answer."""
    callers: Sequence[Caller]
    """Who assumes the role."""
    asked: Sequence[Asked]


def check(roles: Sequence[UsedRole]) -> Iterator[Finding]:
    """Yield what is found of each role."""
    for role in roles:
        found = list(_faults(role))
        yield from found or [sound(Link.ROLES, _about(role), role.jobs)]


def _faults(role: UsedRole) -> Iterator[Finding]:
    if isinstance(role.answer, Refused):
        yield unchecked(Link.ROLES, _about(role), "whether it exists, and who may assume it", role.answer, role.jobs)
    elif role.answer.value is None or role.answer.value["Arn"] != role.arn:
        yield _missing(role, role.answer.value)
        return
    else:
        yield from _trust(role, role.answer.value["AssumeRolePolicyDocument"])
    yield from _permissions(role)


def _missing(role: UsedRole, other: Mapping[str, Any] | None) -> Finding:
    name, jobs = _about(role), role.jobs
    text = f"the role of this name is {other['Arn']}, not {role.arn}" if other else f"there is no role {role.arn}"
    if role.kind is Kind.LAUNCH:
        return broken("launch-role-missing", Link.ROLES, name, text, _ANEW, jobs)
    if role.kind is Kind.VOLUME:
        return broken("infrastructure-role-missing", Link.ROLES, name, text, _ANEW_VOLUME, jobs)
    if role.kind is Kind.TASK:
        return broken("task-role-missing", Link.ROLES, name, text, _MAKE, jobs)
    if role.kind is Kind.SERVICE:
        return broken("service-role-missing", Link.ROLES, name, text, _MAKE_OR_READ, jobs)
    return broken("execution-role-missing", Link.ROLES, name, text, _MAKE, jobs)


_ANEW = "pulumi up --refresh writes the launch role as the program declares it"
_ANEW_VOLUME = "pulumi up --refresh writes the infrastructure role as the program declares it"
_MAKE = "create the role, or register a revision of the task definition with a role that exists"
_READ = "run pulumi up if the service has another role now"
_MAKE_OR_READ = f"create the role, or {_READ}"


def _trust(role: UsedRole, document: Mapping[str, Any]) -> Iterator[Finding]:
    for caller in role.callers:
        trusted = trust.trusts(document, caller)
        if isinstance(trusted, str):
            yield unchecked(Link.ROLES, _about(role), f"whether {caller.name} may assume it", trusted, role.jobs)
        elif not trusted:
            yield _distrust(role, caller)


def _distrust(role: UsedRole, caller: Caller) -> Finding:
    name, jobs = _about(role), role.jobs
    text = f"its trust policy does not let {caller.name} assume it"
    if role.kind is Kind.LAUNCH:
        return broken("launch-role-not-assumable", Link.ROLES, name, text, _ANEW, jobs)
    if role.kind is Kind.VOLUME:
        return broken("infrastructure-role-not-assumable", Link.ROLES, name, text, _ANEW_VOLUME, jobs)
    fix = f"let {caller.name} assume the role in its trust policy"
    if role.kind is Kind.SERVICE:
        return broken("service-role-not-assumable", Link.ROLES, name, text, f"{fix}, or {_READ}", jobs)
    if role.kind is Kind.TASK:
        return broken("task-role-not-assumable", Link.ROLES, name, text, fix, jobs)
    return broken("execution-role-not-assumable", Link.ROLES, name, text, fix, jobs)


def _permissions(role: UsedRole) -> Iterator[Finding]:
    """Yield what is denied, once for each purpose, and what could not be asked."""
    doubts: dict[str, Refused | str] = {}
    for purpose in Purpose:
        denied: list[tuple[Asked, Simulated]] = []
        for one in role.asked:
            if one.purpose is not purpose:
                continue
            doubt = _doubt(one)
            if doubt:
                doubts.setdefault(str(doubt), doubt)
            elif not isinstance(one.answer, Refused) and one.answer.value.decision != ALLOWED:
                denied.append((one, one.answer.value))
        if denied:
            yield _denied(role, purpose, denied)
    for doubt in doubts.values():
        yield unchecked(Link.ROLES, _about(role), "what it may do", doubt, role.jobs)


def _doubt(one: Asked) -> Refused | str:
    """Return why it cannot be told whether an action is allowed; empty if it can."""
    if isinstance(one.answer, Refused):
        return one.answer
    found = one.answer.value
    if found.decision == ALLOWED:
        return ""
    if found.missing:
        return f"whether it may {one.purpose} depends on {', '.join(found.missing)}"
    return f"its own policies do not allow {one.action} on {one.resource}, but {one.elsewhere}" if one.elsewhere else ""


def _denied(role: UsedRole, purpose: Purpose, denied: Sequence[tuple[Asked, Simulated]]) -> Finding:
    name, jobs = _about(role), role.jobs
    text = f"it may not {purpose}: {'; '.join(_reason(one, found) for one, found in denied)}"
    fix = _remedy(role, denied)
    match purpose:
        case Purpose.RUN:
            return broken("launch-role-cannot-run", Link.ROLES, name, text, fix, jobs)
        case Purpose.PASS:
            return broken("launch-role-cannot-pass-roles", Link.ROLES, name, text, fix, jobs)
        case Purpose.SEND:
            return broken("launch-role-cannot-send", Link.ROLES, name, text, fix, jobs)
        case Purpose.VOLUME:
            return broken("infrastructure-role-cannot-make-volumes", Link.ROLES, name, text, fix, jobs)
        case Purpose.TAKE | Purpose.CLAIM | Purpose.TELL:
            return _denied_to_service(purpose, name, text, f"{fix}, or {_READ}", jobs)
    return _denied_to_ecs(purpose, name, text, fix, jobs)


def _denied_to_service(purpose: Purpose, name: str, text: str, fix: str, jobs: Sequence[str]) -> Finding:
    match purpose:
        case Purpose.TAKE:
            return broken("service-role-cannot-take", Link.ROLES, name, text, fix, jobs)
        case Purpose.CLAIM:
            return broken("service-role-cannot-claim", Link.ROLES, name, text, fix, jobs)
    return broken("service-role-cannot-tell", Link.ROLES, name, text, fix, jobs)


def _denied_to_ecs(purpose: Purpose, name: str, text: str, fix: str, jobs: Sequence[str]) -> Finding:
    match purpose:
        case Purpose.PULL:
            return broken("execution-role-cannot-pull", Link.ROLES, name, text, fix, jobs)
        case Purpose.LOG:
            return broken("execution-role-cannot-log", Link.ROLES, name, text, fix, jobs)
        case Purpose.DECRYPT:
            return broken("execution-role-cannot-decrypt", Link.ROLES, name, text, fix, jobs)
    return broken("execution-role-cannot-read-secrets", Link.ROLES, name, text, fix, jobs)


def _reason(one: Asked, found: Simulated) -> str:
    where = "" if one.resource == "*" else f" on {one.resource}"
    if found.bounded:
        return f"its permissions boundary does not allow {one.action}{where}"
    if found.kept_back:
        return f"a policy of the organization does not allow {one.action}{where}"
    if found.decision == _DENIED:
        return f"one of its policies denies {one.action}{where}"
    return f"none of its policies allows {one.action}{where}"


def _remedy(role: UsedRole, denied: Sequence[tuple[Asked, Simulated]]) -> str:
    actions = ", ".join(dict.fromkeys(one.action for one, _ in denied))
    if any(found.bounded for _, found in denied):
        return f"allow {actions} in the permissions boundary"
    if any(found.kept_back for _, found in denied):
        return f"allow {actions} in the policies of the organization"
    if any(found.decision == _DENIED for _, found in denied):
        return f"remove the statement that denies {actions}"
    if role.kind is Kind.VOLUME:
        return _ANEW_VOLUME
    return _ANEW if role.kind is Kind.LAUNCH else f"allow {actions} in a policy of the role"


def _about(role: UsedRole) -> str:
    return f"{role.kind} {role.arn.rpartition('/')[2]}"
