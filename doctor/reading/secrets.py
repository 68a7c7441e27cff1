"""Asks about the secrets that ECS reads before the jobs' containers start, and those of receivers. No value is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_facts import value_from
from aws_facts.arn import Arn
from aws_facts.value_from import SECRETS_MANAGER
from doctor.account import Known, first, part
from doctor.checks.secrets import UsedSecret
from doctor.reading import tasks
from doctor.reading.alert_path import NOT_FOUND
from judgements.answers import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_facts.value_from import ValueFrom
    from doctor.account import Account
    from doctor.stack import Stack

_OF_AWS = "alias/aws/"
"""How the alias of a key begins that AWS manages: whoever may read the secret may use it."""


def read(account: Account, stack: Stack) -> Sequence[UsedSecret]:
    """Return each secret once."""
    jobs: dict[tuple[str, ValueFrom | None], list[str]] = {}
    for task in tasks.read(account, stack):
        for secret in task.secrets:
            jobs.setdefault(secret, []).extend(task.jobs)
    receivers = _of_receivers(account, stack)
    asked = [one for _, one in [*jobs, *receivers] if one]
    known = account.each(asked, lambda one: described(account, one))
    of_tasks = [
        UsedSecret(text, one, of_secret, *(known[one] if one else (Known(None), None)))
        for (text, one), of_secret in jobs.items()
    ]
    return of_tasks + [
        UsedSecret(text, one, of_secret, *known[one], receiver=receiver)
        for (text, one), (receiver, of_secret) in receivers.items()
    ]


def _of_receivers(account: Account, stack: Stack) -> dict[tuple[str, ValueFrom], tuple[str, list[str]]]:
    """Return the secrets of receivers, each with the receiver and its jobs, as the callers' environments name them."""
    found: dict[tuple[str, ValueFrom], tuple[str, list[str]]] = {}
    for job, facts in sorted(stack.jobs.items()):
        if facts.function is None or not facts.function.receiver:
            continue
        alias = facts.function.alias
        answer = account.ask("lambda", "get_function_configuration", absent=NOT_FOUND, FunctionName=alias)
        configuration = (answer.value if isinstance(answer, Known) else None) or {}
        text = str(configuration.get("Environment", {}).get("Variables", {}).get("RECEIVER_SECRET", ""))
        named = value_from.parse(text, Arn.parse(alias)) if text else None
        if named is not None:
            found.setdefault((text, named), (facts.function.receiver, []))[1].append(job)
    return found


def described(
    account: Account, named: ValueFrom
) -> tuple[Known[Mapping[str, Any] | None] | Refused, Known[Mapping[str, Any] | None] | Refused | None]:
    """Return the description of a secret or parameter, and the one of its key."""
    answer = _secret(account, named) if named.service == SECRETS_MANAGER else _parameter(account, named)
    found = answer.value if isinstance(answer, Known) else None
    key = (found or {}).get("KmsKeyId" if named.service == SECRETS_MANAGER else "KeyId")
    if not key or _OF_AWS in key:
        return answer, None
    of_key = account.ask("kms", "describe_key", absent=("NotFoundException",), region=named.region, KeyId=key)
    return answer, part(of_key, "KeyMetadata")


def _secret(account: Account, named: ValueFrom) -> Known[Any] | Refused:
    absent = ("ResourceNotFoundException",)
    return account.ask("secretsmanager", "describe_secret", absent=absent, region=named.region, SecretId=named.name)


def _parameter(account: Account, named: ValueFrom) -> Known[Any] | Refused:
    if named.is_foreign:
        return Refused("it is a parameter of another account")
    filters = [{"Key": "Name", "Option": "Equals", "Values": list(named.names)}]
    return first(account.ask("ssm", "describe_parameters", region=named.region, ParameterFilters=filters), "Parameters")
